"""What a policy may ask about what is in hand: one record of facts for all four points."""

from __future__ import annotations

from enum import Enum

import msgspec

from hereabouts.base.units import Seconds
from hereabouts.policy.point import Point
from hereabouts.sip.headers.address import Address


class Kind(Enum):
    """What a SUBSCRIBE is for; at outgoing-notification, what the last one was for."""

    INITIAL = "initial"
    REFRESH = "refresh"
    FETCH = "fetch"
    UNSUBSCRIBE = "unsubscribe"


class Trigger(Enum):
    """What has brought this about."""

    USER = "user"
    "The watcher himself asks."
    REFRESH_TIMER = "refresh-timer"
    "The watcher's agent refreshes before the subscription ends."
    SUBSCRIBE = "subscribe"
    APPROVAL = "approval"
    REGISTRATION = "registration"
    UPDATE = "update"
    POLICY = "policy"
    "A changed policy has changed the state of the subscription."
    TERMINATION = "termination"
    NOTIFY = "notify"
    "A NOTIFY has come."


MANDATORY = frozenset({Trigger.SUBSCRIBE, Trigger.APPROVAL, Trigger.POLICY, Trigger.TERMINATION})
"""What no policy can keep from the watcher: these notifications are sent in any case, at once
(:rfc:`6665#section-4.2.1.2`, :rfc:`6446#section-5.2`); a policy chooses only what is in them."""


def must_go(point: Point, trigger: Trigger | None) -> bool:
    """Whether a notification with this cause is sent whatever the policies say."""
    return point is Point.OUTGOING_NOTIFICATION and trigger in MANDATORY


class Facts(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What is known at a point when a policy is asked; what is absent is `None`.

    A field is named as scripts name it (`original-destination`), with `_` for `-`.
    """

    owner: str
    "Whose policies are asked, an address-of-record."
    point: Point
    presentity: str
    "An address-of-record."
    watcher: str | None = None
    "The authenticated identity, an address-of-record; `None`: not authenticated."
    origin: Address | None = None
    "From, of the message in hand."
    destination: Address | None = None
    "The Request-URI of the message in hand."
    original_destination: Address | None = None
    "To, of the message in hand."
    event: str | None = None
    "The event package."
    kind: Kind | None = None
    trigger: Trigger | None = None
    state: str | None = None
    "The state of the subscription (:rfc:`3857#section-4.7.1`); of a NOTIFY, what it says."
    reason: str | None = None
    "Why the subscription is in that state."
    accept: tuple[str, ...] | None = None
    "The media types that the watcher accepts."
    content_type: str | None = None
    "The media type of the body in hand."
    authentication: str | None = None
    "How the watcher was authenticated, such as `digest`."
    expires: Seconds | None = None
    "The lifetime that was asked for."
    since_last_notification: Seconds | None = None
    "Time since this watcher was last notified; `None`: never."
    since_change: Seconds | None = None
    "Time since the presentity's document last changed."

    @property
    def is_mandatory(self) -> bool:
        """Whether this notification is sent whatever the policies say."""
        return must_go(self.point, self.trigger)
