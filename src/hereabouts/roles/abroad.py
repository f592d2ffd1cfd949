"""Where requests for other domains go: the servers that an operator has named, else the DNS.

What the operator says is final. Where he says nothing, and the DNS is asked at all, a domain says
itself where its servers are (:rfc:`3263`).
"""

from __future__ import annotations

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Instant, Moment, Seconds
from hereabouts.roles.locating import Locating
from hereabouts.roles.passing import Passing
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.destination import Destination
from hereabouts.sip.domains import NotServed
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.address import Address
from hereabouts.sip.routes import NextHop, Routes
from hereabouts.sip.targets import Target
from hereabouts.sip.transports import SECURE
from hereabouts.sip.uri import SipUri

MOST_SILENT = 1_000
"Servers of which we know that they were silent."

LAST = Seconds(120.0)
"How long a server that was silent is tried after all others of its domain."


class Abroad:
    """The ways to other domains; without `locating` those alone that the operator has named."""

    def __init__(self, routes: Routes, passing: Passing, locating: Locating | None = None) -> None:
        self._routes = routes
        self._passing = passing
        self._locating = locating
        self._silent: dict[tuple[str, str, int], Instant] = {}

    @property
    def is_anywhere(self) -> bool:
        """Whether there may be a way to any other domain."""
        return bool(self._routes.peers or self._routes.outbound or self._locating)

    def may_reach(self, uri: SipUri, routes: tuple[str, ...]) -> bool:
        """Whether there may be a way to a stranger; nobody is asked."""
        is_named = bool(self._routes.to(uri, routes))
        return is_named or (self._locating is not None and not self._routes.decides(uri, routes))

    async def flows(self, uri: SipUri, routes: tuple[str, ...], now: Moment) -> tuple[Flow, ...]:
        """The flows to a stranger's server, the best first; at least one.

        Raises:
            NotServed: there is no way to him.
            BadRequest: the first Route is none.
            NoSuchServer: his domain has no server, or none that we can reach.
            NameServersSilent: the DNS does not say where they are.
        """
        named = self._routes.to(uri, routes)
        if named:
            return tuple(map(self._passing.reach, named))
        if self._locating is None or self._routes.decides(uri, routes):
            raise NotServed(f"{uri.host} is not served here, and there is no way to it")
        targets = await self._locating.locate(_destination(uri, routes), now)
        flows = tuple(map(self._reached, targets))
        return tuple(sorted(flows, key=lambda flow: self._is_silent(flow, now)))

    async def within(self, hop: SipUri, domain: str, now: Moment) -> Flow:
        """The flow for a request inside of a dialog with somebody of `domain`, along its route.

        A number says nothing about whose it is: by TLS the domain itself has to be proved there.

        Raises:
            NoSuchServer, NameServersSilent: as `flows`.
        """
        next_hop, destination = NextHop.of(hop), Destination.of(hop)
        if self._locating is None or self._routes.known(next_hop).domain:
            return self._passing.reach(next_hop)
        if not destination.is_numeric:
            targets = await self._locating.locate(destination, now)
            return self._reached(targets[0])
        proved = domain if next_hop.transport in SECURE else ""
        return self._passing.reach(msgspec.structs.replace(next_hop, domain=proved))

    def was_silent(self, flow: Flow, now: Moment) -> None:
        """Have a server that has not answered tried last for a while.

        Whoever has asked does not wait any more by then: another server is for those after him.
        """
        place = _place(flow)
        self._silent.pop(place, None)
        if len(self._silent) >= MOST_SILENT:
            del self._silent[next(iter(self._silent))]
        self._silent[place] = Instant(now.instant + LAST)

    def _is_silent(self, flow: Flow, now: Moment) -> bool:
        return self._silent.get(_place(flow), now.instant) > now.instant

    def _reached(self, target: Target) -> Flow:
        domain = target.domain if target.transport in SECURE else ""
        return self._passing.reach(NextHop(target.transport, target.host, target.port, domain))


def _place(flow: Flow) -> tuple[str, str, int]:
    return flow.transport, flow.host, flow.port


def _destination(uri: SipUri, routes: tuple[str, ...]) -> Destination:
    """The server that a request is to be sent to; what is for a `sips` address goes by TLS."""
    try:
        first = Address.parse(routes[0]).sip_uri if routes else uri
    except Malformed as fault:
        raise BadRequest(str(fault)) from None
    found = Destination.of(first)
    return msgspec.structs.replace(found, is_secure=found.is_secure or uri.scheme == "sips")
