"""The registrar over real sockets: what is bound, for how long, and what is refused.

RFC 3261 section 10.3.
"""

from __future__ import annotations

import re

import pytest

from tests.interop.plain import REGISTER, register, with_row
from tests.interop.running import RunningServer
from tests.interop.wire import Wire

# Two contacts of one user, how many bindings they are, and why.
PAIRS = [
    ("sip:A@h.invalid", "sip:a@h.invalid", 2, "users have a case"),
    ("sip:a@H.invalid", "sip:a@h.invalid", 1, "hosts have none"),
    ("sip:a@h.invalid", "sip:a@h.invalid:5060", 2, "the usual port is not no port"),
    ("sip:a@h.invalid", "sips:a@h.invalid", 2, "sip and sips"),
    ("sip:a@h.invalid;transport=udp", "sip:a@h.invalid", 2, "a transport in one alone"),
    ("sip:a@h.invalid;x=1", "sip:a@h.invalid", 1, "another parameter in one alone"),
    ("sip:a@h.invalid;x=1", "sip:a@h.invalid;x=2", 2, "another parameter that differs"),
    ("sip:a@h.invalid?Subject=y", "sip:a@h.invalid", 2, "headers always count"),
    ("sip:%61@h.invalid", "sip:a@h.invalid", 1, "an escape is the letter"),
]


@pytest.mark.parametrize(
    "one, other, bindings",
    [row[:3] for row in PAIRS],
    ids=[f"3261-19.1.4-1: {row[3]}" for row in PAIRS],
)
def test_which_contacts_are_the_same(
    one: str, other: str, bindings: int, open_server: RunningServer
) -> None:
    with Wire(open_server) as wire:
        register(wire, f"Contact: <{one}>")
        assert len(register(wire, f"Contact: <{other}>")) == bindings


SPELLINGS = [
    (["Contact: <sip:1@h.invalid>, <sip:2@h.invalid>", "m: <sip:3@h.invalid>"], "mixed"),
    (["Contact: <sip:1@h.invalid>,<sip:2@h.invalid> , <sip:3@h.invalid>"], "in one row"),
    ([f"Contact: <sip:{number}@h.invalid>" for number in (1, 2, 3)], "in rows of their own"),
]


@pytest.mark.parametrize("rows", [row[0] for row in SPELLINGS], ids=[r[1] for r in SPELLINGS])
def test_several_contacts_at_once(rows: list[str], open_server: RunningServer) -> None:
    """3261-7.3.1-5, 3261-10.3-11: each is listed, with the time it has left."""
    with Wire(open_server) as wire:
        register(wire, *rows)
        listed = register(wire)
    assert [re.sub(r";expires=(600|599)$", "", each) for each in listed] == [
        "<sip:1@h.invalid>",
        "<sip:2@h.invalid>",
        "<sip:3@h.invalid>",
    ]


def test_without_brackets_parameters_are_the_contacts(open_server: RunningServer) -> None:
    """3261-20-1, 3261-7.3.1-4: and their names and values have no case."""
    with Wire(open_server) as wire:
        (listed,) = register(wire, "Contact: sip:a@h.invalid;foo=1;EXPIRES=60;Q=0.5")
    address, *parameters = listed.split(";")
    assert address == "<sip:a@h.invalid>"
    assert {each.lower() for each in parameters} == {"foo=1", "expires=60", "q=0.5"}


LENGTHS = [
    ("Contact: <sip:a@h.invalid>;expires=100", "100", "3261-10.3-7: the Contact's own"),
    ("Contact: <sip:a@h.invalid>", "600", "3261-10.3-7: else that of Expires"),
    ("Contact: <sip:a@h.invalid>;expires=abc", "3600", "3261-10.2.1-1: an odd one is 3600"),
    ("Contact: <sip:a@h.invalid>;expires=999999999", r"\d{4,5}", "3261-10.3-7: shortened"),
    ("Contact: <sip:a@h.invalid>;q=0.333;expires=60", "60", "3261-10.2.1.2-1: beside q"),
]


@pytest.mark.parametrize("row, granted", [r[:2] for r in LENGTHS], ids=[r[2] for r in LENGTHS])
def test_how_long_a_contact_stays(row: str, granted: str, open_server: RunningServer) -> None:
    with Wire(open_server) as wire:
        (listed,) = register(wire, row)
    found = re.search(r";expires=(\d+)$", listed)
    assert found is not None
    assert re.fullmatch(granted, found[1])
    assert (";q=0.333" in listed) is ("q=" in row)


BOUND = "Contact: <sip:old@h.invalid>"

# Rows that are refused, the status, and why.
REFUSED = [
    (["Contact: *"], 400, "3261-10.3-5: a star with another Expires than 0"),
    (["Contact: *", "Contact: <sip:a@h.invalid>"], 400, "3261-10.3-5: and with another Contact"),
    (["Contact: <sip:a@h.invalid>;expires=5"], 423, "3261-10.3-8: too brief"),
    (["Contact: <sip:a@h.invalid>;q=2"], 400, "3261-10.2.1.2-1: no such q"),
    (["Contact: <sip:a@h.invalid>, <sip:b@>"], 400, "3261-10.3-1: one of two is none"),
    (["Contact: <sip:a@h.invalid>", "Require: nope"], 420, "3261-8.2-1: an extension"),
]


@pytest.mark.parametrize("rows, status", [r[:2] for r in REFUSED], ids=[r[2] for r in REFUSED])
def test_what_is_refused_changes_nothing(
    rows: list[str], status: int, open_server: RunningServer
) -> None:
    """3261-8.2-1."""
    with Wire(open_server) as wire:
        before = register(wire, BOUND)
        answer = wire.ask(with_row(REGISTER, "\n".join(rows)))
        assert answer.status == status
        assert ("min-expires" in answer.headers) is (status == 423)
        assert [each.partition(";")[0] for each in register(wire)] == [
            each.partition(";")[0] for each in before
        ]


def in_call(number: int, call_id: str, *rows: str) -> str:
    """A REGISTER with this Call-ID and CSeq."""
    text = with_row(REGISTER, "\n".join(rows)).replace("Call-ID: {unique}", f"Call-ID: {call_id}")
    return text.replace("CSeq: 1 ", f"CSeq: {number} ")


def test_a_client_must_count_up(open_server: RunningServer) -> None:
    """3261-10.3-9: what comes late fails as a whole; another client may do as it likes."""
    with Wire(open_server) as wire:
        one, other = f"{wire.names['dialog']}-one", f"{wire.names['dialog']}-other"
        assert wire.ask(in_call(2, one, BOUND)).status == 200
        for number in (2, 1):
            assert wire.ask(in_call(number, one, f"{BOUND};expires=100")).status >= 400
        (kept,) = register(wire)
        assert not kept.endswith("expires=100")
        answer = wire.ask(in_call(1, other, f"{BOUND};expires=100"))
        assert answer["contact"].endswith("expires=100")


def test_a_star_removes_in_order_too(open_server: RunningServer) -> None:
    """3261-10.3-6, 3261-10.3-5: for its own client only if it counts up; else always."""
    star = ("Contact: *", "Expires: 0")

    def all_of(number: int, call_id: str) -> str:
        return in_call(number, call_id, star[0]).replace("Expires: 600", star[1])

    with Wire(open_server) as wire:
        one, other = f"{wire.names['dialog']}-one", f"{wire.names['dialog']}-other"
        assert wire.ask(in_call(5, one, BOUND)).status == 200
        assert wire.ask(all_of(5, one)).status >= 400
        assert len(register(wire)) == 1
        answer = wire.ask(all_of(6, one))
        assert (answer.status, answer.headers.get("contact")) == (200, None)
        assert wire.ask(in_call(7, one, BOUND)).status == 200
        assert wire.ask(all_of(1, other)).status == 200
        assert register(wire) == []


def test_routes_are_nothing_to_a_registrar(open_server: RunningServer) -> None:
    """3261-10.3-1: Record-Route is ignored, and not in the answer."""
    with Wire(open_server) as wire:
        row = f"Record-Route: <sip:proxy.invalid;lr>\n{BOUND}"
        answer = wire.ask(with_row(REGISTER, row))
        assert answer.status == 200
        assert "record-route" not in answer.headers


def test_the_user_of_another_domain_is_not_ours(open_server: RunningServer) -> None:
    """3261-10.3-2, 3261-10.3-4: neither by Request-URI nor by To."""
    with Wire(open_server) as wire:
        for old in ("REGISTER sip:{domain}", "To: <sip:{alice}@{domain}"):
            answer = wire.ask(REGISTER.replace(old, old.replace("{domain}", "other.example")))
            assert answer.status == 404
