from __future__ import annotations

import msgspec
import pytest

from hereabouts.presence.asked import asked_before, asked_by, kind_of
from hereabouts.presence.questions import Asked, Decision, Kind
from hereabouts.presence.terms import Terms
from hereabouts.sip.message import Request
from hereabouts.sip.reader import read
from tests.presence.desk import ALICE, Desk

ASKED = Asked(
    kind=Kind.INITIAL,
    expires=600,
    event="presence",
    accept=("application/pidf+xml", "text/plain"),
    origin="<sip:bob@example.com>;tag=bobs",
    destination=ALICE,
    original_destination=f"<{ALICE}>",
)

KINDS = [
    (600, None, False, Kind.INITIAL, "outside of any dialog"),
    (0, None, False, Kind.FETCH, "outside of any dialog, for no time"),
    (600, None, True, Kind.REFRESH, "inside"),
    (0, None, True, Kind.UNSUBSCRIBE, "inside, for no time"),
    (600, Terms(asked=ASKED), True, Kind.REFRESH, "inside; it was decided about"),
    (600, Terms(asked=ASKED, is_provisional=True), True, Kind.INITIAL, "inside; it was not"),
    (0, Terms(asked=ASKED, is_provisional=True), True, Kind.UNSUBSCRIBE, "it may end"),
    (600, Terms(is_provisional=True), True, Kind.REFRESH, "nobody knows what it asked"),
]


@pytest.mark.parametrize(
    "lifetime, terms, is_inside, kind", [row[:4] for row in KINDS], ids=[row[4] for row in KINDS]
)
def test_what_a_subscribe_is_for(
    lifetime: int, terms: Terms | None, *, is_inside: bool, kind: Kind
) -> None:
    assert kind_of(lifetime, terms, is_inside=is_inside) is kind


def test_what_a_subscribe_says() -> None:
    packet = (
        f"SUBSCRIBE {ALICE} SIP/2.0\r\nFrom: <sip:bob@example.com>;tag=bobs\r\nTo: <{ALICE}>\r\n"
        "Event: presence\r\nAccept: application/PIDF+xml;q=0.5, text/plain\r\n\r\n"
    )
    request = read(packet.encode())
    assert isinstance(request, Request)
    assert asked_by(request, Kind.INITIAL, 600) == ASKED


@pytest.mark.parametrize(
    "decision, kind", [(Decision.ALLOW, Kind.REFRESH), (Decision.CONFIRM, Kind.INITIAL)]
)
def test_what_nobody_kept_is_told_from_the_record(decision: Decision, kind: Kind) -> None:
    desk = Desk(decision=decision)
    desk.subscribe(Expires="600")
    found = asked_before(desk.delivery().subscription)
    accept = ("application/pidf+xml",)
    assert found == msgspec.structs.replace(ASKED, kind=kind, accept=accept)


def test_what_was_kept_counts() -> None:
    desk = Desk()
    desk.ruled = frozenset({"subscribing"})
    desk.subscribe(Expires="600", Accept="application/pidf+xml, text/plain")
    assert asked_before(desk.delivery().subscription) == ASKED
