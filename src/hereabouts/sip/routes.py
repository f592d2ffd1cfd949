"""Where requests for others go: the servers that an operator has named, and nobody else."""

from __future__ import annotations

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.sip.headers.address import Address
from hereabouts.sip.headers.via import DEFAULT_PORT
from hereabouts.sip.transports import SECURE, transport_of
from hereabouts.sip.uri import SipUri


class NextHop(msgspec.Struct, frozen=True):
    """A server, by its transport and address."""

    transport: str
    host: str
    port: int
    domain: str = ""
    "Of a server by TLS: the domain that its certificate must speak for; empty: its host."

    @property
    def place(self) -> tuple[str, str, int]:
        """Where it is, whoever it is."""
        return self.transport, self.host, self.port

    @classmethod
    def of(cls, uri: SipUri) -> NextHop:
        """The server that a URI leads to."""
        transport = transport_of(uri)
        port = uri.port or DEFAULT_PORT.get(transport, 5060)
        return cls(transport, uri.host.strip("[]"), port)


class Routes(msgspec.Struct, frozen=True):
    """All servers that requests are passed on to."""

    peers: dict[str, tuple[NextHop, ...]] = {}
    "The servers of other domains, by domain."
    outbound: NextHop | None = None
    "The server for everything that is for no domain named otherwise."
    presence: NextHop | None = None
    "The server that presentities of ours have their agents on."

    def to(self, uri: SipUri, routes: tuple[str, ...] = ()) -> tuple[NextHop, ...]:
        """Where a request for a stranger goes, the first choice first; nowhere: it is refused.

        A route that its sender has written is followed only to one of our peers, and what is for a
        `sips` address goes by TLS alone (:rfc:`3261#section-26.2.2`).
        """
        if routes:
            first = _first(routes)
            hops = tuple(hop for hop in self._known if first and hop.place == first.place)
        else:
            hops = self.peers.get(uri.host) or ((self.outbound,) if self.outbound else ())
        return tuple(hop for hop in hops if hop.transport in SECURE or uri.scheme != "sips")

    def decides(self, uri: SipUri, routes: tuple[str, ...] = ()) -> bool:
        """Whether an operator has said where a request for a stranger goes, if anywhere."""
        return self.outbound is not None or (not routes and uri.host in self.peers)

    def known(self, hop: NextHop) -> NextHop:
        """The server that is at this place as the operator has named it; else the hop itself."""
        presence = {self.presence} if self.presence else set()
        named = (each for each in self._known | presence if each.place == hop.place)
        return next(named, hop)

    @property
    def _known(self) -> set[NextHop]:
        known = {hop for hops in self.peers.values() for hop in hops}
        return known | ({self.outbound} if self.outbound else set())

    @property
    def trusted(self) -> frozenset[str]:
        """The addresses of servers that may be told who somebody is (:rfc:`3325#section-5`)."""
        presence = {self.presence} if self.presence else set()
        return frozenset(hop.host for hop in self._known | presence)


def _first(routes: tuple[str, ...]) -> NextHop | None:
    try:
        return NextHop.of(Address.parse(routes[0]).sip_uri)
    except Malformed:
        return None
