"""Which package a SUBSCRIBE or PUBLISH is about, or its refusal (:rfc:`6665#section-4.2.1.1`)."""

from __future__ import annotations

from hereabouts.base.refusal import Refusal
from hereabouts.presence.packages import PACKAGES, Package
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.headers.event import Event
from hereabouts.sip.message import Request
from hereabouts.sip.parameters import MalformedHeader


class BadEvent(Refusal):
    """No event package is named, or none that is served."""

    status = 489

    def headers(self) -> list[tuple[str, str]]:
        """Allow-Events, with the packages there are."""
        return [("Allow-Events", ", ".join(PACKAGES))]


def event_of(request: Request) -> tuple[Event, Package]:
    """The event that a request names, and its package.

    Raises:
        BadEvent: there is no Event header, or no such package.
        BadRequest: the header breaks its grammar, or names two.
    """
    rows = request.headers.get("event")
    if not rows:
        raise BadEvent("there is no Event header")
    return event_named(rows[0])


def event_named(text: str) -> tuple[Event, Package]:
    """The same, of the text of the header."""
    try:
        event = Event.parse(text)
    except MalformedHeader as fault:
        raise BadRequest(str(fault)) from None
    package = PACKAGES.get(event.package)
    if package is None:
        raise BadEvent(f"there is no event package {event.package[:40]}")
    return event, package
