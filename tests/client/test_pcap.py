"""Captures: read again by a reader of our own, and by tshark."""

from __future__ import annotations

import subprocess
from ipaddress import IPv4Address, ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.units import Timestamp
from hereabouts.client import pcap
from hereabouts.client.pcap import HEADER, Capture
from hereabouts.roles.node import Way
from hereabouts.roles.tracing import Shown
from hereabouts.sip.flow import LOCAL
from tests.client.captures import Found, packets
from tests.sip.packets import request, response

AT = Timestamp(1_700_000_000.123456)


def shown(
    packet: bytes = b"packet",
    way: Way = Way.IN,
    transport: str = "UDP",
    host: str = "192.0.2.1",
    local: str = "198.51.100.1:5060",
) -> Shown:
    return Shown(1, AT, way, transport, host, 40000, local, 7, packet)


def captured(*passed: Shown) -> list[Found]:
    capture = Capture()
    return packets(HEADER + b"".join(record for each in passed for record in capture.records(each)))


def test_a_datagram_has_its_time_its_ends_and_its_content() -> None:
    [found] = captured(shown())
    assert found.at == pytest.approx(AT, abs=1e-6)
    assert (found.protocol, found.version, found.content) == ("UDP", 4, b"packet")
    assert (found.source, found.target) == (bytes([192, 0, 2, 1]), bytes([198, 51, 100, 1]))
    assert found.ports == (40000, 5060)


def test_what_leaves_goes_the_other_way() -> None:
    [found] = captured(shown(way=Way.OUT))
    assert (found.source, found.ports) == (bytes([198, 51, 100, 1]), (5060, 40000))


HERE = "198.51.100.1:5060"
NOBODY = str(IPv4Address(0))
ENDS = [
    ("192.0.2.1", HERE, "192.0.2.1", "198.51.100.1", "IPv4"),
    ("2001:db8::1", "[2001:db8::2]:5060", "2001:db8::1", "2001:db8::2", "IPv6"),
    ("fe80::1%eth0", "[fe80::2]:5060", "fe80::1", "fe80::2", "on a link"),
    ("::ffff:192.0.2.1", HERE, "192.0.2.1", "198.51.100.1", "IPv4 in IPv6"),
    ("192.0.2.1", "sip.example.com:5060", "192.0.2.1", NOBODY, "we are known by a name"),
    ("2001:db8::1", HERE, "2001:db8::1", "::", "we are known by another family"),
    ("pc.example.com", HERE, NOBODY, "198.51.100.1", "a peer known by a name"),
    ("pc.example.com", "sip.example.com:5060", NOBODY, NOBODY, "nothing but names"),
]  # fmt: skip


@pytest.mark.parametrize(
    "host, local, source, target", [row[:4] for row in ENDS], ids=[row[4] for row in ENDS]
)
def test_the_ends_are_of_one_family(host: str, local: str, source: str, target: str) -> None:
    [found] = captured(shown(host=host, local=local))
    assert (ip_address(found.source), ip_address(found.target)) == (
        ip_address(source),
        ip_address(target),
    )
    assert found.ports == (40000, 5060)


def test_an_end_without_a_port_has_none() -> None:
    [found] = captured(shown(local="pc"))
    assert found.ports == (40000, 0)


def test_streams_go_on_where_they_were() -> None:
    found = captured(
        shown(b"123", transport="TCP"),
        shown(b"12345", Way.OUT, "TCP"),
        shown(b"1", transport="TCP"),
        shown(b"1", transport="TCP", host="192.0.2.2"),
    )
    assert [each.sequence for each in found] == [(1, 1), (1, 4), (4, 6), (1, 1)]


def test_a_long_message_on_a_stream_is_in_several_segments() -> None:
    said = bytes(range(256)) * 256
    found = captured(shown(said, transport="TCP"))
    assert b"".join(each.content for each in found) == said
    assert [each.sequence and each.sequence[0] for each in found] == [
        1 + pcap.SEGMENT * number for number in range(len(found))
    ]


def test_streams_are_forgotten_when_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcap, "MOST_STREAMS", 1)
    one, other = shown(transport="TCP"), shown(transport="TCP", host="192.0.2.2")
    assert [each.sequence for each in captured(one, other, one)] == [(1, 1)] * 3


@pytest.mark.parametrize("host, local", [ENDS[0][:2], ENDS[1][:2]], ids=["IPv4", "IPv6"])
def test_a_message_longer_than_a_datagram_is_cut_and_says_so(host: str, local: str) -> None:
    [found] = captured(shown(b"x" * 70_000, transport="TLS", host=host, local=local))
    assert found.cut == 70_000 - len(found.content) > 0


@pytest.mark.parametrize("transport", ["TLS", "WS", "WSS"])
def test_what_was_inside_is_shown_as_datagrams(transport: str) -> None:
    assert captured(shown(transport=transport))[0].protocol == "UDP"


def test_what_never_left_is_left_out() -> None:
    assert captured(shown(transport=LOCAL)) == []


@given(st.binary(min_size=1), st.sampled_from(["UDP", "TCP"]), st.sampled_from(ENDS))
def test_what_we_write_can_be_read(
    said: bytes, transport: str, ends: tuple[str, str, str, str, str]
) -> None:
    [found] = captured(shown(said, transport=transport, host=ends[0], local=ends[1]))
    assert (found.content, found.protocol) == (said, transport)


@pytest.mark.needs("tshark")
@pytest.mark.interop
def test_wireshark_finds_the_messages(tmp_path: Path) -> None:
    asked = request("SUBSCRIBE", rows={"Call-ID": "one"})
    long = request("NOTIFY", rows={"Call-ID": "two"}, body=b"x" * 40_000)
    capture, file = Capture(), tmp_path / "trace.pcap"
    passed = [
        shown(asked),
        shown(response(asked), Way.OUT),
        shown(long, transport="TCP"),
        shown(asked, transport="TCP", host="2001:db8::1", local="[2001:db8::2]:5060"),
        shown(asked, transport="TLS", local="198.51.100.1:5061"),
        shown(asked, transport="WS", local="198.51.100.1:5080"),
    ]
    file.write_bytes(HEADER + b"".join(r for each in passed for r in capture.records(each)))
    wanted = ("sip.CSeq.method", "sip.Call-ID", "sip.Status-Code")
    told = tshark(file, "sip", "-T", "fields", *(word for name in wanted for word in ("-e", name)))
    assert [line.split() for line in told.splitlines()] == [
        ["SUBSCRIBE", "one"],
        ["SUBSCRIBE", "one", "200"],
        ["NOTIFY", "two"],
        *[["SUBSCRIBE", "one"]] * 3,
    ]
    sums = [f"{name}.check_checksum:TRUE" for name in ("ip", "udp", "tcp")]
    bad = [f"{name}.checksum.status == Bad" for name in ("ip", "udp", "tcp")]
    faults = " or ".join([*bad, "_ws.malformed", "tcp.analysis.lost_segment"])
    assert tshark(file, faults, *(word for each in sums for word in ("-o", each))) == ""


def tshark(file: Path, wanted: str, *options: str) -> str:
    """What it prints of the packets that are wanted."""
    command = ["tshark", "-r", str(file), "-Y", wanted, *options]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
