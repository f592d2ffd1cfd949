"""What `trace` answers: of what has passed, what is asked for; short, masked, and in order."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.roles import tracing
from hereabouts.roles.build import finish
from hereabouts.roles.decisions import Decided, Decisions
from hereabouts.roles.node import Way
from hereabouts.roles.recorder import Recorder
from hereabouts.roles.tracing import Look, Tracing
from hereabouts.sip.domains import Domains
from tests.sip.packets import TCP, UDP, request, response

NOW = Moment(Instant(1.0), Timestamp(1000.0))
DOMAINS = Domains(("example.com",), frozenset({"198.51.100.1"}))
ALICE, BOB = "sip:alice@example.com", "sip:bob@example.com"


class Observatory:
    """A recorder, and a look at what is in it."""

    def __init__(self, keep: int = 100) -> None:
        self.recorder = Recorder(keep)
        self.decisions = Decisions()
        self._tracing = Tracing(self.recorder, DOMAINS, self.decisions)

    def pass_by(self, *packets: bytes, way: Way = Way.IN) -> None:
        for packet in packets:
            self.recorder.record(way, [(packet, UDP)], NOW)

    def decide(self, owner: str, at: float, watcher: str = ALICE) -> Decided:
        made = Decided(
            at=Timestamp(at),
            point="incoming-subscription",
            presentity=BOB,
            watcher=watcher,
            decision="allow",
            because="so",
        )
        self.decisions.add(owner, made)
        return made

    def look(self, **arguments: object) -> Look:
        """As whoever asks by the control socket sees it."""

        async def ask() -> object:
            return await self._tracing.table["trace"](arguments, NOW)

        found = finish(ask())
        answer: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))
        return msgspec.convert(answer, Look)

    def numbers(self, **arguments: object) -> list[int]:
        return [shown.number for shown in self.look(**arguments).passed]


OTHERS = {"From": "<sip:carol@example.org>;tag=c", "Call-ID": "other"}


def test_a_packet_is_shown_with_its_way_its_flow_and_its_time() -> None:
    place = Observatory()
    place.recorder.record(Way.OUT, [(request(), TCP)], NOW)
    [shown] = place.look().passed
    assert (shown.number, shown.at, shown.way) == (1, 1000.0, Way.OUT)
    assert (shown.transport, shown.host, shown.port) == ("TCP", "192.0.2.1", 40000)
    assert (shown.local, shown.connection) == ("198.51.100.1:5060", 7)
    assert shown.packet == request()


def test_credentials_are_masked_and_bytes_that_are_no_text_arrive() -> None:
    place = Observatory()
    place.pass_by(request(rows={"Authorization": "Basic c2VjcmV0"}, body=b"\xff\x00"))
    [shown] = place.look().passed
    assert b"c2VjcmV0" not in shown.packet
    assert shown.packet.endswith(b"\xff\x00")


WANTED = [
    ({}, [1, 2, 3, 4], "all but keep-alives"),
    ({"since": 2}, [3, 4], "what came since"),
    ({"since": "2"}, [3, 4], "a number as text"),
    ({"user": "alice"}, [1, 2], "whom a message is from"),
    ({"user": "bob"}, [1, 2, 3], "whom it is to"),
    ({"user": "carol@example.org"}, [3], "somebody of another domain"),
    ({"user": "dave"}, [], "nobody"),
    ({"call_id": "oth"}, [3], "how a Call-ID begins"),
    ({"method": "options"}, [1, 2], "a method, and what answers it"),
    ({"method": "NOTIFY", "user": "bob"}, [3], "both"),
    ({"method": "NOTIFY", "user": "alice"}, [], "not both"),
]


@pytest.mark.parametrize(
    "arguments, numbers", [row[:2] for row in WANTED], ids=[row[2] for row in WANTED]
)
def test_what_is_asked_for(arguments: dict[str, object], numbers: list[int]) -> None:
    place = Observatory()
    asked = request("OPTIONS")
    place.pass_by(asked, response(asked), request("NOTIFY", rows=OTHERS), b"nonsense", b"\r\n\r\n")
    assert place.numbers(**arguments) == numbers


def test_a_user_is_known_by_the_address_that_we_listen_at() -> None:
    place = Observatory()
    place.pass_by(request("REGISTER", rows={"From": "<sip:dave@198.51.100.1>;tag=1"}))
    assert place.numbers(user="dave") == [1]


def test_who_asks_again_sees_each_packet_once() -> None:
    place = Observatory()
    place.pass_by(request(), request())
    first = place.look()
    assert first.next == first.newest
    place.pass_by(request())
    assert place.numbers(since=first.next) == [3]
    assert place.look(since=3).next == 3


def test_what_has_gone_unseen_is_counted() -> None:
    place = Observatory(keep=2)
    assert place.look().missed == 0
    place.pass_by(*[request()] * 5)
    look = place.look(since=1)
    assert ([shown.number for shown in look.passed], look.missed) == ([4, 5], 2)
    assert place.look(since=look.next).missed == 0


def test_one_look_reads_so_many_packets_and_says_that_there_are_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tracing, "MOST_LOOKED_AT", 2)
    place = Observatory()
    place.pass_by(request(), request(), request("NOTIFY"))
    look = place.look(method="NOTIFY")
    assert (look.passed, look.next, look.newest) == ([], 2, 3)
    assert place.numbers(method="NOTIFY", since=2) == [3]


def test_one_look_shows_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "MOST_BYTES", 1)
    place = Observatory()
    place.pass_by(request(), request())
    look = place.look()
    assert ([shown.number for shown in look.passed], look.newest) == ([1], 2)


def test_what_was_decided_about_those_who_are_shown_comes_with_it() -> None:
    place = Observatory()
    place.pass_by(request("SUBSCRIBE"))
    place.decide(BOB, 1000.0 - tracing.LOOK_BACK - 1)
    late, early = place.decide(BOB, 1000.0), place.decide(ALICE, 999.0)
    place.decide("sip:carol@example.com", 1000.0)
    assert place.look().decisions == [early, late]
    assert place.look(method="NOTIFY").decisions == []


def test_decisions_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "MOST_DECISIONS", 1)
    place = Observatory()
    place.pass_by(request("SUBSCRIBE"))
    made = [place.decide(BOB, 1000.0, watcher) for watcher in (ALICE, "sip:x@y")]
    assert place.look().decisions == made[1:], "the newest"


FAULTS = [
    (100, {"since": "x"}, "since is 'x'", "a number that is none"),
    (100, {"user": "al ice@"}, "not a SIP", "a user who is none"),
    (0, {}, "set trace.keep", "nothing is kept"),
]


@pytest.mark.parametrize(
    "keep, arguments, says", [row[:3] for row in FAULTS], ids=[row[3] for row in FAULTS]
)
def test_what_cannot_be_asked(keep: int, arguments: dict[str, object], says: str) -> None:
    with pytest.raises(Malformed, match=says):
        Observatory(keep).look(**arguments)
