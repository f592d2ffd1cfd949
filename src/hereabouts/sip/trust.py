"""Which servers are believed who somebody is: P-Asserted-Identity (:rfc:`3325#section-5`)."""

from __future__ import annotations

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.sip.domains import Domains
from hereabouts.sip.flow import LOCAL, Flow
from hereabouts.sip.headers.address import Address, parse_addresses
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.message import Request
from hereabouts.sip.transports import WEB
from hereabouts.sip.uri import SipUri


class Trust(msgspec.Struct, frozen=True):
    """Who is believed, by the address that he comes from or by his certificate."""

    domains: dict[str, frozenset[str]] = {}
    "By address: the domains whose users it may speak for."
    everything: frozenset[str] = frozenset()
    "Addresses that may speak for anybody: servers of our own domains."
    streams_only: frozenset[str] = frozenset()
    """Addresses believed on a connection alone: a datagram comes from wherever its sender says."""
    certified: frozenset[str] = frozenset()
    "Domains whose servers are believed by their certificates, wherever they are."
    own: frozenset[str] = frozenset()
    "Those of them that are ours: their servers may speak for anybody."
    believes_strangers: bool = False
    "Whether the servers of any other domain are believed by their certificates as well."

    def identity(self, incoming: Incoming, domains: Domains) -> str | None:
        """The address-of-record that a sender who is believed vouches for; `None`: nobody does."""
        sender = incoming.sender
        if sender.transport == LOCAL:
            return _of(asserted(incoming.request) or _from(incoming.request), domains)
        if "p-asserted-identity" not in incoming.request.headers:
            return None
        uri = asserted(incoming.request)
        if uri is None or not self._believes(sender, uri, domains):
            return None
        return _of(uri, domains)

    def claimed(self, incoming: Incoming, domains: Domains) -> str | None:
        """The address in From, if the sender may speak for whoever it is; `None`: he may not.

        For what a server passes on without an identity, as many do with calls.
        """
        sender, uri = incoming.sender, _from(incoming.request)
        if uri is None or not self._believes(sender, uri, domains):
            return None
        return _of(uri, domains)

    def _believes(self, sender: Flow, uri: SipUri, domains: Domains) -> bool:
        """Whether who sent by this flow may speak for a user."""
        home = domains.home(uri)
        domain = home or uri.host
        if self.believes_strangers and home is None and domain in sender.certified:
            return True
        proved = self.certified.intersection(sender.certified)
        if domain in proved or proved & self.own:
            return True
        if sender.transport in WEB:  # any page that somebody looks at on that machine may send
            return False
        if sender.host in self.streams_only and not sender.is_reliable:
            return False
        return sender.host in self.everything or domain in self.domains.get(sender.host, ())


def is_told(flow: Flow, request: Request, trusted: frozenset[str]) -> bool:
    """Whether the server at the end of a flow is told who sends a request.

    Those at `trusted` addresses are. Any other is where it has to prove its domain, as nobody else
    can listen then, unless the sender asks that it be not (:rfc:`3325#section-7`).
    """
    if flow.host in trusted:
        return True
    return bool(flow.domain) and flow.is_secure and not hides_identity(request)


def hides_identity(request: Request) -> bool:
    """Whether a sender asks that nobody be told who he is but those who are trusted (section 9.3).

    `Privacy: id`; other kinds of privacy concern others than us.
    """
    words = (word for row in request.headers.get("privacy", ()) for word in row.split(";"))
    return any(word.strip().lower() == "id" for word in words)


def _of(uri: SipUri | None, domains: Domains) -> str | None:
    return None if uri is None else domains.canonical(uri)


def _from(request: Request) -> SipUri | None:
    try:
        return Address.parse(request.headers["from"][0]).sip_uri
    except Malformed:
        return None


def asserted(request: Request) -> SipUri | None:
    """The one SIP identity that P-Asserted-Identity names, if it names one.

    A telephone number may stand beside it (:rfc:`3325#section-9.1`).
    """
    try:
        asserted = parse_addresses(request.headers.get("p-asserted-identity", []))
    except Malformed:
        return None
    found = [each.uri for each in asserted if each.uri.lower().startswith(("sip:", "sips:"))]
    try:
        return SipUri.parse(found[0]) if len(found) == 1 else None
    except Malformed:
        return None
