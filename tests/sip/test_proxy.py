"""What is changed in what is passed on, and that the rest stays (RFC 3261 section 16)."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Refusal
from hereabouts.sip.admission import BadExtension, BadRequest
from hereabouts.sip.flow import WITHIN, Flow
from hereabouts.sip.message import Request, Response
from hereabouts.sip.proxy import (
    Course,
    Onward,
    TooManyHops,
    branches,
    check_proxy_extensions,
    course_of,
    hops_left,
    loop_text,
    loosened,
    record_routes,
    response_back,
    rows_onward,
)
from hereabouts.sip.reader import read
from hereabouts.sip.uri import SipUri

UDP = Flow("UDP", "192.0.2.7", 5060, "192.0.2.1:5060")
TCP = Flow("TCP", "192.0.2.12", 5060, "192.0.2.1:5070")


def is_ours(uri: SipUri) -> bool:
    return uri.host == "us"


def asked(*rows: str, uri: str = "sip:bob@b.example", method: str = "SUBSCRIBE") -> Request:
    head = "\r\n".join([f"{method} {uri} SIP/2.0", *rows])
    message = read(f"{head}\r\n\r\n".encode())
    assert isinstance(message, Request)
    return message


COURSES = [
    ("sip:b@h", "", Course("sip:b@h"), "no Route at all"),
    ("sip:b@h", "<sip:us;lr>", Course("sip:b@h"), "3261-16.4-1: ours is taken out"),
    ("sip:b@h", "<sip:t1@us;lr>", Course("sip:b@h", (), "t1"), "what we had put into it"),
    ("sip:b@h", "<sip:t1@us;lr>, <sip:t1@us;transport=tcp;lr>", Course("sip:b@h", (), "t1"),
     "both of a change of transports"),
    ("sip:b@h", "<sip:us;lr>, <sip:n;lr>", Course("sip:b@h", ("<sip:n;lr>",)), "the next is left"),
    ("sip:b@h", "<sip:n;lr>, <sip:us;lr>", Course("sip:b@h", ("<sip:n;lr>", "<sip:us;lr>")),
     "and what comes behind it"),
    ("sip:b@h", "<sip:t1@us;lr>, <sip:t2@us;lr>", Course("sip:b@h", ("<sip:t2@us;lr>",), "t1"),
     "another dialog's is not taken with it"),
    ("sip:t1@us;lr", "<sip:n>, <sip:b@h>", Course("sip:b@h", ("<sip:n>",), "t1"),
     "3261-16.4-1: as a strict router sends it"),
    ("sip:t1@us;lr", "", Course("sip:t1@us;lr"), "but not without a Route"),
    ("sip:t1@n;lr", "<sip:b@h>", Course("sip:t1@n;lr", ("<sip:b@h>",)), "or if it is not ours"),
]  # fmt: skip


@pytest.mark.parametrize(
    "uri, route, course", [row[:3] for row in COURSES], ids=[row[3] for row in COURSES]
)
def test_our_own_part_of_a_route_is_taken_out(uri: str, route: str, course: Course) -> None:
    rows = [f"Route: {route}"] if route else []
    assert course_of(asked(*rows, uri=uri), is_ours) == course


@pytest.mark.parametrize("route", ["<tel:1>", ">", "<sip:>"])
def test_a_route_that_is_none_is_refused(route: str) -> None:
    with pytest.raises(BadRequest):
        course_of(asked(f"Route: {route}"), is_ours)


HOPS = [
    (["Max-Forwards: 10"], 9, "3261-16.3-2: one less"),
    (["Max-Forwards: 1"], 0, "the last hop"),
    ([], 70, "3261-16.3-2: one that does not say may 70 times"),
]


@pytest.mark.parametrize("rows, hops", [row[:2] for row in HOPS], ids=[row[2] for row in HOPS])
def test_hops_are_counted_down(rows: list[str], hops: int) -> None:
    assert hops_left(asked(*rows)) == hops


def test_a_request_without_hops_goes_no_further() -> None:
    """3261-16.3-2."""
    with pytest.raises(TooManyHops):
        hops_left(asked("Max-Forwards: 0"))


def test_what_is_asked_of_proxies_is_refused_by_name() -> None:
    """3261-16.3-3: and Require is none of their business."""
    check_proxy_extensions(asked("Require: nope"))
    with pytest.raises(BadExtension) as refused:
        check_proxy_extensions(asked("Proxy-Require: foo, bar"))
    assert refused.value.headers() == [("Unsupported", "foo, bar")]


ROUTES = [
    (UDP, UDP, ("<sip:t@192.0.2.1:5060;lr>",), "one, if both ways are alike"),
    (UDP, TCP, ("<sip:t@192.0.2.1:5070;transport=tcp;lr>", "<sip:t@192.0.2.1:5060;lr>"),
     "the next hop's first"),
    (TCP, UDP, ("<sip:t@192.0.2.1:5060;lr>", "<sip:t@192.0.2.1:5070;transport=tcp;lr>"),
     "3261-16.6-2: on top"),
    (WITHIN, UDP, ("<sip:t@192.0.2.1:5060;lr>", "<sip:t@within.invalid:5060;transport=local;lr>"),
     "a part of the node itself"),
]  # fmt: skip


@pytest.mark.parametrize(
    "came, goes, expected", [row[:3] for row in ROUTES], ids=[row[3] for row in ROUTES]
)
def test_later_requests_come_back_to_us(came: Flow, goes: Flow, expected: tuple[str, ...]) -> None:
    assert record_routes("t", came, goes) == expected


LOOSENED = [
    (Course("sip:b@h"), Course("sip:b@h"), "nothing to do"),
    (Course("sip:b@h", ("<sip:n;lr>",)), Course("sip:b@h", ("<sip:n;lr>",)), "a loose router"),
    (Course("sip:b@h", ("<sip:n>", "<sip:m;lr>"), "t"),
     Course("sip:n", ("<sip:m;lr>", "<sip:b@h>"), "t"), "3261-16.6-3: a strict one"),
]  # fmt: skip


@pytest.mark.parametrize(
    "course, expected", [row[:2] for row in LOOSENED], ids=[row[2] for row in LOOSENED]
)
def test_a_strict_router_stands_in_the_request_uri(course: Course, expected: Course) -> None:
    assert loosened(course) == expected


def test_a_course_through_what_is_no_address_is_refused() -> None:
    with pytest.raises(BadRequest):
        loosened(Course("sip:b@h", ("<tel:1>",)))


ONWARD = Onward(via=("SIP/2.0/UDP h;received=x",), routes=(), hops=69)


def passed(request: Request, **changes: object) -> list[str]:
    values = {name: getattr(ONWARD, name) for name in ONWARD.__struct_fields__}
    return rows_onward(request, Onward(**values | changes)).split("\r\n")[:-1]


def test_nothing_else_is_changed() -> None:
    """3261-7.3.1-1, 3261-16.3-1, 3261-16.6-1: other headers stay, in order and as they stood."""
    rows = [
        "X-New :  y",
        "Via: SIP/2.0/UDP h",
        "v: SIP/2.0/TCP i, SIP/2.0/UDP j",
        "f: <sip:w@a>;tag=1",
        "Record-Route: <sip:p;lr>",
        "m: <sip:w@h>",
        "record-route: <sip:q;lr>",
        "Max-Forwards: 70",
        "Supported:",
        "Content-Length: 0",
    ]
    assert passed(asked(*rows), record_routes=("<sip:us;lr>",)) == [
        "X-New :  y",
        "Via: SIP/2.0/UDP h;received=x",
        "Record-Route: <sip:us;lr>",
        "Max-Forwards: 69",
        "v: SIP/2.0/TCP i, SIP/2.0/UDP j",
        "f: <sip:w@a>;tag=1",
        "Record-Route: <sip:p;lr>",
        "m: <sip:w@h>",
        "record-route: <sip:q;lr>",
        "Supported:",
    ]


CHANGES: list[tuple[list[str], dict[str, object], list[str], str]] = [
    (["Route: <sip:us;lr>", "Route: <sip:n;lr>"], {"routes": ("<sip:n;lr>",)},
     ["Route: <sip:n;lr>"], "the routes that are left, in their place"),
    (["Route: <sip:us;lr>"], {}, [], "or none"),
    (["P-Asserted-Identity: <sip:root@b>"], {}, [], "an identity that nobody vouches for"),
    (["P-Asserted-Identity: <sip:root@b>", "P-Asserted-Identity: <tel:1>"],
     {"identity": "sip:w@a"}, ["P-Asserted-Identity: <sip:w@a>"], "RFC 3325 section 5: ours alone"),
    (["P-Preferred-Identity: <sip:x@a>"], {}, [], "RFC 3325 section 6"),
    (["Event: presence"], {"edited": (("event", "presence;id=1"),)}, ["Event: presence;id=1"],
     "a header that is edited"),
    (["o: presence"], {"edited": (("event", "x"),)}, ["Event: x"], "by its short name too"),
    (["A: b"], {"edited": (("subscription-state", "active"),)},
     ["A: b", "Subscription-State: active"], "or one that was not there"),
]  # fmt: skip


@pytest.mark.parametrize(
    "rows, changes, expected", [row[:3] for row in CHANGES], ids=[row[3] for row in CHANGES]
)
def test_what_is_ours_is_changed(
    rows: list[str], changes: dict[str, object], expected: list[str]
) -> None:
    request = asked("Via: SIP/2.0/UDP h", *rows)
    assert passed(request, **changes)[2:] == expected


DIGEST = 'Digest username="a", realm="{}", nonce="n", uri="sip:b@h", response="00"'


def test_credentials_for_our_realm_stay_here_and_others_pass() -> None:
    """3261-22.3-1."""
    rows = [
        f"Authorization: {DIGEST.format('a.example')}",
        f"Proxy-Authorization: {DIGEST.format('a.example')}",
        f"Authorization: {DIGEST.format('b.example')}",
        "Authorization: Basic eA==",
    ]
    request = asked("Via: SIP/2.0/UDP h", *rows)
    assert passed(request, realm="a.example")[2:] == rows[2:]
    assert passed(request)[2:] == rows


ANSWERS = [
    ("Via: us\r\nVia: SIP/2.0/UDP h\r\n", "Via: SIP/2.0/UDP h\r\n", "in a row of its own"),
    ("v: us , SIP/2.0/UDP h\r\n", "Via: SIP/2.0/UDP h\r\n", "in one row with the others"),
    ("Via: us, x, y\r\nVia: z\r\n", "Via: x, y\r\nVia: z\r\n", "the others keep their rows"),
]


@pytest.mark.parametrize(
    "came, goes", [row[:2] for row in ANSWERS], ids=[row[2] for row in ANSWERS]
)
def test_an_answer_goes_back_without_our_via(came: str, goes: str) -> None:
    """3261 section 16.7, step 3: and with everything else."""
    rest = "Record-Route: <sip:us;lr>\r\nX: \u00e4\r\n"
    message = read(f"SIP/2.0 423 Too Br\u00efef\r\n{came}{rest}l: 2\r\n\r\nab".encode())
    assert isinstance(message, Response)
    expected = f"SIP/2.0 423 Too Br\u00efef\r\n{goes}{rest}l: 2\r\n\r\nab".replace(
        "l:", "Content-Length:"
    )
    assert response_back(message, asked()) == expected.encode()


def test_a_request_that_comes_back_unchanged_is_known_again() -> None:
    """5393-4.2.1-1: and one whose target has changed is another; Via does not count."""
    first = asked("Via: a", "From: <sip:w@a>;tag=1", "To: <sip:b@h>", "Call-ID: c")
    again = asked("Via: us", "Via: a", "From: <sip:w@a>;tag=1", "To: <sip:b@h>", "Call-ID: c")
    other = asked(*again.rows, uri="sip:c@h")
    assert loop_text(first, first.uri) == loop_text(again, again.uri) != loop_text(other, other.uri)


def test_the_branches_of_earlier_hops_are_found() -> None:
    request = asked("Via: a;branch=z1", "Via: b;x=y;branch=Z2;c, d", "v: e;branch=z3")
    assert list(branches(request)) == ["z2", "", "z3"]


values = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40)
headers = st.sampled_from(
    ["Route", "Authorization", "P-Asserted-Identity", "Via", "X", "Record-Route"]
)


@given(st.lists(st.tuples(headers, values)))
def test_whatever_stands_in_it_a_request_is_passed_on_or_refused(
    rows: list[tuple[str, str]],
) -> None:
    request = asked("Via: SIP/2.0/UDP h", *(f"{name}: {value.strip()}" for name, value in rows))
    with suppress(Refusal):
        course = loosened(course_of(request, is_ours))
        onward = passed(request, routes=course.routes, realm="r", identity="sip:w@a")
        again = asked(*onward)
        assert again.fault is None
        assert again.headers["p-asserted-identity"] == ["<sip:w@a>"]
        assert again.headers.get("x") == request.headers.get("x")
