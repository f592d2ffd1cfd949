"""Where answers go, and how messages lie on a stream (RFC 3261 section 18, RFC 3581)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.interop.plain import OPTIONS, PUBLISH, SUBSCRIBE, notified, shown, with_row
from tests.interop.running import HOST, RunningServer, running_server
from tests.interop.wire import PATIENCE, Wire, parse
from tests.ports import free_port

ANOTHER_HOST = "127.0.0.2"


@contextmanager
def datagrams(host: str = HOST) -> Iterator[socket.socket]:
    """A socket of its own, and no more."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind((host, 0))
        opened.settimeout(PATIENCE)
        yield opened


VIAS = [
    ("{host}:{own}", "", "the Via is right already"),
    (
        "{host}:{own};rport",
        "received=127.0.0.1;rport={own}",
        "3581-4-1: also where nothing differs",
    ),
    ("foo.invalid;rport", "received=127.0.0.1;rport={own}", "3261-18.2.1-1: a name"),
    ("{host}:9;rport=9", "received=127.0.0.1;rport={own}", "3581-3-2: its own word is not taken"),
]


@pytest.mark.parametrize("via, added", [row[:2] for row in VIAS], ids=[row[2] for row in VIAS])
def test_the_topmost_via_says_where_a_request_came_from(
    via: str, added: str, open_server: RunningServer
) -> None:
    with Wire(open_server) as wire:
        answer = wire.ask(OPTIONS.replace("{host}:{own}", via, 1))
        parameters = set(answer["via"].split(";")[1:])
        wanted = added.replace("{own}", wire.names["own"]).split(";")
    assert answer.status == 200
    assert set(filter(None, wanted)) <= parameters
    assert ("received" in answer["via"]) is bool(added)


def test_without_rport_an_answer_goes_to_the_port_of_the_via(open_server: RunningServer) -> None:
    """3261-18.2.2-1: of the host that the request came from; with rport, back to its port."""
    with Wire(open_server) as asking, datagrams() as named:
        port = named.getsockname()[1]
        asking.send(OPTIONS.replace("{host}:{own}", f"nowhere.invalid:{port}", 1))
        assert parse(named.recv(65_535)).status == 200
        answer = asking.ask(OPTIONS.replace("{host}:{own}", f"nowhere.invalid:{port};rport", 1))
        assert answer.status == 200


def test_an_answer_goes_to_maddr(open_server: RunningServer) -> None:
    """3261-18.2.2-1: before anything else."""
    with Wire(open_server) as asking, datagrams(ANOTHER_HOST) as named:
        port = named.getsockname()[1]
        asking.send(OPTIONS.replace("{host}:{own}", f"x.invalid:{port};maddr={ANOTHER_HOST}", 1))
        assert parse(named.recv(65_535)).status == 200


def test_an_answer_comes_from_where_the_request_went(tmp_path: Path) -> None:
    """3581-4-2: of several addresses."""
    more = ("--listen", f"udp:{ANOTHER_HOST}:0", "--auth", "none")
    with running_server(tmp_path, *more) as server, Wire(server) as wire, datagrams() as asking:
        port = int(server.log.partition(f"udp:{ANOTHER_HOST}:")[2].split()[0].strip('"'))
        asking.sendto(wire.write(OPTIONS.replace(":{own};", ";rport;", 1)), (ANOTHER_HOST, port))
        packet, sender = asking.recvfrom(65_535)
    assert parse(packet).status == 200
    assert sender == (ANOTHER_HOST, port)


def test_a_request_of_the_server_asks_for_rport(open_server: RunningServer) -> None:
    """3581-3-1: and its answer is taken from wherever it comes."""
    with Wire(open_server) as wire, datagrams() as elsewhere:
        assert wire.ask(SUBSCRIBE.replace("Expires: 0", "Expires: 600")).status == 200
        notify = wire.receive()
        assert ";rport" in notify["via"]
        assert ";rport=" not in notify["via"]
        answer = wire.answer_to(notify, "200 OK", "")
        elsewhere.sendto(answer, (HOST, open_server.ports["UDP"]))
        assert wire.ask(PUBLISH).status == 200
        assert "<basic>open</basic>" in notified(wire)  # it would not come before that answer


def test_udp_and_tcp_are_on_one_port_of_both_kinds_of_addresses(tmp_path: Path) -> None:
    """3261-18-2."""
    port = free_port()
    listen = [f"{kind}:{host}:{port}" for host in (HOST, "[::1]") for kind in ("udp", "tcp")]
    options = [option for each in listen for option in ("--listen", each)]
    places = [(socket.AF_INET, HOST), (socket.AF_INET6, "::1")]
    with running_server(tmp_path, *options) as server, Wire(server) as wire:
        for family, host in places:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(family, kind) as asking:
                    asking.settimeout(PATIENCE)
                    asking.connect((host, port))
                    asking.sendall(wire.write(OPTIONS.replace(":{own};", ";rport;", 1)))
                    assert asking.recv(65_535).startswith(b"SIP/2.0 200 ")


def test_two_messages_in_one_segment_are_two(open_server: RunningServer) -> None:
    """3261-18.3-4."""
    with Wire(open_server, "TCP") as wire:
        wire.send_bytes(wire.write(PUBLISH) + wire.write(PUBLISH))
        tags = {wire.receive()["sip-etag"], wire.receive()["sip-etag"]}
    assert len(tags) == 2


def test_one_message_in_many_segments_is_one(open_server: RunningServer) -> None:
    """3261-18.3-4, 3261-7-2: it is answered once, when its end has come."""
    with Wire(open_server, "TCP") as wire:
        packet = wire.write(PUBLISH)
        for place in range(len(packet)):
            assert wire.pending() == b""
            wire.send_bytes(packet[place : place + 1])
        assert wire.receive().status == 200
        assert "<basic>open</basic>" in shown(wire)


def test_a_head_without_its_end_is_waited_for(open_server: RunningServer) -> None:
    """3261-7-2: until the empty line comes."""
    with Wire(open_server, "TCP") as wire:
        wire.send_bytes(wire.write(OPTIONS).removesuffix(b"\r\n"))
        assert open_server.answers_options()
        assert wire.pending() == b""
        wire.send_bytes(b"\r\n")
        assert wire.receive().status == 200


def test_line_ends_before_a_message_are_nothing(open_server: RunningServer) -> None:
    """3261-7.5-1, 5626-5.4-2: but for the pong that a pair of them is answered with."""
    with Wire(open_server, "TCP") as wire:
        wire.send_bytes(b"\r\n\r\n\r\n" + wire.write(OPTIONS))
        assert wire.receive().status == 200


UNFRAMEABLE = [
    ("Content-Length: {length}", "Content-Length: five", "3261-20.14-1: a word"),
    ("Content-Length: {length}", "Content-Length: -1", "3261-20.14-1: negative"),
    ("Content-Length: {length}", "Content-Length: 3\nl: 4", "3261-20.14-1: two of them"),
    ("Content-Length: {length}\n", "Content-Type: text/plain\n", "3261-18.3-4: none at all"),
]


@pytest.mark.parametrize("old, new", [r[:2] for r in UNFRAMEABLE], ids=[r[2] for r in UNFRAMEABLE])
def test_a_stream_that_cannot_be_followed_is_closed(
    old: str, new: str, open_server: RunningServer
) -> None:
    with Wire(open_server, "TCP") as wire:
        assert wire.ask(OPTIONS.replace(old, new) + "body").status == 400
        with pytest.raises(ConnectionError):
            wire.receive()
    with Wire(open_server, "TCP") as wire:
        assert wire.ask(OPTIONS).status == 200


def test_a_head_without_end_is_refused(open_server: RunningServer) -> None:
    """3261-21.4.11-1: 513 and the end of the connection, long before 50 MB."""
    with Wire(open_server, "TCP") as wire:
        start = wire.write(with_row(OPTIONS, "X: x")).partition(b"X: x")[0]
        wire.send_bytes(start + b"X: ")
        with suppress(ConnectionError):  # the end of it may come first, and all else is lost then
            for _ in range(50):
                wire.send_bytes(b"x" * 1_000_000)
            assert wire.receive().status == 513
        with pytest.raises(ConnectionError):
            wire.receive()
        open_server.check_faultless()


def test_a_body_beyond_the_bound_is_refused(open_server: RunningServer) -> None:
    """3261-21.4.11-1: with 413, by either transport."""
    with ExitStack() as wires:
        for transport in ("TCP", "UDP"):
            wire = wires.enter_context(Wire(open_server, transport))
            note = f"<note>{'x' * (60_000 if transport == 'UDP' else 70_000)}</note></presence>"
            answer = wire.ask(PUBLISH.replace("</presence>", note))
            assert answer.status == 413
            assert "retry-after" not in answer.headers  # it will not be shorter later


def test_an_answer_never_takes_another_way_than_its_connection(
    open_server: RunningServer,
) -> None:
    """3261-18.2.2-2: whose end it is dropped with; nothing of it comes as a datagram."""
    with datagrams() as named:
        port = named.getsockname()[1]
        with Wire(open_server, "TCP") as wire:
            wire.send(OPTIONS.replace("{host}:{own}", f"{HOST}:{port}", 1))
        assert open_server.answers_options()
        named.settimeout(0)
        with pytest.raises(BlockingIOError):
            named.recv(65_535)


def test_the_same_over_a_connection_is_another_request(open_server: RunningServer) -> None:
    """3261-17.2.2-2: timer J is 0 where nothing is sent again."""
    with Wire(open_server, "TCP") as wire:
        packet = wire.write(OPTIONS)
        for _ in range(2):
            wire.send_bytes(packet)
            assert wire.receive().status == 200


@pytest.mark.soak
def test_a_connection_outlasts_what_was_said_on_it(open_server: RunningServer) -> None:
    """3261-18-1: for more than 64 T1, and then a NOTIFY comes by it."""
    with Wire(open_server, "TCP") as watching, Wire(open_server) as wire:
        watching.names["alice"] = wire.names["alice"]
        assert watching.ask(SUBSCRIBE.replace("Expires: 0", "Expires: 600")).status == 200
        assert "<basic>closed</basic>" in notified(watching)
        assert watching.is_silent(33)
        assert wire.ask(PUBLISH).status == 200
        assert "<basic>open</basic>" in notified(watching)
