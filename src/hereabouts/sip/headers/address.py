"""From, To, Contact, Route: an address with header parameters (:rfc:`3261#section-20.10`)."""

from __future__ import annotations

import re

import msgspec

from hereabouts.native.choice import messages as native
from hereabouts.sip.parameters import (
    MalformedHeader,
    Parameters,
    parse_parameters,
    split_values,
    write_parameters,
)
from hereabouts.sip.uri import SipUri

# Every run of characters ends where the next must begin: nothing is searched twice, whatever
# is in it. Spaces around the parts are stripped afterwards.
_NAME_ADDR = re.compile(
    r'(?P<display>"(?:[^"\\]|\\.)*"\s*|[^"<,]*)<(?P<uri>[^>]*)>\s*(?P<parameters>(?:;.*)?)',
    re.DOTALL,
)
_UNBRACKETED = re.compile(r"[?,]")
_ODD = re.compile(r'[ \t\r\n"<>]')


class Address(msgspec.Struct, frozen=True, gc=False):
    """A URI with the display name and the header parameters around it."""

    uri: str
    "The URI as it stood, without angle brackets; `SipUri.parse` says what it means."
    parameters: Parameters
    display: str = ""
    "The display name as it stood, quotes included."

    @classmethod
    def parse(cls, text: str) -> Address:
        """The address that `text` spells.

        Without angle brackets all parameters are the header's, and the URI has neither comma
        nor question mark (:rfc:`3261#section-20`).

        Raises:
            MalformedHeader: there is no URI, or what surrounds it breaks the grammar.
        """
        if native is not None and (usual := native.address(text)):
            return cls(*usual)
        text = text.strip()
        if "<" not in text:
            uri, semicolon, parameters = text.partition(";")
            if _UNBRACKETED.search(uri):
                raise MalformedHeader(f"{uri[:80]!r} must stand in angle brackets")
            return _address(uri.strip(), parse_parameters(semicolon + parameters), "")
        found = _NAME_ADDR.fullmatch(text)
        if not found:
            raise MalformedHeader(f"{text[:80]!r} is not an address")
        display, uri, parameters = found.groups()
        return _address(uri.strip(), parse_parameters(parameters), display.strip())

    @property
    def tag(self) -> str | None:
        """The dialog tag, if there is one."""
        return self.parameters.get("tag") or None

    @property
    def sip_uri(self) -> SipUri:
        """The URI, understood.

        Raises:
            MalformedUri: it is not a SIP URI.
        """
        return SipUri.parse(self.uri)

    def __str__(self) -> str:
        display = f"{self.display} " if self.display else ""
        return f"{display}<{self.uri}>{write_parameters(self.parameters)}"


def parse_addresses(rows: list[str]) -> list[Address]:
    """The addresses in all rows of a header such as Contact or Route, in order.

    Raises:
        MalformedHeader: one of them is none.
    """
    if len(rows) == 1 and "," not in rows[0]:
        return [Address.parse(rows[0])]
    return [Address.parse(value) for row in rows for value in split_values(row)]


def _address(uri: str, parameters: Parameters, display: str) -> Address:
    if not uri or _ODD.search(uri):
        raise MalformedHeader(f"{uri[:80]!r} is not a URI")
    return Address(uri, parameters, display)
