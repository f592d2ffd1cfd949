"""Presentities' own agents: known by their feature, lost with their flow."""

from __future__ import annotations

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.roles.build import finish
from hereabouts.roles.conductor import Conductor
from hereabouts.roles.edges import Edges
from hereabouts.sip.feature import PRESENCE_AGENT
from hereabouts.sip.flow import Flow
from hereabouts.sip.registrar import EVER, KIND, Binding, Bindings
from hereabouts.storage.memory import MemoryStore

ALICE, BOB = "sip:alice@a.example", "sip:bob@a.example"
NOW = Moment(Instant(10.0), Timestamp(1000.0))
ONE = Flow("TCP", "192.0.2.12", 40_000, "192.0.2.11:5060", 1, 7)
OTHER = Flow("TCP", "192.0.2.13", 40_000, "192.0.2.11:5060", 1, 8)
UDP = Flow("UDP", "192.0.2.14", 5060, "192.0.2.11:5060")


def bound(
    flow: Flow, call_id: str = "c", *, is_agent: bool = True, expires_at: float = 2000.0
) -> Binding:
    parameters: tuple[tuple[str, None], ...] = ((PRESENCE_AGENT, None),) if is_agent else ()
    return Binding(f"sip:{flow.host}", parameters, Timestamp(expires_at), call_id, 1, flow)


class Office:
    def __init__(self) -> None:
        self.store = MemoryStore()
        self.deadlines = Deadlines()
        self.faults: list[Exception] = []
        conductor = Conductor()
        self.edges = Edges(
            self.store,
            self.deadlines,
            lambda key, start: conductor.run(key, start, self.faults.append),
            120.0,
        )
        list(self.store.changes(0, lambda key, entry, _: self.edges.changed(key[1], entry)))

    def bind(self, presentity: str, *contacts: Binding) -> None:
        key = (KIND, presentity, "")
        before = finish(self.store.get(key, EVER))
        finish(self.store.put(key, Bindings(Timestamp(9000.0), contacts), before))

    def flows(self, presentity: str = ALICE, now: float = 1000.0) -> tuple[Flow, ...]:
        return self.edges.flows(presentity, Timestamp(now))


def test_an_agent_comes_and_goes_with_its_binding() -> None:
    office = Office()
    office.bind(ALICE, bound(UDP, is_agent=False))
    assert ALICE not in office.edges
    assert office.edges.take_changes() == ([], [])
    office.bind(ALICE, bound(UDP, is_agent=False), bound(ONE))
    assert ALICE in office.edges
    assert office.edges.take_changes() == ([ALICE], [])
    office.bind(ALICE, bound(OTHER))
    assert office.edges.take_changes() == ([], [])
    office.bind(ALICE, bound(UDP, is_agent=False))
    assert office.edges.take_changes() == ([], [(ALICE, "c")])
    assert ALICE not in office.edges


def test_of_several_agents_each_leaves_on_its_own() -> None:
    office = Office()
    office.bind(ALICE, bound(ONE, "one"), bound(OTHER, "other"))
    office.bind(ALICE, bound(UDP, "one"), bound(OTHER, "other"))
    assert office.edges.take_changes() == ([ALICE], []), "the first has another connection"
    office.bind(ALICE, bound(OTHER, "other"))
    assert office.edges.take_changes() == ([], [(ALICE, "one")])
    assert ALICE in office.edges


def test_a_certain_agent_is_asked_first_where_there_is_one() -> None:
    office = Office()
    office.bind(ALICE, bound(ONE, "one"), bound(OTHER, "other"))
    assert office.edges.flows(ALICE, NOW.timestamp, "one") == (ONE, OTHER)
    assert office.edges.flows(ALICE, NOW.timestamp, "gone") == (OTHER, ONE)


def test_the_agent_that_registered_last_is_asked_first() -> None:
    office = Office()
    office.bind(ALICE, bound(ONE), bound(OTHER, expires_at=1500.0))
    assert office.flows() == (OTHER, ONE)
    assert office.flows(now=1500.0) == (ONE,)
    assert office.flows(BOB) == ()


def test_with_its_connection_an_agent_is_gone() -> None:
    office = Office()
    office.bind(ALICE, bound(ONE), bound(OTHER), bound(ONE, is_agent=False))
    office.bind(BOB, bound(ONE))
    office.edges.flow_lost(ONE)
    assert office.flows() == (OTHER,)
    assert BOB not in office.edges
    assert len(finish(office.store.get((KIND, ALICE, ""), EVER)).record.contacts) == 2
    office.edges.flow_lost(ONE)
    office.edges.flow_lost(Flow("TCP", "192.0.2.99", 1, "", 1, 99))
    assert not office.faults


def test_an_agent_without_a_connection_is_known_by_its_address() -> None:
    office = Office()
    office.bind(ALICE, bound(UDP))
    office.edges.lose(ALICE, UDP.towards("192.0.2.99", 5060))
    assert office.flows() == (UDP,)
    office.edges.lose(ALICE, UDP)
    assert office.flows() == ()


def test_after_a_restart_an_agent_has_some_time_to_come_back() -> None:
    office = Office()
    office.bind(ALICE, bound(ONE))
    office.bind(BOB, bound(UDP))
    office.edges.start(NOW)
    office.bind(ALICE, bound(OTHER))
    office.deadlines.wake_due(Moment(Instant(130.0), Timestamp(1120.0)))
    assert office.flows() == (OTHER,), "it has come back by another connection"
    assert office.flows(BOB) == (UDP,), "where there are no connections none is lost"
    again = Office()
    again.bind(ALICE, bound(ONE))
    again.edges.start(NOW)
    again.deadlines.wake_due(Moment(Instant(129.9), Timestamp(1119.9)))
    assert again.flows() == (ONE,)
    again.deadlines.wake_due(Moment(Instant(130.0), Timestamp(1120.0)))
    assert again.flows() == ()
