"""The compiled way to a socket: what no caller of ours does must not harm it either."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from hereabouts.native.choice import datagrams
from hereabouts.sip.flow import Flow
from tests.native.ways import built

pytestmark = built

HOST = "127.0.0.1"


@pytest.fixture
def own() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind((HOST, 0))
        yield opened


def receive(*arguments: Any) -> list[tuple[bytes, Any]]:  # noqa: ANN401
    assert datagrams is not None
    return datagrams.receive(*arguments)


def send(*arguments: Any) -> tuple[int, int]:  # noqa: ANN401
    assert datagrams is not None
    return datagrams.send(*arguments)


def to_itself(own: socket.socket, payload: bytes, times: int = 1) -> None:
    for _ in range(times):
        own.sendto(payload, own.getsockname())


@pytest.mark.parametrize(
    "arguments",
    [(), (0, 1, {}), ("0", 1, {}, print), (0, 1, [], print), (2**40, 1, {}, print)],
)
def test_wrong_arguments_of_receiving_are_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises((TypeError, OverflowError)):
        receive(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [(), (0, 2, (), 0), (0, 2, [], -1), (0, socket.AF_UNIX, [], 0), (0, 2, [], 2**70)],
)
def test_wrong_arguments_of_sending_are_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        send(*arguments)


@pytest.mark.parametrize("most", [0, -1])
def test_who_wants_nothing_gets_nothing(own: socket.socket, most: int) -> None:
    to_itself(own, b"x")
    assert receive(own.fileno(), most, {}, print) == []
    assert len(receive(own.fileno(), 1, {}, print)) == 1


def test_what_is_no_socket_gives_nothing() -> None:
    assert receive(-1, 9, {}, print) == []


def test_a_socket_of_another_family_is_refused() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        theirs.send(b"x")
        with pytest.raises(ValueError, match="IPv4"):
            receive(ours.fileno(), 9, {}, print)


def test_who_introduces_may_receive_himself(own: socket.socket) -> None:
    within: list[tuple[bytes, Any]] = []

    def introduce(*peer: object) -> object:
        to_itself(own, b"within")
        within.extend(receive(own.fileno(), 1, {}, lambda *_: "inner"))
        return "outer"

    to_itself(own, b"x")
    assert receive(own.fileno(), 1, {}, introduce) == [(b"x", "outer")]
    assert within == [(b"within", "inner")]
    to_itself(own, b"y")
    assert receive(own.fileno(), 9, {}, lambda *_: 0) == [(b"y", 0)]


def test_who_introduces_may_empty_what_is_known(own: socket.socket) -> None:
    flows: dict[Any, Any] = {"other": 1}

    def introduce(*_: object) -> object:
        flows.clear()
        return "new"

    to_itself(own, b"x")
    assert receive(own.fileno(), 1, flows, introduce) == [(b"x", "new")]
    assert list(flows.values()) == ["new"]


def test_a_list_that_shrinks_while_it_is_sent_ends_where_it_ends(own: socket.socket) -> None:
    packets: list[Any] = []

    class Shrinking:
        port = own.getsockname()[1]

        @property
        def host(self) -> str:
            del packets[1:]
            return HOST

    packets += [(Shrinking(), b"a", None), (None, b"b", None)]
    assert send(own.fileno(), own.family, packets, 0) == (1, 0)


def test_no_reference_is_lost_or_kept(own: socket.socket) -> None:
    payload = b"x" * 500
    flow = Flow("UDP", HOST, own.getsockname()[1], "")
    packets = [(flow, payload, None)] * 40
    flows: dict[Any, Any] = {}
    counted = (payload, flow, packets, flows)
    before = [sys.getrefcount(each) for each in counted]
    for _ in range(50):
        assert send(own.fileno(), own.family, packets, 0) == (40, 0)
        assert len(receive(own.fileno(), 40, flows, lambda *_: flow)) == 40
        flows.clear()
        with pytest.raises(TypeError):
            send(own.fileno(), own.family, [packets[0], (flow, "text")], 0)
    assert [sys.getrefcount(each) for each in counted] == before
