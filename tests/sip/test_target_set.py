"""Which contacts take a user's calls, in which order, and by which flow each is reached."""

from __future__ import annotations

from typing import Any

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.sip.feature import PRESENCE_AGENT
from hereabouts.sip.flow import Flow
from hereabouts.sip.registrar import Binding
from hereabouts.sip.target_set import Target, callable_contacts, is_same_device, target_of, ways
from hereabouts.sip.uri import SipUri

NOW = Timestamp(1000.0)
UDP = Flow("UDP", "192.0.2.7", 5060, "192.0.2.1:5060")
TCP = Flow("TCP", "192.0.2.7", 40_000, "192.0.2.1:5060", 1, 9)


def bound(uri: str, *parameters: tuple[str, str | None], until: float = 2000.0) -> Binding:
    return Binding(uri, parameters, Timestamp(until), "c", 1, UDP)


def test_contacts_are_grouped_by_preference() -> None:
    """RFC 3261 section 16.6: one that does not say is preferred as much as any."""
    bindings = [
        bound("sip:a@h", ("q", "0.5")),
        bound("sip:b@h"),
        bound("sip:c@h", ("q", "0.5")),
        bound("sip:d@h", ("q", "1")),
        bound("sip:e@h", ("q", "0")),
    ]
    groups = [[each.uri for each in group] for group in callable_contacts(bindings, NOW)]
    assert groups == [["sip:b@h", "sip:d@h"], ["sip:a@h", "sip:c@h"], ["sip:e@h"]]


NOT_CALLED = [
    (bound("sip:a@h", until=1000.0), "one that has expired"),
    (bound("sip:a@h", (PRESENCE_AGENT, None)), "an agent of his presence"),
    (bound("tel:1"), "a number"),
    (bound("pres:a@h"), "an address for presence alone"),
]


@pytest.mark.parametrize("binding", [r[0] for r in NOT_CALLED], ids=[r[1] for r in NOT_CALLED])
def test_what_takes_no_calls_is_left_out(binding: Binding) -> None:
    assert callable_contacts([binding], NOW) == []


REACHED = [
    (UDP, "sip:b@192.0.2.7", (UDP,), "where it has registered from"),
    (UDP, "sip:b@192.0.2.7:5070", (UDP.towards("192.0.2.7", 5070),), "another port of it"),
    (UDP, "sip:b@10.0.0.7:5070", (UDP,), "behind NAT its own address says nothing"),
    (UDP, "sip:b@198.51.100.9", (UDP,), "and neither does somebody else's"),
    (UDP, "sip:b@x.invalid", (UDP,), "or none"),
    (TCP, "sip:b@192.0.2.7;transport=tcp", (TCP, TCP.towards("192.0.2.7", 5060)),
     "its connection, else a new one to where it listens"),
    (TCP, "sip:b@10.0.0.7;transport=tcp", (TCP,), "its connection alone"),
    (Flow("UDP", "2001:db8::7", 5060, "x"), "sip:b@[2001:db8::7]:5062",
     (Flow("UDP", "2001:db8::7", 5062, "x"),), "by IPv6"),
]  # fmt: skip


@pytest.mark.parametrize(
    "flow, uri, expected", [row[:3] for row in REACHED], ids=[row[3] for row in REACHED]
)
def test_a_device_is_reached_where_it_is(flow: Flow, uri: str, expected: tuple[Flow, ...]) -> None:
    """No reflection towards a forged Contact."""
    assert ways(flow, SipUri.parse(uri)) == expected


SAME = [
    ("sip:b@h:5070", True, "the very same"),
    ("sip:b@h:5070;transport=tcp;x=y", True, "parameters do not count"),
    ("sip:b@h", False, "another port"),
    ("sip:c@h:5070", False, "another user"),
    ("tel:1", False, "no SIP address"),
]


@pytest.mark.parametrize("uri, is_same", [row[:2] for row in SAME], ids=[row[2] for row in SAME])
def test_a_device_is_known_by_its_contact(uri: str, *, is_same: bool) -> None:
    assert is_same_device(uri, SipUri.parse("sip:b@h:5070")) is is_same


def test_a_sips_address_is_reached_by_secure_ways_alone() -> None:
    tls = Flow("TLS", "192.0.2.7", 40_000, "192.0.2.1:5061", 2, 9)
    assert Target("sips:b@h", (TCP, tls, UDP), ("<sips:r;lr>",)).secured == Target(
        "sips:b@h", (tls,), ("<sips:r;lr>",)
    )
    assert Target("sips:b@h", (TCP, UDP)).secured is None


PATH = ("<sip:edge@192.0.2.7:5070;lr;ob>",)
TARGETS = [
    ({}, (TCP, TCP.towards("192.0.2.7", 5060)), (), "a plain one, by its own address too"),
    ({"instance": "<urn:x>", "reg_id": 1}, (TCP,), (), "5626-7-1: by its flow and no other"),
    ({"path": PATH}, (TCP,), PATH, "RFC 3327 5.4: along its Path"),
]


@pytest.mark.parametrize(
    "more, flows, routes", [row[:3] for row in TARGETS], ids=[row[3] for row in TARGETS]
)
def test_how_a_contact_is_reached(
    more: dict[str, Any], flows: tuple[Flow, ...], routes: tuple[str, ...]
) -> None:
    uri = "sip:b@192.0.2.7;transport=tcp"
    binding = Binding(uri, (), Timestamp(2000.0), "c", 1, TCP, **more)
    assert target_of(binding) == Target(uri, flows, routes)
