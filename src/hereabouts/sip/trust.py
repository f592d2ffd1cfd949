"""Which servers are believed who somebody is: P-Asserted-Identity (:rfc:`3325#section-5`)."""

from __future__ import annotations

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.sip.domains import Domains
from hereabouts.sip.endpoint import Incoming
from hereabouts.sip.flow import LOCAL
from hereabouts.sip.headers.address import Address, parse_addresses
from hereabouts.sip.message import Request
from hereabouts.sip.uri import SipUri


class Trust(msgspec.Struct, frozen=True):
    """Who is believed, by the address that he comes from."""

    domains: dict[str, frozenset[str]] = {}
    "By address: the domains whose users it may speak for."
    everything: frozenset[str] = frozenset()
    "Addresses that may speak for anybody: servers of our own domains."
    streams_only: frozenset[str] = frozenset()
    """Addresses believed on a connection alone: a datagram comes from wherever its sender says."""

    def identity(self, incoming: Incoming, domains: Domains) -> str | None:
        """The address-of-record that a sender who is believed vouches for; `None`: nobody does."""
        sender = incoming.sender
        if sender.transport == LOCAL:
            return _of(_asserted(incoming.request) or _from(incoming.request), domains)
        if "p-asserted-identity" not in incoming.request.headers:
            return None
        uri = _asserted(incoming.request)
        if uri is None or not self.believes(sender.host, _home(uri, domains)):
            return None
        if sender.host in self.streams_only and not sender.is_reliable:
            return None
        return _of(uri, domains)

    def claimed(self, incoming: Incoming, domains: Domains) -> str | None:
        """The address in From, if the sender may speak for whoever it is; `None`: he may not.

        For what a server passes on without an identity, as many do with calls.
        """
        sender, uri = incoming.sender, _from(incoming.request)
        if uri is None or not self.believes(sender.host, _home(uri, domains)):
            return None
        if sender.host in self.streams_only and not sender.is_reliable:
            return None
        return _of(uri, domains)

    def believes(self, host: str, domain: str) -> bool:
        """Whether who comes from `host` may speak for the users of `domain`."""
        return host in self.everything or domain in self.domains.get(host, ())


def _home(uri: SipUri, domains: Domains) -> str:
    return domains.home(uri) or uri.host


def _of(uri: SipUri | None, domains: Domains) -> str | None:
    return None if uri is None else domains.address_of_record(uri) or uri.address_of_record


def _from(request: Request) -> SipUri | None:
    try:
        return Address.parse(request.headers["from"][0]).sip_uri
    except Malformed:
        return None


def _asserted(request: Request) -> SipUri | None:
    """The one SIP identity asserted; a telephone number may stand beside it (section 9.1)."""
    try:
        asserted = parse_addresses(request.headers.get("p-asserted-identity", []))
    except Malformed:
        return None
    found = [each.uri for each in asserted if each.uri.lower().startswith(("sip:", "sips:"))]
    try:
        return SipUri.parse(found[0]) if len(found) == 1 else None
    except Malformed:
        return None
