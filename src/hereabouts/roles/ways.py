"""The ways to a watcher whose NOTIFYs pass by here."""

from __future__ import annotations

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Moment, Timestamp
from hereabouts.presence.relay import Relay
from hereabouts.sip.flow import Flow
from hereabouts.sip.registrar import KIND, Bindings
from hereabouts.sip.routing import towards
from hereabouts.sip.sources import Sources
from hereabouts.sip.uri import SipUri
from hereabouts.storage.interface import Store


async def ways_to_watcher(store: Store, relay: Relay, now: Moment) -> tuple[Flow, ...]:
    """The ways to a watcher, the best first: his flow, his registration's, his Contact."""
    flow, hop = relay.watcher_flow, relay.dialog.next_hop
    flows = [flow]
    if flow.is_reliable:
        flows += await _registered(store, relay, now.timestamp)
    if not hop.host.endswith(".invalid"):
        flows.append(towards(msgspec.structs.replace(flow, host="", connection=0), hop))
    return tuple(dict.fromkeys(flows))


def is_another(flows: tuple[Flow, ...], attempt: int, sources: Sources, now: Moment) -> bool:
    """Whether, after the way of this attempt has failed, the next may be tried; it is counted.

    A watcher who has hung up may have named somebody else as the way to him.
    """
    if attempt + 1 == len(flows):
        return False
    return sources.may_be_told(flows[attempt], flows[attempt + 1], now.instant)


async def _registered(store: Store, relay: Relay, now: Timestamp) -> list[Flow]:
    """The flows by which this very device of the watcher is registered."""
    entry = await store.get((KIND, relay.watcher, ""), now)
    if entry is None:
        return []
    assert isinstance(entry.record, Bindings)
    contact = SipUri.parse(relay.watcher_contact)
    bound = [each for each in entry.record.current(now) if _is_same(each.uri, contact)]
    return [each.flow for each in bound if each.flow.is_reliable]


def _is_same(bound: str, contact: SipUri) -> bool:
    """Whether a binding is of the device with this Contact."""
    try:
        uri = SipUri.parse(bound)
    except Malformed:
        return False
    return (uri.user, uri.host, uri.port) == (contact.user, contact.host, contact.port)
