"""What a SUBSCRIBE says, as far as rules look at it: of the one in hand, or of one long past."""

from __future__ import annotations

from hereabouts.presence.questions import Asked, Kind
from hereabouts.presence.subscription import Standing, Subscription
from hereabouts.presence.terms import Terms
from hereabouts.sip.headers.media import MediaType
from hereabouts.sip.message import Request


def kind_of(lifetime: int, terms: Terms | None, *, is_inside: bool) -> Kind:
    """What a SUBSCRIBE is for; `is_inside`: it comes in the dialog of a subscription.

    One whose first request could not be decided is still at its first request.
    """
    if not is_inside:
        return Kind.INITIAL if lifetime else Kind.FETCH
    if not lifetime:
        return Kind.UNSUBSCRIBE
    if terms is not None and terms.is_provisional and terms.asked is not None:
        return terms.asked.kind
    return Kind.REFRESH


def asked_by(request: Request, kind: Kind, expires: int | None) -> Asked:
    """What a SUBSCRIBE of sound grammar says."""
    return Asked(
        kind=kind,
        expires=expires,
        event=request.first("event") or "",
        accept=tuple(MediaType.parse(value).name for value in request.values("accept")),
        origin=request.headers["from"][0],
        destination=request.uri,
        original_destination=request.headers["to"][0],
    )


def asked_before(record: Subscription) -> Asked:
    """What the last SUBSCRIBE said; as much as the record knows, if nobody kept it then."""
    if record.terms is not None and record.terms.asked is not None:
        return record.terms.asked
    target = f"<{record.presentity}>"
    return Asked(
        kind=Kind.INITIAL if record.standing is Standing.PENDING else Kind.REFRESH,
        expires=record.lifetime,
        event=record.event,
        accept=(record.content_type,),
        origin=record.dialog.remote,
        destination=record.presentity,
        original_destination=target,
    )
