"""The relays of a node: found by their token alone, counted, and gone in time."""

from __future__ import annotations

import pytest

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.presence.relay import KIND, Relay
from hereabouts.roles.build import finish
from hereabouts.roles.conductor import Conductor
from hereabouts.roles.relays import OVERDUE, Relays
from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Request
from hereabouts.sip.reader import read
from hereabouts.storage.memory import MemoryStore
from tests.presence.test_relay import BOB, FLOW, WATCHER

NOW = Moment(Instant(10.0), Timestamp(1000.0))


def relay(call_id: str = "c1", *, watcher: str = WATCHER, at_edge: bool = False) -> Relay:
    return Relay(
        Timestamp(1060.0),
        presentity=BOB,
        watcher=watcher,
        event="presence",
        call_id=call_id,
        watcher_address=f"<{watcher}>;tag=w1",
        presentity_address=f"<{BOB}>",
        watcher_contact="sip:w@h",
        watcher_route=(),
        watcher_flow=FLOW,
        subscribe="name",
        subscribe_cseq=1,
        is_at_edge=at_edge,
    )


class Shelf:
    def __init__(self) -> None:
        self.store = MemoryStore()
        self.deadlines = Deadlines()
        self.faults: list[Exception] = []
        self._conductor = Conductor()
        self.relays = Relays(
            self.store,
            self.deadlines,
            lambda key, start: self._conductor.run(key, start, self.faults.append),
            64.0,
        )
        list(
            self.store.changes(0, lambda key, entry, _: self.relays.changed(key[1], key[2], entry))
        )

    def keep(self, token: str, kept: Relay) -> None:
        finish(self.relays.keep(WATCHER, token, kept))
        self.relays.work(NOW)

    def pass_time(self, seconds: float) -> None:
        moment = Moment(Instant(NOW.instant + seconds), Timestamp(NOW.timestamp + seconds))
        self.deadlines.wake_due(moment)
        assert not self.faults


def asked(*rows: str, uri: str = "sip:bob@b.example") -> Request:
    message = read("\r\n".join([f"NOTIFY {uri} SIP/2.0", *rows, "", ""]).encode())
    assert isinstance(message, Request)
    return message


NAMED = [
    (["Route: <sip:t1@h;lr>"], "sip:x@y", True, "in the first Route"),
    (["Route: <sip:t1@anywhere:5070;transport=tcp;lr>"], "sip:x@y", True, "wherever it leads"),
    (["Route: <sip:p;lr>, <sip:t1@h;lr>"], "sip:x@y", False, "not in a later one"),
    (["Route: <sip:x@y>"], "sip:t1@h;lr", True, "3261-16.4-1: as a strict router writes it"),
    ([], "sip:t1@h;lr", False, "but not without a Route"),
    (["Route: <sip:t2@h;lr>"], "sip:x@y", False, "another token"),
    (["Route: <sip:h;lr>"], "sip:x@y", False, "none"),
    (["Route: <tel:1>"], "sip:x@y", False, "a Route that is none"),
    (["Route: <sip:h;lr>"], "tel:1", False, "a Request-URI that is none"),
]


@pytest.mark.parametrize(
    "rows, uri, is_found", [row[:3] for row in NAMED], ids=[row[3] for row in NAMED]
)
def test_a_request_names_its_relay(rows: list[str], uri: str, *, is_found: bool) -> None:
    shelf = Shelf()
    assert shelf.relays.named(asked(*rows, uri=uri)) is None
    shelf.keep("t1", relay())
    assert (shelf.relays.named(asked(*rows, uri=uri)) is not None) is is_found


def test_relays_are_counted_by_their_watchers() -> None:
    shelf = Shelf()
    shelf.keep("t1", relay())
    shelf.keep("t1", relay())
    shelf.keep("t2", relay("c2"))
    shelf.keep("t3", relay("c3", watcher=BOB))
    assert shelf.relays.passing == {WATCHER: 2, BOB: 1}
    assert [held.id for held in shelf.relays.of_watcher(WATCHER)] == ["t1", "t2"]
    assert not list(shelf.relays.of_watcher("sip:nobody@a.example"))
    finish(shelf.relays.drop("t1"))
    finish(shelf.relays.drop("t3"))
    finish(shelf.relays.drop("t3"))
    assert shelf.relays.passing == {WATCHER: 1}
    assert len(shelf.relays) == 1


def test_those_towards_an_agent_are_found_by_the_presentity() -> None:
    shelf = Shelf()
    shelf.keep("t1", relay(at_edge=True))
    shelf.keep("t2", relay("c2"))
    assert [held.id for held in shelf.relays.at_edge(BOB)] == ["t1"]
    shelf.keep("t1", relay())
    assert not list(shelf.relays.at_edge(BOB))


def test_a_relay_goes_when_its_time_is_over() -> None:
    shelf = Shelf()
    shelf.keep("t1", relay())
    shelf.pass_time(59.9)
    assert shelf.relays.all()
    shelf.pass_time(60)
    assert not shelf.relays.all()
    assert not finish(shelf.store.under(KIND, WATCHER, Timestamp(0.0)))


def test_a_relay_that_is_kept_on_lives_on() -> None:
    shelf = Shelf()
    shelf.keep("t1", relay())
    [held] = shelf.relays.all()
    finish(shelf.relays.keep_lasting(held, relay(), Moment(Instant(50.0), Timestamp(1040.0))))
    shelf.pass_time(60)
    assert shelf.relays.all()
    shelf.pass_time(104)
    assert not shelf.relays.all()


def test_what_should_have_ended_already_ends_soon() -> None:
    shelf = Shelf()
    shelf.relays.changed(WATCHER, "t1", None)
    shelf.keep("t1", relay())
    [held] = shelf.relays.all()
    late = Moment(Instant(500.0), Timestamp(2000.0))
    shelf.relays.changed(WATCHER, "t1", held.entry)
    held.wakes_at = Instant(float("inf"))
    shelf.relays.work(late)
    assert held.wakes_at == late.instant + OVERDUE


def test_another_flow_is_another_value() -> None:
    assert relay() != relay("c2")
    assert Flow("UDP", "h", 1, "l:1") != FLOW
