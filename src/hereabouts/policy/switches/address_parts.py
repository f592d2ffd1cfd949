"""The parts of an address that scripts look at, and how each compares (:rfc:`3880#section-4.1`)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import unquote

import msgspec

from hereabouts.policy.switches.comparison import Operator, caseless
from hereabouts.sip.headers.address import Address
from hereabouts.sip.uri import MalformedUri, SipUri

Compare = Callable[[str, str], bool]
"Whether the operand, first, fits the value, second; both in comparable form."

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_SEPARATORS = re.compile(r"[\-.() ]")  # RFC 3966 section 3, and the space that RFC 3880 shows
_QUOTED = re.compile(r"\\(.)", re.DOTALL)


class Part(msgspec.Struct, frozen=True):
    """One part of an address: how it is found, and how it compares."""

    of: Callable[[Address], str | None]
    "The part in comparable form; `None`: the address has none."
    comparable: Callable[[str], str | None]
    "The comparable form of what a script says; `None`: no such part can look like that."
    operators: dict[Operator, Compare]
    is_secret: bool = False
    "Whether it must not show in a trace."


def same(operand: str, value: str) -> bool:
    """Whether both are the same text."""
    return operand == value


def contains(operand: str, value: str) -> bool:
    """Whether the value has the operand in it."""
    return operand in value


def starts(operand: str, value: str) -> bool:
    """Whether the value begins with the operand."""
    return value.startswith(operand)


def same_uri(operand: str, value: str) -> bool:
    """Whether both URIs name the same (:rfc:`3261#section-19.1.4`); tel by its number alone."""
    one, other = _sip(operand), _sip(value)
    if one is not None and other is not None:
        return one.equals(other)
    if one is not None or other is not None or _scheme(operand) != _scheme(value):
        return False
    if _scheme(operand) == "tel":
        return _number(operand[4:]) == _number(value[4:])
    return operand.partition(":")[2] == value.partition(":")[2]


def within(operand: str, value: str) -> bool:
    """Whether the host `value` is `operand` or, both being names, below it."""
    if value == operand:
        return True
    return not (_is_ip(operand) or _is_ip(value)) and value.endswith(f".{operand}")


def _sip(uri: str) -> SipUri | None:
    try:
        return SipUri.parse(uri)
    except MalformedUri:
        return None


def _scheme(uri: str) -> str:
    found = _SCHEME.match(uri)
    return found[1].lower() if found else ""


def _number(subscriber: str) -> str:
    """A telephone number without what only makes it readable, and without its parameters."""
    return _SEPARATORS.sub("", unquote(subscriber).partition(";")[0]).upper()


def _is_ip(host: str) -> bool:
    return ":" in host or _ip(host) is not None


def _ip(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host.removeprefix("[").removesuffix("]")))
    except ValueError:
        return None


def _host(host: str) -> str | None:
    """A host as it is compared: an IP address by its number, a name without case."""
    return _ip(host) or host.lstrip(".").lower() or None


def _port(text: str) -> str | None:
    return str(int(text)) if re.fullmatch(r"0*[0-9]{1,5}", text, re.ASCII) else None


def _whole(uri: str) -> str | None:
    return uri if _SCHEME.match(uri) and (_sip(uri) or _is_other(uri)) else None


def _is_other(uri: str) -> bool:
    """Whether it is a URI of a scheme that has no rules of its own here."""
    return _scheme(uri) not in ("sip", "sips", "pres")


def _user_of(address: Address) -> str | None:
    uri = _sip(address.uri)
    if uri is not None:
        return None if uri.user is None else unquote(uri.user)
    return _tel_of(address)


def _host_of(address: Address) -> str | None:
    uri = _sip(address.uri)
    return _host(uri.host) if uri else None


def _port_of(address: Address) -> str | None:
    uri = _sip(address.uri)
    return str(uri.port) if uri and uri.port is not None else None


def _password_of(address: Address) -> str | None:
    uri = _sip(address.uri)
    return (uri.password or None) if uri else None


def _tel_of(address: Address) -> str | None:
    """The number of a tel URI, or of a SIP URI that says `user=phone`."""
    if _scheme(address.uri) == "tel":
        return _number(address.uri[4:]) or None
    uri = _sip(address.uri)
    if uri is None or uri.user is None or (uri.parameters.get("user") or "").lower() != "phone":
        return None
    return _number(uri.user) or None


def _display_of(address: Address) -> str | None:
    text = address.display
    if text.startswith('"'):
        text = _QUOTED.sub(r"\1", text.removeprefix('"').removesuffix('"'))
    return caseless(text) or None


def _absent(_address: Address) -> None:
    return None


_IS: dict[Operator, Compare] = {Operator.IS: same}

WHOLE = Part(lambda address: address.uri or None, _whole, {Operator.IS: same_uri})
"The address itself."

PARTS: dict[str, Part] = {
    "address-type": Part(lambda address: _scheme(address.uri) or None, str.lower, _IS),
    "user": Part(_user_of, unquote, _IS),
    "host": Part(_host_of, _host, {Operator.IS: same, Operator.SUBDOMAIN_OF: within}),
    "port": Part(_port_of, _port, _IS),
    "tel": Part(
        _tel_of,
        lambda text: _number(text) or None,
        {Operator.IS: same, Operator.SUBDOMAIN_OF: starts},
    ),
    "display": Part(_display_of, caseless, {Operator.IS: same, Operator.CONTAINS: contains}),
    "password": Part(_password_of, lambda text: text, _IS, is_secret=True),
    # A notion of H.323, which no SIP address has.
    "alias-type": Part(_absent, lambda text: text, _IS),
}
"By the name of the subfield."
