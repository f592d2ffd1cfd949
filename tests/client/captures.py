"""A reader of captures, by the book: what Wireshark would find in one."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec


class Found(msgspec.Struct, frozen=True):
    """One packet of a capture."""

    at: float
    version: int
    protocol: str
    source: bytes
    target: bytes
    ports: tuple[int, int]
    sequence: tuple[int, int] | None
    "Of TCP: its own number, and the next that it expects."
    content: bytes
    cut: int
    "How many bytes there were besides."


def packets(capture: bytes) -> list[Found]:
    """Every packet of a capture; each length and checksum in it is looked at."""
    magic, major, minor, zone, figures, longest, link = struct.unpack("<IHHiIII", capture[:24])
    assert (magic, major, minor, zone, figures, link) == (0xA1B2C3D4, 2, 4, 0, 0, 101)
    return [_packet(*record) for record in _records(capture[24:], longest)]


def _records(rest: bytes, longest: int) -> Iterator[tuple[float, bytes, int]]:
    while rest:
        seconds, microseconds, length, original = struct.unpack("<IIII", rest[:16])
        assert microseconds < 1_000_000
        assert length <= longest
        assert len(rest) >= 16 + length
        yield seconds + microseconds / 1_000_000, rest[16 : 16 + length], original - length
        rest = rest[16 + length :]


def _packet(at: float, packet: bytes, cut: int) -> Found:
    version = packet[0] >> 4
    if version == 4:
        assert packet[0] & 15 == 5
        assert struct.unpack("!H", packet[2:4])[0] == len(packet)
        assert _sum(packet[:20]) == 0xFFFF
        protocol, source, target, content = packet[9], packet[12:16], packet[16:20], packet[20:]
    else:
        assert struct.unpack("!H", packet[4:6])[0] == len(packet) - 40
        protocol, source, target, content = packet[6], packet[8:24], packet[24:40], packet[40:]
    assert _sum(source + target + struct.pack("!II", len(content), protocol) + content) == 0xFFFF
    ports: tuple[int, int] = struct.unpack("!HH", content[:4])
    if protocol == 17:
        length, checksum = struct.unpack("!HH", content[4:8])
        assert length == len(content)
        assert checksum
        return Found(at, version, "UDP", source, target, ports, None, content[8:], cut)
    assert protocol == 6
    number, expected, offset, flags = struct.unpack("!IIBB", content[4:14])
    assert (offset, flags) == (0x50, 0x18)
    said = content[20:]
    return Found(at, version, "TCP", source, target, ports, (number, expected), said, cut)


def _sum(content: bytes) -> int:
    content += b"\0" * (len(content) % 2)
    total: int = sum(struct.unpack(f"!{len(content) // 2}H", content))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total
