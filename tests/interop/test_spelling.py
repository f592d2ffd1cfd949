"""Odd spellings of requests, legal and illegal, to a running server (RFC 3261 section 7)."""

from __future__ import annotations

import re

import pytest

from tests.interop.plain import (
    OPTIONS,
    PUBLISH,
    REGISTER,
    SUBSCRIBE,
    notified,
    register,
    shown,
    with_row,
)
from tests.interop.running import RunningServer
from tests.interop.wire import Wire

# Of an OPTIONS: what is written otherwise, the status it gets, and why.
SPELLINGS = [
    ("SIP/2.0\n", "sip/2.0\n", 200, "3261-7.1-1: the version has no case"),
    ("SIP/2.0\n", "SIP/7.0\n", 505, "3261-21.5.6-1: another version"),
    ("sip:{domain} SIP", "<sip:{domain}> SIP", 400, "3261-7.1-2: in brackets"),
    ("sip:{domain} SIP", "sip:{domain}; lr SIP", 400, "3261-7.1-2: with a space in it"),
    ("OPTIONS", "options", 501, "3261-25.1-1: methods have a case"),
    ("Max-Forwards: 70", "mAx-FoRwArDs: 70", 200, "3261-7.3.1-3: names have none"),
    ("Max-Forwards: 70", "Max-Forwards: 70\nSubject   :   x", 200, "3261-7.3.1-2: spaces"),
    ("CSeq: 1", "CSeq\t: 1", 200, "3261-7.3.1-2: a tab"),
    ("Max-Forwards: 70", "Max-Forwards:\n 70", 200, "3261-7.3.1-1: folded"),
    ("Max-Forwards: 70", "Max-Forwards: 70\nX-Foo: ;;,,;;", 200, "3261-8.2.2-1: unknown"),
    ("Max-Forwards: 70", "Max-Forwards: 70\nDate: nonsense", 200, "3261-8.2.2-1: not needed"),
    ("Max-Forwards: 70\n", "", 200, "3261-8.1.1-1: Max-Forwards may be missing"),
    (";tag=f{unique}", ";tag=a;tag=b", 400, "3261-7.3.1-7: a parameter there twice"),
    ("sip:{domain} SIP", "sip:{domain};transport=tcp;transport=udp SIP", 400, "3261-19.1.1-2"),
    ("sip:{domain} SIP", "sip:ex%61mple.com SIP", 400, "3261-19.1.2-1: no escapes in a host"),
    ("sip:{domain} SIP", "unknown:x SIP", 416, "3261-8.2.2.1-1: another kind of URI"),
    ("sip:{domain} SIP", "sip:other.example SIP", 404, "3261-8.2.2.1-1: of other people"),
    ("CSeq: 1", "CSeq: 4294967296", 400, "3261-8.1.1.5-1: 2^32"),
    ("CSeq: 1", "CSeq: -1", 400, "3261-8.1.1.5-1: below 0"),
    ("CSeq: 1", "CSeq: 2147483647", 200, "3261-8.1.1.5-1: the largest"),
    ("CSeq: 1 OPTIONS", "CSeq: 1 INVITE", 400, "3261-8.1.1.5-1: of another method"),
    ("Content-Length: {length}", "Content-Length: 99", 400, "3261-18.3-2: more than there is"),
    ("Content-Length: {length}", "Content-Length: -1", 400, "3261-20.14-1: negative"),
    ("Content-Length: {length}", "Content-Length: five", 400, "3261-20.14-1: a word"),
    ("Max-Forwards: 70", "Max-Forwards: 70\nRequire: a, path, b", 420, "3261-8.2.2.3-1"),
]


@pytest.mark.parametrize(
    "old, new, status", [row[:3] for row in SPELLINGS], ids=[row[3] for row in SPELLINGS]
)
def test_a_request_that_is_spelled_otherwise(
    old: str, new: str, status: int, open_server: RunningServer
) -> None:
    assert old in OPTIONS
    with Wire(open_server) as wire:
        assert wire.ask(OPTIONS.replace(old, new)).status == status
        assert wire.ask(OPTIONS).status == 200


@pytest.mark.parametrize("name", ["To", "From", "CSeq", "Call-ID"])
def test_what_every_request_has_is_missed(name: str, open_server: RunningServer) -> None:
    """3261-8.1.1-1: and named."""
    with Wire(open_server) as wire:
        answer = wire.ask(re.sub(rf"\n{name}: .*", "", OPTIONS, count=1))
        assert answer.status == 400
        assert name.lower() in answer.start.lower()


def test_without_via_there_is_nowhere_to_answer_to(open_server: RunningServer) -> None:
    """3261-8.1.1-1: it is dropped; what is answered next is what was sent next."""
    with Wire(open_server) as wire:
        wire.send(re.sub(r"\nVia: .*", "", OPTIONS, count=1))
        packet = wire.write(OPTIONS)
        wire.send_bytes(packet)
        assert wire.receive()["call-id"].encode() in packet


def test_a_datagram_without_an_end_of_its_headers_is_refused(open_server: RunningServer) -> None:
    """3261-7-2: it is not taken for complete."""
    with Wire(open_server) as wire:
        wire.send_bytes(wire.write(OPTIONS).removesuffix(b"\r\n"))
        assert wire.receive().status == 400
        assert wire.ask(OPTIONS).status == 200


FOLDED = [("Event: ", "Event:\n "), ("Via: ", "Via:\n\t"), ("From: ", "From:\n \t"), (":", ":")]


def test_a_subscribe_may_be_folded_everywhere(open_server: RunningServer) -> None:
    """3261-7.3.1-1: with spaces and with tabs."""
    text = SUBSCRIBE
    for old, new in (*FOLDED, ("Contact: ", "Contact:\n\t ")):
        assert old in text
        text = text.replace(old, new, 1)
    with Wire(open_server) as wire:
        assert wire.ask(text).status == 200
        assert "<basic>" in notified(wire)


COMPACT = {
    "Via": "v", "From": "f", "To": "t", "Call-ID": "i", "Contact": "m", "Event": "o",
    "Content-Length": "l", "Content-Type": "c",
}  # fmt: skip


@pytest.mark.parametrize("text", [SUBSCRIBE, PUBLISH], ids=["SUBSCRIBE", "PUBLISH"])
def test_all_names_may_be_compact(text: str, open_server: RunningServer) -> None:
    """3261-7.3.3-1."""
    for long, short in COMPACT.items():
        text = text.replace(f"\n{long}:", f"\n{short}:")
    with Wire(open_server) as wire:
        assert wire.ask(text).status == 200


def test_all_vias_come_back_in_their_order_by_whatever_name(open_server: RunningServer) -> None:
    """3261-7.3.3-2, 3261-8.2.6.2-1: long names and compact ones, rows and lists."""
    others = ["SIP/2.0/TCP a.invalid", "SIP/2.0/UDP b.invalid;x=1", "SIP/2.0/TLS c.invalid"]
    rows = f"v: {others[0]} , {others[1]}\nVIA: {others[2]}"
    with Wire(open_server) as wire:
        answer = wire.ask(with_row(OPTIONS, rows))
    assert answer.status == 200
    assert ", ".join(answer.headers["via"][1:]).replace(" ,", ",") == ", ".join(others)


NAMES = [
    ('"J \\\\\\" R" <sip:{bob}@{domain}>;tag=1', "3261-25.1-3: quoted pairs"),
    ('"\u0416\u5927 \u00fc"<sip:{bob}@{domain}>;tag=1', "3261-25.1-2: UTF-8"),
    ("sip:{bob}@{domain};tag=1;odd=x", "3261-8.2.6.2-1: no brackets, and a parameter of its own"),
    ("J   R  <sip:{bob}@{domain}> ; tag = 1", "3261-8.2.6.2-1: spaces"),
]


@pytest.mark.parametrize("sender", [row[0] for row in NAMES], ids=[row[1] for row in NAMES])
def test_from_comes_back_as_it_was(sender: str, open_server: RunningServer) -> None:
    text = re.sub(r"From: .*", lambda _: f"From: {sender}", OPTIONS)
    with Wire(open_server) as wire:
        packet = wire.write(text)
        wire.send_bytes(packet)
        answer = wire.receive()
    assert answer.status == 200
    assert f"\r\nFrom: {answer['from']}\r\n".encode() in packet
    assert ";tag=" in answer["to"]


def test_headers_of_other_messages_say_nothing(open_server: RunningServer) -> None:
    """3261-7.3.2-1: neither a challenge nor a least lifetime in a SUBSCRIBE."""
    row = 'WWW-Authenticate: Digest realm="x", nonce="y"\nMin-Expires: 9'
    with Wire(open_server) as wire:
        assert wire.ask(with_row(SUBSCRIBE, row)).status == 200
        notified(wire)


def test_parameters_of_the_request_uri_change_nothing(open_server: RunningServer) -> None:
    """3261-19.1.1-1: what is unknown of them is ignored."""
    with Wire(open_server) as wire:
        assert wire.ask(PUBLISH).status == 200
        odd = SUBSCRIBE.replace("@{domain} SIP", "@{domain};weird=1;flag SIP", 1)
        assert wire.ask(odd).status == 200
        assert "<basic>open</basic>" in notified(wire)


def test_escapes_in_a_user_are_undone_once(open_server: RunningServer) -> None:
    """3261-19.1.2-1, 3261-10.3-4: a REGISTER for %61lice is one for alice."""
    with Wire(open_server) as wire:
        wire.names["escaped"] = "%61" + wire.names["alice"][1:]
        row = "Contact: <sip:c@h.invalid;name=v%2541>"
        text = REGISTER.replace("To: <sip:{alice}@", "To: <sip:{escaped}@")
        assert wire.ask(with_row(text, row)).status == 200
        (contact,) = register(wire)
    assert contact.startswith("<sip:c@h.invalid;name=v%2541>")


def test_media_types_have_no_case(open_server: RunningServer) -> None:
    """3261-7.3.1-4."""
    with Wire(open_server) as wire:
        odd = PUBLISH.replace("application/pidf+xml", "application/PIDF+XML")
        assert wire.ask(odd).status == 200
        assert "<basic>open</basic>" in shown(wire)


def test_accept_may_be_spread_over_rows(open_server: RunningServer) -> None:
    """3261-7.3.1-5: what any of them names is accepted."""
    rows = "Accept: text/plain, text/html\nAccept: application/pidf+xml\nAccept: text/xml"
    with Wire(open_server) as wire:
        assert wire.ask(with_row(SUBSCRIBE, rows)).status == 200
        notified(wire)
