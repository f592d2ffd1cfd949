"""RFC 5626 and RFC 3327: which flows count, whose they are, and when to come back."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.admission import BadRequest
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.address import Address
from hereabouts.sip.outbound import (
    FirstHopLacksOutbound,
    Terms,
    Way,
    instance_named,
    instance_of,
    is_known_to,
    one_of_each,
    ping_pause,
    recovery_pause,
    reg_id_of,
    terms_of,
    way_to,
)
from tests.sip.packets import TCP, UDP, Rows, a_request, request

UUID = "<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"
CONTACT = f'<sip:a@192.0.2.1>;+sip.instance="{UUID}";reg-id=1'
TWO_VIAS = ["SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKp", "SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKa"]
EDGE = "<sip:token@edge.example.com;lr;ob>"
PLAIN = "<sip:p.example.com;lr>"
APPLIED = Terms(is_applied=True)


def asked(rows: Rows, contact: str = CONTACT) -> Terms:
    found = a_request(request("REGISTER", rows={"Contact": contact, **rows}))
    return terms_of(found, [Address.parse(contact)])


WHICH: list[tuple[Rows, bool, str]] = [
    ({"Supported": "outbound, path"}, True, "6: we are the first hop"),
    ({}, True, "6: it counts, and is not said"),
    ({"Via": TWO_VIAS, "Path": EDGE, "Supported": "outbound"}, True, "5.1: an edge proxy"),
    ({"Via": TWO_VIAS, "Path": [EDGE, PLAIN]}, True, "5.1: and another after it"),
    ({"Via": TWO_VIAS, "Path": [PLAIN, EDGE]}, False, "6: the first Path decides"),
    ({"Via": TWO_VIAS, "Path": PLAIN}, False, "6: a Path without ob"),
    ({"Via": ", ".join(TWO_VIAS)}, False, "6: two hops on one line, and no Path"),
]


@pytest.mark.parametrize("rows, is_applied", [r[:2] for r in WHICH], ids=[r[2] for r in WHICH])
def test_whether_flows_count(rows: Rows, *, is_applied: bool) -> None:
    """5626-6-1, 5626-6-2."""
    assert asked(rows).is_applied is is_applied


SAID: list[tuple[Rows, bool, str]] = [
    ({"Supported": "outbound, path"}, True, "it is said"),
    ({"Supported": "Path, OUTBOUND"}, True, "tags are in any letters"),
    ({}, False, "it is not"),
]


@pytest.mark.parametrize("rows, is_known", [row[:2] for row in SAID], ids=[row[2] for row in SAID])
def test_who_knows_of_flows_says_so(rows: Rows, *, is_known: bool) -> None:
    """5626-6-1."""
    assert is_known_to(a_request(request("REGISTER", rows=rows))) is is_known


LACKING: list[tuple[Rows, str]] = [
    ({"Via": TWO_VIAS, "Supported": "outbound"}, "no Path"),
    ({"Via": TWO_VIAS, "Supported": "outbound", "Path": PLAIN}, "a Path without ob"),
]


@pytest.mark.parametrize("rows", [row[0] for row in LACKING], ids=[row[1] for row in LACKING])
def test_who_wants_what_his_first_hop_cannot_do_is_told(rows: Rows) -> None:
    """5626-6-2: 439 with Supported: outbound and a reg-id; else the binding is a plain one."""
    with pytest.raises(FirstHopLacksOutbound) as refusal:
        asked(rows)
    assert refusal.value.status == 439
    assert not asked(rows, "<sip:a@192.0.2.1>").is_applied


def test_a_path_is_kept_in_its_order() -> None:
    """RFC 3327 section 5.3."""
    assert asked({"Path": [f"{EDGE}, {PLAIN}", "<sip:q;lr>"]}).path == (EDGE, PLAIN, "<sip:q;lr>")


@pytest.mark.parametrize("path", ["<sip:", "x y", "<mailto:a@b>", "<sip:a;lr>, <"])
def test_an_odd_path_is_refused(path: str) -> None:
    with pytest.raises(BadRequest):
        asked({"Path": path})


INSTANCES = [
    (f'<sip:a@b>;+sip.instance="{UUID}"', UUID.lower(), "RFC 4122: letters do not matter"),
    ('<sip:a@b>;+SIP.Instance="<urn:x:A>"', "<urn:x:A>", "another URN, as it is written"),
    ("<sip:a@b>;+sip.instance", "", "a name without a value"),
    ("<sip:a@b>", "", "none"),
]


@pytest.mark.parametrize("contact, name", [r[:2] for r in INSTANCES], ids=[r[2] for r in INSTANCES])
def test_who_a_device_is(contact: str, name: str) -> None:
    assert instance_of(Address.parse(contact)) == name


NUMBERS = [
    (CONTACT, APPLIED, 1, "the number of the flow"),
    (CONTACT.replace("=1", "=2147483647"), APPLIED, 2147483647, "the largest"),
    (CONTACT, Terms(), 0, "6: flows do not count"),
    ("<sip:a@b>;reg-id=1", APPLIED, 0, "6: without an instance it is ignored"),
    (CONTACT.partition(";reg-id")[0], APPLIED, 0, "an instance alone"),
]


@pytest.mark.parametrize(
    "contact, terms, number", [r[:3] for r in NUMBERS], ids=[r[3] for r in NUMBERS]
)
def test_which_flow_a_contact_is(contact: str, terms: Terms, number: int) -> None:
    assert reg_id_of(Address.parse(contact), terms) == number


@pytest.mark.parametrize("number", ["0", "2147483648", "-1", "x", "1.0", "٣", '"1"', "1" * 30])
def test_an_odd_number_of_a_flow_is_refused(number: str) -> None:
    """RFC 5626 section 10: from 1 to 2**31 - 1."""
    with pytest.raises(BadRequest):
        reg_id_of(Address.parse(CONTACT.replace("=1", f"={number}")), APPLIED)


def test_a_device_has_one_name_for_ever() -> None:
    """5626-6-1: a re-registration after a restart replaces the one before."""
    name = instance_named(b"secret")
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f-]{16}", name)
    assert name == instance_named(b"secret") != instance_named(b"other")


# -- sending


class Bound(msgspec.Struct, frozen=True):
    flow: Flow = UDP
    path: tuple[str, ...] = ()
    instance: str = ""
    call_id: str = "c1"


WAYS = [
    (Bound(), UDP, "the flow that it came by"),
    (Bound(path=("<sip:192.0.2.1:5070;lr>",)), UDP.towards("192.0.2.1", 5070), "another port"),
    (Bound(path=("<sip:192.0.2.9;lr>",)), UDP, "nobody else is sent anything"),
    (Bound(TCP, ("<sip:192.0.2.1:5070;lr;transport=tcp>",)), TCP, "a connection is used again"),
]


@pytest.mark.parametrize("binding, flow", [row[:2] for row in WAYS], ids=[row[2] for row in WAYS])
def test_the_way_to_a_binding(binding: Bound, flow: Flow) -> None:
    """5626-7-1: the flow saved with the binding; RFC 3327 section 5.4."""
    assert way_to(binding) == Way(flow, binding.path, binding.flow, binding.call_id)


def test_of_one_device_there_is_one_contact_at_a_time() -> None:
    """5626-7-2: the other flow of an instance is kept for when the first has failed."""
    one, other = Bound(instance="a"), Bound(TCP, instance="a")
    phone, plain, plainer = Bound(instance="b"), Bound(), Bound()
    first, spare = one_of_each([one, phone, other, plain, plainer])
    assert first == [one, phone, plain, plainer]
    assert spare == {"a": [other], "b": []}


# -- coming back

RECOVERIES = [(1, 30, 60), (2, 60, 120), (3, 120, 240), (4, 240, 480), (9, 900, 1800)]


@pytest.mark.parametrize("failures, least, most", RECOVERIES)
def test_how_long_to_wait_after_failures(failures: int, least: float, most: float) -> None:
    """5626-4.5-1: min(1800, 30 * 2^n), 50 to 100 % of it."""
    assert recovery_pause(failures, 30.0, 1800.0, 0.0) == least
    assert recovery_pause(failures, 30.0, 1800.0, 1.0) == most


def test_with_another_flow_alive_there_is_no_hurry() -> None:
    """5626-4.5-1: the base is 90 s."""
    assert recovery_pause(1, 90.0, 1800.0, 0.0) == 90.0
    assert recovery_pause(1, 90.0, 1800.0, 1.0) == 180.0


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_no_wait_is_endless(failures: int, chance: float) -> None:
    assert recovery_pause(failures, 30.0, 1800.0, chance) <= 1800.0


@given(st.floats(0, 1))
def test_pings_are_spread(chance: float) -> None:
    """5626-4.4.1-1: at random 80 to 100 % of the interval."""
    assert 96.0 <= ping_pause(120.0, chance) <= 120.0
