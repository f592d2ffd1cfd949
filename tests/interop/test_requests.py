"""What a running server makes of requests that are spelled right (RFC 3261 section 8.2)."""

from __future__ import annotations

import pytest

from tests.interop.plain import (
    CONTACT,
    OPTIONS,
    PUBLISH,
    SUBSCRIBE,
    notified,
    register,
    shown,
    with_row,
)
from tests.interop.running import RunningServer
from tests.interop.wire import Message, Wire


def test_options_say_what_there_is(open_server: RunningServer) -> None:
    """3261-11.2-1: methods, types, encodings, languages, extensions and events."""
    with Wire(open_server) as wire:
        answer = wire.ask(OPTIONS)
    assert answer.status == 200
    assert {"SUBSCRIBE", "PUBLISH", "REGISTER", "OPTIONS"} <= set(answer["allow"].split(", "))
    assert "application/pidf+xml" in answer["accept"].split(", ")
    assert answer["accept-encoding"] == "identity"
    assert answer["accept-language"] == "en"
    assert "presence" in answer["allow-events"].split(", ")
    assert "supported" in answer.headers


def test_methods_that_are_not_listed_are_not_served(open_server: RunningServer) -> None:
    """3261-11.2-1, 3261-8.2.1-1: and what is not known at all is 501."""
    with Wire(open_server) as wire:
        allowed = wire.ask(OPTIONS)["allow"].split(", ")
        for method, status in (("INFO", 405), ("REFER", 405), ("FOO", 501)):
            assert method not in allowed
            answer = wire.ask(OPTIONS.replace("OPTIONS", method))
            assert (answer.status, answer["allow"].split(", ")) == (status, allowed)


def test_the_extensions_that_are_missing_are_named(open_server: RunningServer) -> None:
    """3261-8.2.2.3-1: just those, and nothing has happened."""
    with Wire(open_server) as wire:
        answer = wire.ask(with_row(SUBSCRIBE, "Require: nope, nope2"))
        assert (answer.status, answer["unsupported"]) == (420, "nope, nope2")
        assert wire.ask(OPTIONS).status == 200  # and no NOTIFY before it


def test_no_extension_is_put_on_who_names_none(open_server: RunningServer) -> None:
    """3261-8.2.4-1: the answer requires nothing."""
    with Wire(open_server) as wire:
        assert "require" not in wire.ask(SUBSCRIBE).headers
        notify = wire.receive()
        assert "require" not in notify.headers
        wire.answer(notify)


BODIES = [
    ("text/weird", "", "accept", "application/pidf+xml", "3261-8.2.3-1: a type"),
    ("application/pidf+xml", "Content-Encoding: foo\n", "accept-encoding", "", "3261-8.2.3-1"),
]


@pytest.mark.parametrize(
    "kind, row, header, listed", [row[:4] for row in BODIES], ids=[row[4] for row in BODIES]
)
def test_a_body_that_nobody_understands_is_refused(
    kind: str, row: str, header: str, listed: str, open_server: RunningServer
) -> None:
    with Wire(open_server) as wire:
        text = PUBLISH.replace("application/pidf+xml", kind)
        answer = wire.ask(text.replace("Content-Type", f"{row}Content-Type"))
        assert answer.status == 415
        assert listed in answer[header]
        assert "<basic>closed</basic>" in shown(wire)  # 3261-8.2-1


def test_a_body_that_need_not_be_understood_is_not(open_server: RunningServer) -> None:
    """3261-8.2.3-2: whatever type it has."""
    rows = "Content-Type: text/weird\nContent-Disposition: x;handling=optional"
    with Wire(open_server) as wire:
        assert wire.ask(with_row(SUBSCRIBE, rows) + "odd").status == 200
        notified(wire)


@pytest.mark.parametrize(
    "contact",
    [
        pytest.param("", id="3261-8.1.1.8-1: none"),
        pytest.param(f"{CONTACT}{CONTACT}", id="3261-8.1.1.8-1: two"),
        pytest.param("Contact: <mailto:a@h.invalid>\n", id="3261-8.1.1.8-1: of another kind"),
    ],
)
def test_a_dialog_needs_one_contact(contact: str, open_server: RunningServer) -> None:
    with Wire(open_server) as wire:
        assert wire.ask(SUBSCRIBE.replace(CONTACT, contact)).status == 400


def test_the_answer_that_makes_a_dialog_says_where_we_are(open_server: RunningServer) -> None:
    """3261-12.1.1-1: Record-Route comes back row by row, and there is one Contact."""
    routes = [
        "Record-Route: <sip:{host}:{own};lr;odd=%20x>;hop=1",
        "Record-Route: <sip:second.invalid;lr>, <sip:third.invalid;lr;a>",
    ]
    with Wire(open_server) as wire:
        packet = wire.write(with_row(SUBSCRIBE, "\n".join(routes)))
        wire.send_bytes(packet)
        answer = wire.receive()
        assert answer.status == 200
        for row in answer.headers["record-route"]:
            assert f"Record-Route: {row}\r\n".encode() in packet
        assert answer["contact"].startswith("<sip:")
        notified(wire)


def by_another_way(packet: bytes) -> bytes:
    return packet.replace(b"branch=z9hG4bK", b"branch=z9hG4bKelsewhere")


def test_one_request_by_two_ways_is_served_once(open_server: RunningServer) -> None:
    """3261-8.2.2.2-1."""
    with Wire(open_server) as wire:
        packet = wire.write(SUBSCRIBE)
        wire.send_bytes(packet)
        assert wire.receive().status == 200
        notified(wire)
        wire.send_bytes(by_another_way(packet))
        assert wire.receive().status == 482
        assert wire.ask(OPTIONS).status == 200  # and no NOTIFY before it


@pytest.mark.parametrize("text", [PUBLISH, SUBSCRIBE], ids=["PUBLISH", "SUBSCRIBE"])
def test_a_retransmission_gets_the_same_answer(text: str, open_server: RunningServer) -> None:
    """3261-17.2.2-1, 3261-8.2.6.2-2: byte for byte, and nothing happens again."""
    with Wire(open_server) as wire:
        packet = wire.write(text)
        answers = set()
        for _ in range(4):
            wire.send_bytes(packet)
            answers.add(next_answer(wire))
        assert len(answers) == 1


def next_answer(wire: Wire) -> bytes:
    """The bytes of the next response; NOTIFYs before it are answered."""
    while True:
        packet = wire.receive_bytes()
        if packet.startswith(b"SIP/2.0 "):
            return packet


def test_one_branch_names_a_transaction_of_each_method_and_host(
    open_server: RunningServer,
) -> None:
    """3261-17.2.3-1: what differs in either is another request."""
    with Wire(open_server) as wire:
        packet = wire.write(OPTIONS)
        wire.send_bytes(packet)
        assert wire.receive()["cseq"] == "1 OPTIONS"
        other = wire.write(SUBSCRIBE)
        branch = packet.partition(b"branch=")[2].partition(b"\r\n")[0]
        wire.send_bytes(other.replace(other.partition(b"branch=")[2].partition(b"\r\n")[0], branch))
        assert wire.receive()["cseq"] == "1 SUBSCRIBE"
        notified(wire)
        elsewhere = packet.replace(b";branch=", b";rport;branch=").replace(b"127.0.0.1:", b"h:")
        wire.send_bytes(elsewhere)
        assert wire.receive()["via"].startswith("SIP/2.0/UDP h:")


def test_without_the_cookie_the_rest_of_it_names_a_request(open_server: RunningServer) -> None:
    """3261-17.2.3-2: as RFC 2543 had it."""
    with Wire(open_server) as wire:
        packet = wire.write(OPTIONS.replace(";branch=z9hG4bK{unique}", ""))
        wire.send_bytes(packet)
        first = wire.receive()
        wire.send_bytes(packet)
        assert wire.receive_bytes() == wire.last
        assert first.status == 200


def test_a_dialog_that_is_not_there_is_481(open_server: RunningServer) -> None:
    """3261-12.2.2-2: and there is none afterwards."""
    with Wire(open_server) as wire:
        text = SUBSCRIBE.replace("To: <sip:{alice}@{domain}>", "To: <sip:{alice}@{domain}>;tag=no")
        assert wire.ask(text).status == 481
        assert wire.ask(OPTIONS).status == 200


def test_a_long_datagram_is_taken_or_refused(open_server: RunningServer) -> None:
    """3261-18.1.1-1: of 60 000 bytes, with a reason."""
    with Wire(open_server) as wire:
        note = f"<note>{'x' * 59_000}</note></presence>"
        answer = wire.ask(PUBLISH.replace("</presence>", note))
        assert answer.status in (200, 413, 513)


def test_without_a_length_a_datagram_is_all_body(open_server: RunningServer) -> None:
    """3261-18.3-3."""
    with Wire(open_server) as wire:
        assert wire.ask(PUBLISH.replace("Content-Length: {length}\n", "")).status == 200
        assert "<basic>open</basic>" in shown(wire)


def test_what_follows_the_length_is_dropped(open_server: RunningServer) -> None:
    """3261-18.3-1."""
    with Wire(open_server) as wire:
        wire.send_bytes(wire.write(PUBLISH) + b"\r\nmore")
        assert wire.receive().status == 200
        assert "<basic>open</basic>" in shown(wire)


def test_cancel_finds_what_it_means_and_stops_no_subscribe(open_server: RunningServer) -> None:
    """3261-9.2-1, 3261-8.2.2.3-2: whatever it requires; without what it means it is 481."""
    with Wire(open_server) as wire:
        packet = wire.write(SUBSCRIBE.replace("Expires: 0", "Expires: 600"))
        cancel = packet.replace(b"SUBSCRIBE", b"CANCEL")
        cancel = cancel.replace(b"Max-Forwards: 70\r\n", b"Max-Forwards: 70\r\nRequire: nope\r\n")
        wire.send_bytes(packet)
        assert wire.receive().status == 200
        notified(wire)
        wire.send_bytes(cancel)
        assert wire.receive().status == 200
        wire.send_bytes(by_another_way(cancel))
        assert wire.receive().status == 481
        assert wire.ask(PUBLISH).status == 200
        assert "<basic>open</basic>" in notified(wire)


def test_tags_are_never_the_same(open_server: RunningServer) -> None:
    """3261-19.3-1: each of at least 32 bits, whatever was asked before."""
    with Wire(open_server) as wire:
        tags = [tag(wire.ask(OPTIONS)) for _ in range(500)]
    assert len(set(tags)) == len(tags)
    assert min(map(len, tags)) >= 8


def tag(answer: Message) -> str:
    return answer["to"].partition(";tag=")[2]


def test_a_refused_publish_changes_nothing(open_server: RunningServer) -> None:
    """3261-8.2-1: neither what is shown nor what is registered."""
    with Wire(open_server) as wire:
        assert wire.ask(PUBLISH).status == 200
        register(wire, "Contact: <sip:a@h.invalid>")
        before = shown(wire), len(register(wire))
        closed = PUBLISH.replace("open", "closed")
        for old, new, status in (
            ("Expires: 600", "Expires: 600\nRequire: nope", 420),
            ("Expires: 600", "Expires: 5", 423),
            ("Event: presence", "Event: nothing", 489),
            ("Expires: 600", "Expires: 600\nSIP-If-Match: nothing", 412),
            ("</presence>", "</nonsense>", 400),
        ):
            assert wire.ask(closed.replace(old, new)).status == status
        assert (shown(wire), len(register(wire))) == before
