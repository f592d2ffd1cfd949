"""What has passed as a capture that Wireshark opens: made of the masked bytes, not of the wire.

The classic format (the Internet-Draft on PCAP, sections 4 and 5), with link type RAW: each record
is an IP packet, whose headers are made up from what is known of the flow.

- UDP: one datagram a message.
- TCP: segments with sequence numbers that go on from 1 in each direction, so that a message in
  several of them is put together again. There is no handshake in it.
- TLS and WebSocket: what was inside, as UDP between the same ends. As TCP it would be taken for the
  outside, which nobody has.
- What never left the process is left out.

An end whose address is not known, as one that is advertised by name, is 0.0.0.0 or ::.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator

import msgspec

from hereabouts.roles.node import Way
from hereabouts.roles.tracing import Shown
from hereabouts.sip.flow import LOCAL

HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 101)
"What a capture begins with: little-endian, microseconds, no packet cut above 256 KiB, RAW."

SEGMENT = 16_384
"Bytes of a message in one TCP segment."

LONGEST_DATAGRAM = 65_507 - 20  # an IPv6 header is as much longer
"Bytes of a message in one UDP datagram; what is beyond is cut, and the record says so."

MOST_STREAMS = 65_536
"Directions of connections whose sequence numbers are known; the oldest begins again."

_UDP, _TCP = 17, 6
_PUSH_AND_ACK = 0x18

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class _End(msgspec.Struct, frozen=True):
    address: Address
    port: int


class Capture:
    """Makes records of what is shown, in the order in which it comes."""

    def __init__(self) -> None:
        self._next: dict[tuple[_End, _End], int] = {}

    def records(self, shown: Shown) -> Iterator[bytes]:
        """The records of one message."""
        if shown.transport == LOCAL:
            return
        sender, receiver = _ends(shown)
        if shown.transport == "TCP":
            for start in range(0, len(shown.packet), SEGMENT):
                piece = shown.packet[start : start + SEGMENT]
                yield _record(shown.at, self._segment(sender, receiver, piece))
        else:
            said = shown.packet[:LONGEST_DATAGRAM]
            datagram = _datagram(sender, receiver, said)
            yield _record(shown.at, datagram, len(shown.packet) - len(said))

    def _segment(self, sender: _End, receiver: _End, piece: bytes) -> bytes:
        number = self._next.pop((sender, receiver), 1)
        heard = self._next.get((receiver, sender), 1)
        self._next[sender, receiver] = (number + len(piece)) % 2**32
        if len(self._next) > MOST_STREAMS:
            del self._next[next(iter(self._next))]
        head = struct.pack(
            "!HHIIBBHHH",
            sender.port,
            receiver.port,
            number,
            heard,
            5 << 4,
            _PUSH_AND_ACK,
            65535,
            0,
            0,
        )
        return _packet(sender, receiver, _TCP, head + piece, 16)


def _datagram(sender: _End, receiver: _End, said: bytes) -> bytes:
    head = struct.pack("!HHHH", sender.port, receiver.port, 8 + len(said), 0)
    return _packet(sender, receiver, _UDP, head + said, 6)


def _packet(sender: _End, receiver: _End, protocol: int, content: bytes, at: int) -> bytes:
    """An IP packet; the checksum of its content has its place `at` so many bytes."""
    source, target = sender.address.packed, receiver.address.packed
    pseudo = source + target + struct.pack("!II", len(content), protocol)
    # Of a datagram 0 would say that there is none (RFC 768).
    checksum = _checksum(pseudo + content) or 0xFFFF
    content = content[:at] + struct.pack("!H", checksum) + content[at + 2 :]
    if sender.address.version == 6:
        return struct.pack("!IHBB", 6 << 28, len(content), protocol, 64) + source + target + content
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(content), 0, 0, 64, protocol, 0)
    head += source + target
    return head[:10] + struct.pack("!H", _checksum(head)) + head[12:] + content


def _checksum(content: bytes) -> int:
    """The sum that IP, UDP and TCP share (:rfc:`1071`)."""
    content += b"\0" * (len(content) % 2)
    total: int = sum(struct.unpack(f"!{len(content) // 2}H", content))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def _record(at: float, packet: bytes, cut: int = 0) -> bytes:
    seconds, microseconds = divmod(round(at * 1_000_000), 1_000_000)
    length = len(packet)
    return struct.pack("<IIII", seconds, microseconds, length, length + cut) + packet


def _ends(shown: Shown) -> tuple[_End, _End]:
    """Sender and receiver, of one family."""
    peer = _address(shown.host)
    host, _, port = shown.local.rpartition(":")
    own = _address(host.strip("[]"))
    family = peer or own or ipaddress.IPv4Address(0)
    there = _End(peer or _nobody(family), shown.port)
    here = _End(
        own if own is not None and own.version == family.version else _nobody(family),
        int(port) if port.isdigit() else 0,
    )
    return (there, here) if shown.way is Way.IN else (here, there)


def _address(host: str) -> Address | None:
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _nobody(like: Address) -> Address:
    return type(like)(0)
