"""A UDP socket, drained and filled: the same by both ways."""

from __future__ import annotations

import errno
import select
import socket
from collections.abc import Iterator

import pytest

from hereabouts.native.interface import NO_ADDRESS
from hereabouts.net import datagrams
from hereabouts.net.datagrams import BURST, FULL, Datagrams
from hereabouts.presence.fanout import SLICE
from hereabouts.sip.flow import Flow
from hereabouts.sip.leaving import Packet
from tests.native.ways import WAYS, Way

HOSTS = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
IP_RECVERR = 11
"Linux: tell of ICMP errors on a socket without a peer too; Python has no name for it."
MANY = 2 * 32 + 3  # more than two system calls take


@pytest.fixture(params=WAYS, autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param is Way.PYTHON:
        monkeypatch.setattr(datagrams, "native", None)


class Post:
    """Datagrams of a socket on loopback, with what it was asked and one who writes to it."""

    def __init__(self, family: int) -> None:
        self.host = HOSTS[socket.AddressFamily(family)]
        self.own, self.peer = (socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
        for each in (self.own, self.peer):
            each.bind((self.host, 0))
            each.setblocking(False)  # noqa: FBT003 - positional only
        self.met: list[tuple[str, int]] = []
        self.fault: Exception | None = None
        self.datagrams = Datagrams(self.own, self.introduce)
        self.flow = Flow("UDP", self.host, self.peer.getsockname()[1], "")

    def introduce(self, host: str, port: int) -> Flow:
        self.met.append((host, port))
        if self.fault is not None:
            raise self.fault
        return Flow("UDP", host, port, f"flow {len(self.met)}")

    def write(self, payload: bytes) -> None:
        self.peer.sendto(payload, self.own.getsockname())

    def heard(self) -> list[bytes]:
        """What the peer has been sent."""
        found = []
        while select.select([self.peer], [], [], 0)[0]:
            found.append(self.peer.recv(65535))
        return found

    def packets(self, payloads: list[bytes], flow: Flow | None = None) -> list[Packet]:
        return [(flow or self.flow, payload, None) for payload in payloads]


@pytest.fixture(params=HOSTS, ids=lambda family: family.name)
def post(request: pytest.FixtureRequest) -> Iterator[Post]:
    post = Post(request.param)
    with post.own, post.peer:
        yield post


# --- what arrives


def test_what_arrives_comes_in_order_and_by_its_flow(post: Post) -> None:
    sent = [b"%d" % number for number in range(MANY)]
    for payload in sent:
        post.write(payload)
    arrived = post.datagrams.receive(MANY)
    assert [packet for packet, _ in arrived] == sent
    flow = Flow("UDP", post.host, post.flow.port, "flow 1")
    assert {found for _, found in arrived} == {flow}
    assert post.datagrams.receive(BURST) == []


def test_a_peer_is_introduced_once_and_each_port_is_a_peer(post: Post) -> None:
    with socket.socket(post.own.family, socket.SOCK_DGRAM) as other:
        for _ in range(2):
            post.write(b"a")
            other.sendto(b"b", post.own.getsockname())
        arrived = post.datagrams.receive(BURST) + post.datagrams.receive(BURST)
        ports = [post.flow.port, other.getsockname()[1]]
    assert post.met == [(post.host, port) for port in ports]
    assert [flow.port for _, flow in arrived] == ports * 2


def test_a_burst_takes_more_answers_than_a_slice_of_a_fan_out_asks_for() -> None:
    """Or they would wait in the socket until their NOTIFYs are sent again, and so would others."""
    assert BURST >= 2 * SLICE


def test_a_burst_is_bounded(post: Post) -> None:
    for number in range(BURST + 1):
        post.write(b"%d" % number)
    assert len(post.datagrams.receive(BURST)) == BURST
    assert [packet for packet, _ in post.datagrams.receive(BURST)] == [b"%d" % BURST]


def test_no_more_are_taken_than_are_asked_for(post: Post) -> None:
    for number in range(40):
        post.write(b"%d" % number)
    taken = [[packet for packet, _ in post.datagrams.receive(most)] for most in (1, 35, 9)]
    assert [len(packets) for packets in taken] == [1, 35, 4]
    assert sum(taken, []) == [b"%d" % number for number in range(40)]  # noqa: RUF017 - it is short


@pytest.mark.parametrize("length", [0, 1, 65507])
def test_a_datagram_of_any_length_is_taken_and_sent(post: Post, length: int) -> None:
    payload = bytes(number % 251 for number in range(length))
    post.peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)
    post.write(payload)
    [(packet, flow)] = post.datagrams.receive(BURST)
    assert packet == payload
    assert post.datagrams.send([(flow, packet, None)], 0) == (1, 0)
    assert post.heard() == [payload]


def test_those_who_are_known_are_forgotten_when_they_are_too_many(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datagrams, "MOST_KNOWN", 2)
    others = [socket.socket(post.own.family, socket.SOCK_DGRAM) for _ in range(3)]
    for _ in range(2):
        for other in others:
            other.sendto(b"x", post.own.getsockname())
    for other in others:
        other.close()
    assert len(post.datagrams.receive(BURST)) == 6
    assert len(post.met) == 6


def test_who_cannot_be_introduced_is_not_heard_and_hides_nobody(post: Post) -> None:
    post.write(b"known")
    post.datagrams.receive(BURST)
    post.fault = OSError(errno.EMFILE, "no descriptor left")
    with socket.socket(post.own.family, socket.SOCK_DGRAM) as other:
        other.sendto(b"unknown", post.own.getsockname())
        post.write(b"known")
        assert [packet for packet, _ in post.datagrams.receive(BURST)] == [b"known"]
        post.fault = None
        other.sendto(b"again", post.own.getsockname())
        assert [packet for packet, _ in post.datagrams.receive(BURST)] == [b"again"]


def test_a_fault_of_ours_is_not_hidden(post: Post) -> None:
    post.fault = AssertionError("a bug")
    post.write(b"a")
    post.write(b"b")
    with pytest.raises(AssertionError, match="a bug"):
        post.datagrams.receive(BURST)
    post.fault = None
    post.write(b"c")
    assert post.datagrams.receive(BURST)[-1][0] == b"c"


def test_an_error_of_something_sent_before_hides_nothing() -> None:
    post = Post(socket.AF_INET)
    with post.own, post.peer:
        post.own.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
            gone.bind((post.host, 0))
            closed = gone.getsockname()[1]
        post.own.sendto(b"nobody is there", (post.host, closed))
        post.write(b"hello")
        arrived = post.datagrams.receive(BURST) or post.datagrams.receive(BURST)
        assert [packet for packet, _ in arrived] == [b"hello"]


# --- what leaves


def test_all_leaves_in_order(post: Post) -> None:
    payloads = [b"%d" % number for number in range(MANY)]
    assert post.datagrams.send(post.packets(payloads), 0) == (MANY, 0)
    assert post.heard() == payloads


@pytest.mark.parametrize("start, left", [(1, [b"b", b"c"]), (3, []), (9, [])])
def test_sending_begins_where_it_is_told(post: Post, start: int, left: list[bytes]) -> None:
    at, why = post.datagrams.send(post.packets([b"a", b"b", b"c"]), start)
    assert (at >= 3, why) == (True, 0)
    assert post.heard() == left


def _flow(host: str, port: int = 5060) -> Flow:
    return Flow("UDP", host, port, "")


REFUSED = [
    pytest.param(_flow("a.example.com"), NO_ADDRESS, id="a name"),
    pytest.param(_flow(""), NO_ADDRESS, id="nothing"),
    pytest.param(_flow("127.0.0.1\0x"), NO_ADDRESS, id="a zero byte behind an address"),
    pytest.param(_flow("\udce9"), NO_ADDRESS, id="bytes that are no text"),
    pytest.param(_flow("\u0661.0.0.1"), NO_ADDRESS, id="digits of another script"),
    pytest.param(_flow("1" * 70000), NO_ADDRESS, id="a long name"),
    pytest.param(_flow("127.0.0.1", 0), errno.EINVAL, id="no port"),
]


@pytest.mark.parametrize("flow, reason", REFUSED)
@pytest.mark.parametrize("place", [0, 1, 31, 32, 40])
def test_the_first_that_cannot_be_sent_is_told_and_those_before_it_have_left(
    flow: Flow, reason: int, place: int
) -> None:
    post = Post(socket.AF_INET)
    with post.own, post.peer:
        payloads = [b"%d" % number for number in range(place + 2)]
        packets = post.packets(payloads)
        packets[place] = (flow, b"lost", None)
        assert post.datagrams.send(packets, 0) == (place, reason)
        assert post.heard() == payloads[:place]
        assert post.datagrams.send(packets, place + 1) == (place + 2, 0)
        assert post.heard() == payloads[place + 1 :]


def test_an_address_of_the_other_family_is_no_name(post: Post) -> None:
    other = "::1" if post.own.family == socket.AF_INET else "127.0.0.1"
    at, why = post.datagrams.send(post.packets([b"x"], _flow(other)), 0)
    assert at == 0
    assert why not in {0, NO_ADDRESS, *FULL}


def test_what_is_too_long_for_a_datagram_is_told(post: Post) -> None:
    packets = post.packets([b"a", b"x" * 65536, b"b"])
    assert post.datagrams.send(packets, 0) == (1, errno.EMSGSIZE)
    assert post.datagrams.send(packets, 2) == (3, 0)
    assert post.heard() == [b"a", b"b"]


def test_a_socket_that_is_closed_sends_nothing_and_hears_nothing(post: Post) -> None:
    post.own.close()
    assert post.datagrams.receive(BURST) == []
    assert post.datagrams.send(post.packets([b"a"]), 0) == (0, errno.EBADF)


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(None, id="no packet"),
        pytest.param((), id="an empty one"),
        pytest.param((_flow("127.0.0.1"), "text", None), id="text"),
        pytest.param((None, b"bytes", None), id="no flow"),
        pytest.param((_flow("127.0.0.1", "5060"), b"x", None), id="a port in words"),  # type: ignore[arg-type]
        pytest.param((_flow(7), b"x", None), id="a number for a host"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_packet_is_a_fault_of_ours(post: Post, packet: Packet) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError)):
        post.datagrams.send([*post.packets([b"a"] * 2), packet], 0)
