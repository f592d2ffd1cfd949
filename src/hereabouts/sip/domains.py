"""Whose users are ours: the domains served, and the other names that the first of them has."""

from __future__ import annotations

import msgspec

from hereabouts.base.refusal import Refusal
from hereabouts.sip.uri import SipUri


class NotServed(Refusal):
    """The address is of a domain that is not ours, and we relay for nobody."""

    status = 404


class Domains(msgspec.Struct, frozen=True):
    """The domains of a server."""

    names: tuple[str, ...]
    aliases: frozenset[str] = frozenset()
    "Hosts that mean the first domain: the addresses we listen at, and what the operator adds."

    def home(self, uri: SipUri) -> str | None:
        """The domain of ours that an address is of; `None`: it is a stranger's."""
        if uri.host in self.names:
            return uri.host
        return self.names[0] if uri.host in self.aliases else None

    def serves(self, address_of_record: str) -> bool:
        """Whether this is an address of a domain of ours."""
        return address_of_record.rpartition("@")[2] in self.names

    def address_of_record(self, uri: SipUri) -> str | None:
        """The canonical address of our user, `sip:user@domain`; a stranger's is `None`."""
        return self.canonical(uri) if self.home(uri) is not None else None

    def canonical(self, uri: SipUri) -> str:
        """The canonical address of anybody, our user or a stranger."""
        if uri.host in self.aliases and uri.host not in self.names:
            return uri.address_of_record[: -len(uri.host)] + self.names[0]
        return uri.address_of_record

    def own(self, uri: SipUri) -> str:
        """The canonical address of our user.

        Raises:
            NotServed: it is not of our domains.
        """
        if uri.host in self.names:
            return uri.address_of_record
        address = self.address_of_record(uri)
        if address is None:
            raise NotServed(f"{uri.host} is not served here")
        return address

    def meant(self, text: str) -> str:
        """The address-of-record that a person means: `alice`, `alice@example.com`, `sip:…`.

        Raises:
            Malformed: it is none.
        """
        if "@" not in text:
            text = f"{text}@{self.names[0]}"
        uri = SipUri.parse(text if ":" in text.partition("@")[0] else f"sip:{text}")
        return self.canonical(uri)
