from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Refusal
from hereabouts.presence.event_header import BadEvent, event_of
from hereabouts.presence.packages import PRESENCE
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.headers.event import Event
from hereabouts.sip.message import Request


def request(*events: str) -> Request:
    headers = {"event": list(events)} if events else {}
    return Request("SUBSCRIBE", "sip:alice@example.com", [], headers, b"")


@pytest.mark.parametrize(
    "text, event",
    [
        ("presence", Event("presence")),
        ("presence;id=7", Event("presence", "7")),
        ("presence ; foo=bar", Event("presence")),
    ],
)
def test_the_package_is_named_and_its_id_kept(text: str, event: Event) -> None:
    """3856-6.1-1, 6665-8.2.1-1."""
    assert event_of(request(text)) == (event, PRESENCE)


REFUSED = [
    ((), BadEvent, "6665-4.2.3-1: no header"),
    (("nosuch",), BadEvent, "6665-4.2.1.1-1: no such package"),
    (("Presence",), BadEvent, "6665-8.2.1-1: compared byte by byte"),
    (("presence.winfo",), BadEvent, "a package that is not served"),
    (("presence, reg",), BadRequest, "6665-3.1.2-1: two packages"),
    (("presence;id=1;id=2",), BadRequest, "3261-7.3.1-6: a parameter twice"),
    (("",), BadRequest, "an empty header"),
]


@pytest.mark.parametrize(
    "events, refusal", [row[:2] for row in REFUSED], ids=[row[2] for row in REFUSED]
)
def test_other_events_are_refused(events: tuple[str, ...], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        event_of(request(*events))


def test_a_bad_event_says_which_there_are() -> None:
    """6665-4.2.1.1-1."""
    with pytest.raises(BadEvent) as refused:
        event_of(request("nosuch"))
    assert refused.value.status == 489
    assert refused.value.headers() == [("Allow-Events", "presence")]


@given(st.text())
def test_anything_at_all_is_served_or_refused(text: str) -> None:
    with suppress(Refusal):
        event_of(request(text))
