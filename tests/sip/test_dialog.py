from __future__ import annotations

import pytest

from hereabouts.base.refusal import Malformed
from hereabouts.sip.dialog import (
    Dialog,
    OutOfOrder,
    UnknownDialog,
    accepted,
    contact_uri,
    contact_within,
)
from hereabouts.sip.message import Request
from tests.sip.packets import UDP, Rows, a_request, a_response, request, response

CONTACT = "<sip:alice@192.0.2.1:5070>"
LOOSE = ("<sip:h1.example.com;lr>", "<sip:h2.example.com;lr;x=y>")
STRICT = ("<sip:h1.example.com>", "<sip:h2.example.com;lr>")


def subscribe(rows: Rows | None = None) -> Request:
    return a_request(request("SUBSCRIBE", rows={"Contact": CONTACT, **(rows or {})}))


def dialog(routes: tuple[str, ...] = ()) -> Dialog:
    return accepted(subscribe({"Record-Route": list(routes)}), "b1")


def in_dialog(rows: Rows | None = None) -> Request:
    return subscribe({"To": "<sip:bob@example.com>;tag=b1", "CSeq": "2 SUBSCRIBE", **(rows or {})})


def test_the_dialog_that_a_request_makes() -> None:
    """3261-12.1.1-2: To and From change places; the tags are whose they are."""
    made = dialog()
    assert made.lines == (
        "To: <sip:alice@example.com>;tag=a1\r\n"
        "From: <sip:bob@example.com>;tag=b1\r\n"
        "Call-ID: c1\r\n"
    )
    assert (made.call_id, made.local_tag, made.remote_tag) == ("c1", "b1", "a1")
    assert made.remote == "<sip:alice@example.com>;tag=a1"
    assert (made.remote_target, made.remote_cseq) == ("sip:alice@192.0.2.1:5070", 1)
    assert made.route_set == ()


def test_a_peer_without_a_tag_has_an_empty_one() -> None:
    """RFC 3261 section 12.1.1: clients of RFC 2543."""
    made = accepted(subscribe({"From": "<sip:alice@example.com>"}), "b1")
    assert made.remote_tag == ""
    assert made.belongs(in_dialog({"From": "<sip:alice@example.com>"}))


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(list(LOOSE), id="in two rows"),
        pytest.param(", ".join(LOOSE), id="in one row"),
    ],
)
def test_the_route_set_is_record_route_in_order(rows: str | list[str]) -> None:
    """3261-12.1.1-2: as the answering side; parameters are kept."""
    assert accepted(subscribe({"Record-Route": rows}), "b1").route_set == LOOSE


CONTACTS = [
    pytest.param(None, id="3261-8.1.1.8-1: none"),
    pytest.param([CONTACT, CONTACT], id="3261-8.1.1.8-1: two rows"),
    pytest.param(f"{CONTACT}, {CONTACT}", id="3261-8.1.1.8-1: two in a row"),
    pytest.param("<mailto:alice@example.com>", id="3261-8.1.1.8-1: no SIP URI"),
    pytest.param("<pres:alice@example.com>", id="no address of a device"),
    pytest.param("*", id="the star of REGISTER"),
    pytest.param("<sip:", id="one that breaks off"),
]


@pytest.mark.parametrize("contact", CONTACTS)
def test_a_request_without_one_good_contact_makes_no_dialog(
    contact: str | list[str] | None,
) -> None:
    with pytest.raises(Malformed):
        accepted(subscribe({"Contact": contact}), "b1")


def test_a_response_has_its_contact_too() -> None:
    answer = a_response(response(request(), 200, {"m": "Bob <sips:bob@h;x>;expires=1"}))
    assert contact_uri(answer) == "sips:bob@h;x"


@pytest.mark.parametrize("route", ["<tel:1>", "<sip:", ""])
def test_an_odd_record_route_makes_no_dialog(route: str) -> None:
    rows = {"Record-Route": [LOOSE[0], route]}
    if route:
        with pytest.raises(Malformed):
            accepted(subscribe(rows), "b1")
    else:
        assert accepted(subscribe(rows), "b1").route_set == LOOSE[:1]


@pytest.mark.parametrize(
    "rows, belongs",
    [
        pytest.param({}, True, id="Call-ID and both tags"),
        pytest.param({"Call-ID": "c2"}, False, id="another Call-ID"),
        pytest.param({"To": "<sip:bob@example.com>;tag=b2"}, False, id="another tag of ours"),
        pytest.param({"To": "<sip:bob@example.com>"}, False, id="no tag of ours"),
        pytest.param({"From": "<sip:alice@example.com>;tag=a2"}, False, id="another of the peer's"),
        pytest.param({"To": "B <sip:b@h>;x;tag=b1", "From": "x:y;tag=a1"}, True, id="other URIs"),
        pytest.param({"To": None}, False, id="no To"),
    ],
)
def test_whether_a_request_belongs_to_the_dialog(rows: Rows, *, belongs: bool) -> None:
    """3261-12.2.2-2: what belongs to none is answered 481."""
    assert dialog().belongs(in_dialog(rows)) is belongs
    assert UnknownDialog.status == 481


@pytest.mark.parametrize("number", [2, 50, 2**31 - 1])
def test_a_higher_number_is_taken_with_its_contact(number: int) -> None:
    """3261-12.2.2-1, 3261-12.2.2-3: a gap is fine; the route set stays."""
    rows = {
        "CSeq": f"{number} SUBSCRIBE",
        "Contact": "<sip:alice@192.0.2.1:5099>",
        "Record-Route": "<sip:other;lr>",
    }
    refreshed = dialog(LOOSE).received(in_dialog(rows))
    assert (refreshed.remote_cseq, refreshed.remote_target) == (number, "sip:alice@192.0.2.1:5099")
    assert (refreshed.route_set, refreshed.lines) == (LOOSE, dialog().lines)


def test_without_a_contact_the_target_stays() -> None:
    refreshed = dialog().received(in_dialog({"Contact": None}))
    assert refreshed.remote_target == "sip:alice@192.0.2.1:5070"


@pytest.mark.parametrize("number", [0, 1])
def test_a_number_that_is_not_higher_is_out_of_order(number: int) -> None:
    """3261-12.2.2-1: answered 500."""
    with pytest.raises(OutOfOrder) as refusal:
        dialog().received(in_dialog({"CSeq": f"{number} SUBSCRIBE"}))
    assert refusal.value.status == 500


def test_an_odd_contact_refreshes_nothing() -> None:
    with pytest.raises(Malformed):
        dialog().received(in_dialog({"Contact": "<mailto:a@h>"}))


TARGET = "sip:alice@192.0.2.1:5070"


@pytest.mark.parametrize(
    "routes, uri, route, hop",
    [
        pytest.param((), TARGET, None, "192.0.2.1", id="no route: to the peer itself"),
        pytest.param(
            LOOSE, TARGET, ", ".join(LOOSE), "h1.example.com", id="3261-12.2.1.1-1: loose"
        ),
        pytest.param(
            STRICT,
            "sip:h1.example.com",
            f"{STRICT[1]}, <{TARGET}>",
            "h1.example.com",
            id="3261-12.2.1.1-1: strict, the target comes last",
        ),
        pytest.param(
            STRICT[:1],
            "sip:h1.example.com",
            f"<{TARGET}>",
            "h1.example.com",
            id="3261-12.2.1.1-1: strict and alone",
        ),
    ],
)
def test_where_our_requests_go(
    routes: tuple[str, ...], uri: str, route: str | None, hop: str
) -> None:
    made = dialog(routes)
    rows = made.lines if route is None else f"{made.lines}Route: {route}\r\n"
    assert made.addressing() == (uri, rows)
    assert made.next_hop.host == hop
    assert made.is_strict is (routes[:1] == STRICT[:1])


SCHEMES = [
    ("sip:b@h", {"Contact": "<sip:a@h>"}, "sip:", "nobody asks for more"),
    ("sips:b@h", {"Contact": "<sip:a@h>"}, "sips:", "the Request-URI"),
    ("SIPS:b@h", {"Contact": "<sip:a@h>"}, "sips:", "in whatever letters"),
    ("sip:b@h", {"Contact": "SIPS:a@h"}, "sips:", "the Contact, where there is no route"),
    ("sip:b@h", {"Contact": '"sips:x" <sip:a@h>'}, "sip:", "not its display name"),
    ("sip:b@h", {"Contact": "<sips:a@h>", "Record-Route": "<sip:p;lr>"}, "sip:", "or the route"),
    ("sip:b@h", {"Contact": "<sip:a@h>", "Record-Route": "<sips:p;lr>, <sip:q;lr>"}, "sips:",
     "its first hop"),
    ("sip:b@h", {"Contact": "<sip:a@h>", "Record-Route": "<sip:p;lr>, <sips:q;lr>"}, "sip:",
     "and no other"),
    ("sip:b@h", {}, "sip:", "nothing at all"),
]  # fmt: skip


@pytest.mark.parametrize("uri, rows, scheme", [r[:3] for r in SCHEMES], ids=[r[3] for r in SCHEMES])
def test_a_dialog_is_as_safe_as_it_was_asked_to_be(
    uri: str, rows: dict[str, str], scheme: str
) -> None:
    """3261-12.1.1-1."""
    contact = contact_within(a_request(request("SUBSCRIBE", uri, rows)), UDP)
    assert contact == f"<{scheme}{UDP.local}>"
