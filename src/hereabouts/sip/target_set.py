"""Whom a request for a user is sent to, in which order, and by which flow.

:rfc:`3261#section-16.5`.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Timestamp
from hereabouts.sip.feature import is_presence_agent
from hereabouts.sip.flow import Flow
from hereabouts.sip.outbound import way_to
from hereabouts.sip.registrar import Binding
from hereabouts.sip.routing import towards
from hereabouts.sip.transports import SECURE
from hereabouts.sip.uri import SipUri


class Target(msgspec.Struct, frozen=True):
    """One place that a request is sent to."""

    uri: str
    "The Request-URI that it has there."
    ways: tuple[Flow, ...]
    "Flows to it, the best first; the next is for when one is dead."
    routes: tuple[str, ...] = ()
    "The Route values that it has there."
    others: tuple[Target, ...] = ()
    "Other flows to the same device, for when this one has failed (:rfc:`5626#section-7`)."

    @property
    def secured(self) -> Target | None:
        """The same by its secure ways alone; `None`: there is none."""
        ways = tuple(way for way in self.ways if way.transport in SECURE)
        return Target(self.uri, ways, self.routes) if ways else None


def callable_contacts(bindings: Iterable[Binding], now: Timestamp) -> list[list[Binding]]:
    """The contacts of a user that take his calls, grouped by preference, the highest first.

    An agent of his presence is none, and neither is what has no SIP address.
    """
    current = [each for each in bindings if each.expires_at > now and _is_callable(each)]
    ranked = sorted(current, key=_preference, reverse=True)
    return [list(group) for _, group in groupby(ranked, key=_preference)]


def _is_callable(binding: Binding) -> bool:
    if is_presence_agent(dict(binding.parameters)):
        return False
    try:
        return SipUri.parse(binding.uri).scheme in ("sip", "sips")
    except Malformed:
        return False


def _preference(binding: Binding) -> float:
    """Its q; a contact that does not say is preferred as much as any."""
    return float(dict(binding.parameters).get("q") or 1.0)


def target_of(binding: Binding) -> Target:
    """A device: along its Path, and if it is bound by a flow, by no other than that."""
    uri = SipUri.parse(binding.uri)
    if binding.path or binding.reg_id:
        way = way_to(binding)
        return Target(binding.uri, (way.flow,), way.routes)
    return Target(binding.uri, ways(binding.flow, uri))


def ways(flow: Flow, uri: SipUri) -> tuple[Flow, ...]:
    """The flows to a contact that was made known by `flow`, the best first.

    It is reached by its connection, and by its own address only where that is the machine which
    it has made itself known from: behind NAT its address says nothing, and whoever names somebody
    else's does not have us send him anything.
    """
    is_its_own = uri.host.strip("[]") == flow.host
    if not is_its_own:
        return (flow,)
    direct = towards(msgspec.structs.replace(flow, connection=0), uri)
    return tuple(dict.fromkeys((flow, direct))) if flow.is_reliable else (direct,)


def is_same_device(bound: str, uri: SipUri) -> bool:
    """Whether a contact that is bound is that of the device with this URI."""
    try:
        one = SipUri.parse(bound)
    except Malformed:
        return False
    return (one.user, one.host, one.port) == (uri.user, uri.host, uri.port)
