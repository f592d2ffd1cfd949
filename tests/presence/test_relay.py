"""A subscription on its way through: what is learned of it, message by message."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.presence.relay import (
    Relay,
    ended,
    granted,
    lasting,
    notified,
    opened,
    refreshed,
    shown,
)
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.dialog import OutOfOrder, UnknownDialog
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.event import SubscriptionState
from hereabouts.sip.message import Request, Response
from hereabouts.sip.reader import read

NOW = Timestamp(1000.0)
FLOW = Flow("TCP", "192.0.2.7", 40_000, "192.0.2.11:5060", 1, 7)
OTHER = Flow("UDP", "192.0.2.7", 5060, "192.0.2.11:5060")
WATCHER, BOB = "sip:w@a.example", "sip:bob@b.example"
SUBSCRIBE = {
    "From": f"<{WATCHER}>;tag=w1",
    "To": f"<{BOB}>",
    "Call-ID": "c1",
    "CSeq": "1 SUBSCRIBE",
    "Contact": "<sip:w@192.0.2.7>",
    "Event": "presence",
}
ANSWER = {**SUBSCRIBE, "To": f"<{BOB}>;tag=n1", "Contact": "<sip:192.0.2.12>", "Expires": "600"}
NOTIFY = {
    "From": f"<{BOB}>;tag=n1",
    "To": f"<{WATCHER}>;tag=w1",
    "Call-ID": "c1",
    "CSeq": "1 NOTIFY",
    "Contact": "<sip:192.0.2.12>",
    "Content-Type": "text/plain",
}


def message(start: str, headers: dict[str, str], body: str = "") -> Request | Response:
    rows = [f"{name}: {value}" for name, value in headers.items() if value]
    return read("\r\n".join([start, *rows, "", body]).encode())


def asked(method: str, headers: dict[str, str], **changes: str) -> Request:
    changed = {name.replace("_", "-"): value for name, value in changes.items()}
    request = message(f"{method} sip:x SIP/2.0", headers | changed, "shown")
    assert isinstance(request, Request)
    return request


def answered(**changes: str) -> Response:
    changed = {name.replace("_", "-"): value for name, value in changes.items()}
    response = message("SIP/2.0 200 OK", ANSWER | changed)
    assert isinstance(response, Response)
    return response


def begun(**changes: str) -> Relay:
    request = asked("SUBSCRIBE", SUBSCRIBE, **changes)
    return opened(request, BOB, WATCHER, FLOW, "token", NOW, edge="")


def active(**changes: object) -> Relay:
    relay = granted(begun(), answered(), NOW, "token")
    return msgspec.structs.replace(relay, **changes)


def state(text: str) -> SubscriptionState:
    return SubscriptionState.parse(text)


def test_the_first_subscribe_tells_of_the_watcher() -> None:
    relay = begun(Record_Route="<sip:p;lr>, <sip:q;lr>")
    assert relay.watcher_flow == FLOW
    assert relay.is_awaited
    uri, rows = msgspec.structs.replace(relay, notifier_tag="n1").dialog.addressing()
    assert uri == "sip:w@192.0.2.7"
    assert rows == (
        f"To: <{WATCHER}>;tag=w1\r\nFrom: <{BOB}>;tag=n1\r\nCall-ID: c1\r\n"
        "Route: <sip:p;lr>, <sip:q;lr>\r\n"
    )


@pytest.mark.parametrize("contact", ["", "<tel:1>", "<sip:a@b>, <sip:c@d>"])
def test_without_one_contact_there_will_be_no_dialog(contact: str) -> None:
    with pytest.raises(BadRequest):
        begun(Contact=contact)


NEXT = [
    ({}, "sip:192.0.2.12", "the notifier itself, by its Contact"),
    ({"Record_Route": "<sip:token@us;lr>"}, "sip:192.0.2.12", "if we are the only one on the way"),
    ({"Record_Route": "<sip:p;lr>, <sip:q;lr>, <sip:token@us;lr>"}, "sip:q;lr",
     "the server that stands next behind us"),
    ({"Record_Route": "<sip:q;lr>, <sip:token@us;transport=tcp;lr>, <sip:token@us;lr>, <sip:r;lr>"},
     "sip:q;lr", "behind both of our own"),
]  # fmt: skip


@pytest.mark.parametrize("rows, hop", [row[:2] for row in NEXT], ids=[row[2] for row in NEXT])
def test_the_answer_tells_the_way_to_the_notifier(rows: dict[str, str], hop: str) -> None:
    relay = granted(begun(), answered(**rows), NOW, "token")
    assert str(relay.next_hop) == hop
    assert relay.notifier_tag == "n1"
    assert relay.until == NOW + 600


def test_a_notify_that_comes_before_the_answer_tells_it_too() -> None:
    """RFC 6665 section 4.1.2.4."""
    rows = {"Record_Route": "<sip:q;lr>, <sip:p;lr>"}
    early = notified(begun(), asked("NOTIFY", NOTIFY, **rows), state("active;expires=60"), NOW)
    assert str(early.next_hop) == "sip:q;lr"
    late = granted(early, answered(), NOW, "token")
    assert (late.notifier_route, late.until) == (early.notifier_route, NOW + 600)


def test_a_notify_is_remembered() -> None:
    relay = notified(active(), asked("NOTIFY", NOTIFY), state("pending;expires=60"), NOW)
    assert (relay.cseq, relay.substate, relay.until) == (1, "pending", NOW + 60)
    assert relay.is_awaited, "nobody has been shown it yet"
    seen = shown(relay, b"it", "text/plain", NOW)
    assert (seen.body, seen.content_type, seen.shown_at) == (b"it", "text/plain", NOW)
    assert not seen.is_awaited


def test_the_last_notify_says_nothing_of_the_time_left() -> None:
    relay = notified(active(), asked("NOTIFY", NOTIFY), state("terminated;reason=timeout"), NOW)
    assert (relay.substate, relay.until) == ("terminated", NOW + 600)


def test_a_notify_that_was_overtaken_is_refused() -> None:
    relay = active(cseq=2)
    with pytest.raises(OutOfOrder):
        notified(relay, asked("NOTIFY", NOTIFY), state("active"), NOW)
    again = asked("NOTIFY", NOTIFY, CSeq="2 NOTIFY")
    assert notified(relay, again, state("active"), NOW).cseq == 2, "from before a crash"


def test_a_notifier_that_moves_is_followed() -> None:
    moved = asked("NOTIFY", NOTIFY, Contact="<sip:192.0.2.99>")
    assert str(notified(active(), moved, state("active"), NOW).next_hop) == "sip:192.0.2.99"
    without = asked("NOTIFY", NOTIFY, Contact="")
    assert str(notified(active(), without, state("active"), NOW).next_hop) == "sip:192.0.2.12"


def test_a_refresh_tells_where_the_watcher_is_now() -> None:
    again = asked("SUBSCRIBE", SUBSCRIBE, CSeq="2 SUBSCRIBE", Contact="<sip:w@192.0.2.8>")
    relay = refreshed(active(is_awaited=False), again, OTHER, "name")
    assert (relay.watcher_flow, relay.watcher_contact) == (OTHER, "sip:w@192.0.2.8")
    assert (relay.subscribe, relay.subscribe_cseq, relay.is_awaited) == ("name", 2, True)
    same = refreshed(
        relay, asked("SUBSCRIBE", SUBSCRIBE, CSeq="3 SUBSCRIBE", Contact=""), OTHER, ""
    )
    assert same.watcher_contact == "sip:w@192.0.2.8"


def test_a_refresh_that_is_late_or_odd_is_refused() -> None:
    with pytest.raises(OutOfOrder):
        refreshed(active(), asked("SUBSCRIBE", SUBSCRIBE), OTHER, "")
    odd = asked("SUBSCRIBE", SUBSCRIBE, CSeq="2 SUBSCRIBE", Contact="<tel:1>")
    with pytest.raises(BadRequest):
        refreshed(active(), odd, OTHER, "")


BELONGING: list[tuple[dict[str, str], dict[str, Any], bool, str]] = [
    ({}, {}, True, "its own"),
    ({}, {"notifier_tag": ""}, True, "the notifier's first word"),
    ({"Call_ID": "c2"}, {}, False, "another call"),
    ({"To": f"<{WATCHER}>;tag=w2"}, {}, False, "another watcher"),
    ({"From": f"<{BOB}>;tag=n2"}, {}, False, "another notifier: there is one"),
    ({"From": f"<{BOB}>"}, {"notifier_tag": ""}, False, "a notifier without a tag"),
    ({}, {"reason": "deactivated"}, False, "what we have ended"),
]


@pytest.mark.parametrize(
    "rows, relay, belongs", [row[:3] for row in BELONGING], ids=[row[3] for row in BELONGING]
)
def test_only_what_belongs_to_it_passes(
    rows: dict[str, str], relay: dict[str, Any], *, belongs: bool
) -> None:
    notify = asked("NOTIFY", NOTIFY, **rows)
    swapped = {"From": notify.headers["to"][0], "To": notify.headers["from"][0]}
    subscribe = asked("SUBSCRIBE", SUBSCRIBE, **{**rows, **swapped})
    for request in (notify, subscribe):
        if belongs:
            active(**relay).check_belongs(request)
            continue
        with pytest.raises(UnknownDialog):
            active(**relay).check_belongs(request)


def test_a_notifier_who_does_not_say_where_he_is_cannot_be_reached() -> None:
    assert granted(begun(), answered(Contact=""), NOW, "token").next_hop is None
    odd = granted(begun(), answered(Contact="<tel:1>", Record_Route="<sip:token@us>"), NOW, "token")
    assert odd.next_hop is None


def test_what_we_end_has_one_notify_more() -> None:
    relay = ended(active(cseq=4), "deactivated")
    assert (relay.reason, relay.cseq) == ("deactivated", 5)


LASTING = [
    (NEVER, NOW + 64, "nobody has answered yet"),
    (NOW + 600, NOW + 664, "some time beyond its end"),
    (NOW - 600, NOW + 64, "what should have ended already"),
]


@pytest.mark.parametrize("until, at", [row[:2] for row in LASTING], ids=[row[2] for row in LASTING])
def test_it_is_kept_for_what_may_still_come(until: float, at: float) -> None:
    assert lasting(active(until=until), 64, NOW).expires_at == at
