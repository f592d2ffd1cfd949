"""A publisher (PUA): one publication, kept as it is wanted (:rfc:`3903#section-4`).

One request at a time; what is published meanwhile waits, and only the newest of it is sent.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import NEVER, Moment, Timestamp
from hereabouts.presence.packages import PRESENCE
from hereabouts.sip.leaving import Answer
from hereabouts.sip.message import Response
from hereabouts.sip.pace import Pace
from hereabouts.sip.parameters import parse_seconds
from hereabouts.sip.requester import Requester
from hereabouts.sip.upkeep import Report, Upkeep


class Known(msgspec.Struct, frozen=True):
    """The publication that a server has, as its publisher remembers it over a restart."""

    entity_tag: str
    body: bytes
    expires_at: Timestamp


class Publisher:
    """Publishes one document about a presentity, and keeps it published.

    `known` is what a former run has left: it is modified rather than published a second time
    (:rfc:`3903#section-4.2`).
    """

    def __init__(
        self,
        requester: Requester,
        deadlines: Deadlines,
        tell: Callable[[Report, Moment], None],
        pace: Pace,
        *,
        known: Known | None = None,
    ) -> None:
        self.known = known
        "What the server has; a caller may keep it for the next run."
        self._requester = requester
        address = requester.account.address
        self._conversation = requester.conversation(address, to=address)
        self._upkeep = Upkeep(deadlines, self._ask, tell, pace, may_be_there=known is not None)
        self._wanted = b""

    def publish(self, body: bytes, now: Moment) -> None:
        """Have the server keep this document from now on."""
        self._wanted = body
        self._upkeep.want(now)

    def remove(self, now: Moment) -> None:
        """Have the server keep nothing of ours."""
        self._upkeep.end(now)

    def renew(self, now: Moment) -> None:
        """Ask whether the server still has it, and publish it again if not."""
        self._upkeep.renew(now)

    def _ask(self, lifetime: int, now: Moment) -> None:
        """Send the operation that brings the server to what is wanted: table 1 of the RFC."""
        known = self.known
        if known is not None and known.expires_at <= now.timestamp:
            known = self.known = None
        if known is None and not lifetime:
            self._upkeep.vanished(now)  # there is nothing that could be named, or removed
            return
        is_new = known is None or known.body != self._wanted
        body = self._wanted if lifetime and is_new else b""
        rows = f"Event: {PRESENCE.name}\r\nExpires: {lifetime}\r\n"
        if known is not None:
            rows += f"SIP-If-Match: {known.entity_tag}\r\n"
        if body:
            rows += f"Content-Type: {PRESENCE.content_types[0]}\r\n"
        user = (self._answered, self._wanted if lifetime else b"")
        self._requester.send(self._conversation, "PUBLISH", rows, user, body)

    def _answered(self, published: bytes, answer: Answer, now: Moment) -> None:
        if isinstance(answer, Response):
            if answer.status == 412 and self.known is not None:
                self.known = None
                self._upkeep.vanished(now)
                return
            if answer.status < 300:
                self.known = _known(answer, published, now)
        self._upkeep.answered(answer, now)


def _known(answer: Response, body: bytes, now: Moment) -> Known | None:
    """What the server has after a 2xx; `None`: nothing that could be named in a refresh."""
    tag = answer.first("sip-etag")
    if not tag or not body:
        return None
    lifetime = parse_seconds(answer.first("expires"))
    expires_at = NEVER if lifetime is None else Timestamp(now.timestamp + lifetime)
    return Known(tag, body, expires_at)
