"""Publications: the rules of PUBLISH (:rfc:`3903`)."""

from __future__ import annotations

from hereabouts.base.refusal import Refusal
from hereabouts.base.units import Moment, Seconds, Timestamp
from hereabouts.storage.interface import Entry, Record

KIND = "publication"


class ConditionalRequestFailed(Refusal):
    """SIP-If-Match names no publication, or an older state (:rfc:`3903#section-6`, step 3)."""

    status = 412


class EmptyPublication(Refusal):
    """Neither a body nor SIP-If-Match: nothing to publish, nothing to refresh."""

    status = 400

    def __init__(self) -> None:
        super().__init__("PUBLISH has neither a body nor SIP-If-Match")


class Publication(Record, frozen=True, gc=False):
    """What one PUA has published, under a slot that lasts as long as its refreshes.

    The entity-tag is slot and version: no version comes twice, so no tag does.
    """

    body: bytes = b""
    "The document as it came; empty: it was removed, and is remembered for retransmissions."
    charset: str = ""
    "The charset that its Content-Type gave."
    published_at: Timestamp = Timestamp(0.0)
    "When this body came."
    lifetime: int = 0
    "The lifetime last granted, in seconds."
    request: str = ""
    "What names the request that last changed it."


def entity_tag(slot: str, entry: Entry) -> str:
    """The entity-tag of a publication as it is now."""
    return f"{slot}.{entry.version:x}"


def slot_of(tag: str) -> str:
    """The slot that an entity-tag names."""
    return tag.partition(".")[0]


def publish(
    stored: Publication | None,
    *,
    body: bytes,
    charset: str,
    lifetime: int,
    request: str,
    now: Moment,
    memory: Seconds,
) -> Publication:
    """The publication to keep after this PUBLISH.

    The four operations are those of :rfc:`3903#section-4.1`, table 1: `stored` is what
    SIP-If-Match names (`None`: there was no such header), and a body comes or does not. One that
    is removed is kept empty for `memory` seconds.

    Raises:
        EmptyPublication: nothing is named and nothing comes.
    """
    if stored is None and not body:
        raise EmptyPublication
    if lifetime == 0:
        return Publication(Timestamp(now.timestamp + memory), request=request)
    expires_at = Timestamp(now.timestamp + lifetime)
    if stored is not None and not body:
        body, charset, published_at = stored.body, stored.charset, stored.published_at
    else:
        published_at = now.timestamp
    return Publication(expires_at, body, charset, published_at, lifetime, request)
