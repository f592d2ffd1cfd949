"""The ways to a watcher: in which order, and which are none."""

from __future__ import annotations

import msgspec

from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.presence.relay import Relay
from hereabouts.roles.build import finish
from hereabouts.roles.ways import is_another, ways_to_watcher
from hereabouts.sip.flow import WITHIN, Flow
from hereabouts.sip.rates import Rate
from hereabouts.sip.registrar import KIND, Binding, Bindings
from hereabouts.sip.sources import Allowance, Sources
from hereabouts.storage.memory import MemoryStore
from tests.presence.test_relay import FLOW, WATCHER, begun

NOW = Moment(Instant(1.0), Timestamp(1000.0))
NEWER = Flow("TCP", "192.0.2.7", 40_009, "192.0.2.11:5060", 1, 9)
CONTACT = Flow("UDP", "192.0.2.7", 5060, "192.0.2.11:5060", 1)


def ways(*bound: tuple[str, Flow], **changes: object) -> tuple[Flow, ...]:
    store = MemoryStore()
    if bound:
        contacts = tuple(Binding(uri, (), Timestamp(2000.0), "c", 1, flow) for uri, flow in bound)
        finish(store.put((KIND, WATCHER, ""), Bindings(Timestamp(2000.0), contacts), None))
    relay = msgspec.structs.replace(begun(), **changes)
    assert isinstance(relay, Relay)
    found: tuple[Flow, ...] = finish(ways_to_watcher(store, relay, NOW))
    return found


def test_his_connection_is_the_first_and_his_contact_the_last() -> None:
    assert ways() == (FLOW, CONTACT)


def test_the_connection_that_the_same_device_has_registered_by_comes_between() -> None:
    other = Flow("TCP", "192.0.2.8", 40_010, "192.0.2.11:5060", 1, 10)
    udp = Flow("UDP", "192.0.2.7", 5070, "192.0.2.11:5060")
    bound = (("sip:w@192.0.2.7", NEWER), ("sip:w@192.0.2.8", other), ("tel:1", other))
    assert ways(*bound, ("sip:w@192.0.2.7", udp)) == (FLOW, NEWER, CONTACT)


def test_a_route_is_the_way_where_servers_stand_between() -> None:
    by_route = ways(watcher_route=("<sip:token@192.0.2.99;transport=tcp;lr>",))
    assert by_route == (FLOW, Flow("TCP", "192.0.2.99", 5060, "192.0.2.11:5060", 1))


def test_one_who_speaks_datagrams_has_no_connection_to_look_for() -> None:
    assert ways(("sip:w@192.0.2.7", NEWER), watcher_flow=CONTACT) == (CONTACT,)


def test_a_contact_that_is_no_place_is_no_way() -> None:
    """An agent within the node, or a phone in a browser."""
    inside = {"watcher_flow": WITHIN, "watcher_contact": "sip:within.invalid:5060;transport=local"}
    assert ways(**inside) == (WITHIN,)


def test_the_next_way_leads_elsewhere_no_oftener_than_a_stranger_may_be_told() -> None:
    sources = Sources(Allowance(strange_targets=Rate(1.0, 2)))
    flows = (FLOW, msgspec.structs.replace(CONTACT, host="192.0.2.99"))
    assert [is_another(flows, 0, sources, NOW) for _ in range(3)] == [True, True, False]


def test_the_next_way_to_the_same_host_is_free_and_after_the_last_there_is_none() -> None:
    sources = Sources(Allowance(strange_targets=Rate(1.0, 1)))
    flows = (FLOW, CONTACT)
    assert all(is_another(flows, 0, sources, NOW) for _ in range(9))
    assert not is_another(flows, 1, sources, NOW)
