"""Keep-alives on a SIP port for datagrams: STUN Binding, and nothing else of STUN.

:rfc:`5626#section-8`, :rfc:`5389#section-6`, :rfc:`5389#section-15.2`.
"""

from __future__ import annotations

import ipaddress
import struct

import msgspec

from hereabouts.base.refusal import Malformed

REQUEST, SUCCESS, ERROR = 0x0001, 0x0101, 0x0111
"Binding, as a request, a response, and a response that says what is wrong."

TRANSACTION_LENGTH = 12
"Bytes that name a request."

FIRST_BYTES = frozenset({b"\0", b"\1"})
"How a STUN message begins, and no SIP message does (:rfc:`5626#section-8`)."

_COOKIE = 0x2112A442
_HEADER = struct.Struct("!HHI12s")
_ERROR_CODE, _UNKNOWN, _XOR_MAPPED = 0x0009, 0x000A, 0x0020
_UNDERSTOOD = frozenset({0x0006, 0x0008, 0x0009, 0x000A, 0x0014, 0x0015, _XOR_MAPPED, 0x0001})
"""Attributes whose number says that they must be understood, and are: USERNAME, MESSAGE-INTEGRITY,
REALM and NONCE, which nobody is asked for here, and those of answers."""
_OPTIONAL = 0x8000
"From here on an attribute may be ignored."


class MalformedStun(Malformed):
    """Bytes that are no STUN message."""


class Message(msgspec.Struct, frozen=True):
    """A STUN message."""

    kind: int
    transaction: bytes
    attributes: tuple[tuple[int, bytes], ...] = ()

    @property
    def unknown(self) -> list[int]:
        """The attributes that it would have to be understood by, and are not."""
        return [each for each, _ in self.attributes if each < _OPTIONAL and each not in _UNDERSTOOD]

    @property
    def mapped(self) -> tuple[str, int] | None:
        """The address and port that an answer says its request came from."""
        for attribute, value in self.attributes:
            if attribute == _XOR_MAPPED:
                return _unmasked(value, self.transaction)
        return None


def read(packet: bytes) -> Message:
    """The message in a datagram.

    Raises:
        MalformedStun: there is none.
    """
    if len(packet) < _HEADER.size:
        raise MalformedStun("it is shorter than a header")
    kind, length, cookie, transaction = _HEADER.unpack_from(packet)
    if cookie != _COOKIE or kind >= 0x4000 or length % 4 or length != len(packet) - _HEADER.size:
        raise MalformedStun("it is no STUN message, or of another length")
    return Message(kind, transaction, _attributes(packet[_HEADER.size :]))


def _attributes(rest: bytes) -> tuple[tuple[int, bytes], ...]:
    found = []
    while rest:
        attribute, length = struct.unpack_from("!HH", rest)
        padded = length + -length % 4
        if len(rest) < 4 + padded:
            raise MalformedStun("an attribute runs past the end")
        found.append((attribute, rest[4 : 4 + length]))
        rest = rest[4 + padded :]
    return tuple(found)


def write(message: Message) -> bytes:
    """The bytes of a message."""
    body = b"".join(
        struct.pack("!HH", attribute, len(value)) + value + bytes(-len(value) % 4)
        for attribute, value in message.attributes
    )
    return _HEADER.pack(message.kind, len(body), _COOKIE, message.transaction) + body


def binding_request(transaction: bytes) -> bytes:
    """A keep-alive; it needs no attributes."""
    return write(Message(REQUEST, transaction))


def answer(packet: bytes, host: str, port: int) -> bytes | None:
    """What to send back to a peer at this address; `None`: nothing.

    Only a Binding request is answered; all else is somebody's mistake, or meant to have us talk.
    """
    try:
        message = read(packet)
        if message.kind != REQUEST:
            return None
        unknown = message.unknown
        if unknown:
            return write(Message(ERROR, message.transaction, _refusal(unknown)))
        masked = _masked(host, port, message.transaction)
    except (MalformedStun, ValueError):  # what is no STUN, or from an address that is none
        return None
    return write(Message(SUCCESS, message.transaction, ((_XOR_MAPPED, masked),)))


def _refusal(unknown: list[int]) -> tuple[tuple[int, bytes], ...]:
    """420, and what is not understood (:rfc:`5389#section-7.3.1`)."""
    numbers = struct.pack(f"!{len(unknown)}H", *unknown)
    return ((_ERROR_CODE, b"\0\0\x04\x14Unknown Attribute"), (_UNKNOWN, numbers))


def _masked(host: str, port: int, transaction: bytes) -> bytes:
    """The value of XOR-MAPPED-ADDRESS (:rfc:`5389#section-15.2`)."""
    address = ipaddress.ip_address(host.partition("%")[0])
    family = 1 if address.version == 4 else 2
    head = struct.pack("!BBH", 0, family, port ^ (_COOKIE >> 16))
    return head + _xored(address.packed, transaction)


def _unmasked(value: bytes, transaction: bytes) -> tuple[str, int] | None:
    if len(value) not in (8, 20):
        return None
    _, family, port = struct.unpack_from("!BBH", value)
    packed = _xored(value[4:], transaction)
    if family != {8: 1, 20: 2}[len(value)]:
        return None
    return str(ipaddress.ip_address(packed)), port ^ (_COOKIE >> 16)


def _xored(packed: bytes, transaction: bytes) -> bytes:
    key = struct.pack("!I", _COOKIE) + transaction
    return bytes(one ^ other for one, other in zip(packed, key, strict=False))
