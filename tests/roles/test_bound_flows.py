"""Bindings by flows: whoever a lost connection has bound is bound no more."""

from __future__ import annotations

import pytest

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.roles.bound_flows import BoundFlows
from hereabouts.roles.build import finish
from hereabouts.roles.conductor import Conductor
from hereabouts.sip.flow import Flow
from hereabouts.sip.registrar import EVER, KIND, Binding, Bindings
from hereabouts.storage.memory import MemoryStore

ALICE, BOB = "sip:alice@a.example", "sip:bob@a.example"
NOW = Moment(Instant(10.0), Timestamp(1000.0))
ONE = Flow("TCP", "192.0.2.12", 40_000, "192.0.2.11:5060", 1, 7)
OTHER = Flow("TCP", "192.0.2.12", 40_001, "192.0.2.11:5060", 1, 8)
UDP = Flow("UDP", "192.0.2.14", 5060, "192.0.2.11:5060")


def bound(flow: Flow, reg_id: int = 1, path: tuple[str, ...] = ()) -> Binding:
    uri = f"sip:{flow.host}:{flow.port}"
    return Binding(
        uri, (), Timestamp(9000.0), "c", 1, flow, path=path, instance="<urn:x>", reg_id=reg_id
    )


class Office:
    def __init__(self) -> None:
        self.store = MemoryStore()
        self.deadlines = Deadlines()
        self.faults: list[Exception] = []
        conductor = Conductor()
        self.flows = BoundFlows(
            self.store,
            self.deadlines,
            lambda key, start: conductor.run(key, start, self.faults.append),
            120.0,
        )
        list(self.store.changes(0, lambda key, entry, _: self.flows.changed(key[1], entry)))

    def bind(self, owner: str, *contacts: Binding) -> None:
        key = (KIND, owner, "")
        before = finish(self.store.get(key, EVER))
        finish(self.store.put(key, Bindings(Timestamp(9000.0), contacts), before))

    def left(self, owner: str = ALICE) -> list[Flow]:
        entry = finish(self.store.get((KIND, owner, ""), EVER))
        return [each.flow for each in entry.record.contacts] if entry is not None else []


def test_all_that_hang_on_a_lost_connection_are_dropped_whoever_they_are() -> None:
    """5626-7-1: regardless of the address-of-record."""
    office = Office()
    office.bind(ALICE, bound(ONE), bound(OTHER, 2))
    office.bind(BOB, bound(ONE))
    office.flows.flow_lost(ONE)
    assert (office.left(), office.left(BOB)) == ([OTHER], [])
    office.flows.flow_lost(OTHER)
    assert office.left() == []
    office.flows.flow_lost(ONE)
    assert office.faults == []


STAY = [
    (bound(ONE, 0), "a plain binding: its URI may be reached by another connection"),
    (bound(ONE, path=("<sip:edge;lr;ob>",)), "behind an edge proxy, which may come back"),
    (bound(UDP), "no connection"),
    (bound(OTHER), "another connection"),
]


@pytest.mark.parametrize("binding", [row[0] for row in STAY], ids=[row[1] for row in STAY])
def test_others_stay(binding: Binding) -> None:
    office = Office()
    office.bind(ALICE, binding)
    office.flows.flow_lost(ONE)
    assert office.left() == [binding.flow]


def test_who_has_come_back_by_another_connection_stays() -> None:
    office = Office()
    office.bind(ALICE, bound(ONE))
    office.bind(ALICE, bound(OTHER))
    office.flows.flow_lost(ONE)
    assert office.left() == [OTHER]


def test_after_a_restart_devices_have_some_time_to_come_back() -> None:
    office = Office()
    office.bind(ALICE, bound(ONE))
    office.bind(BOB, bound(ONE))
    office.flows.start(NOW)
    office.bind(BOB, bound(OTHER))
    office.deadlines.wake_due(Moment(Instant(129.9), Timestamp(1119.9)))
    assert office.left() == [ONE]
    office.deadlines.wake_due(Moment(Instant(130.0), Timestamp(1120.0)))
    assert (office.left(), office.left(BOB)) == ([], [OTHER])
