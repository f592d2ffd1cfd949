"""What presence asks of whoever decides, at the four points; `roles` plugs the answers in."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Protocol

import msgspec

from hereabouts.base.units import NEVER, Moment, Seconds, Timestamp


class Decision(StrEnum):
    """What may become of a subscription (:rfc:`5025#section-3.2.1`).

    StrEnum, as its hash is taken for every SUBSCRIBE.
    """

    ALLOW = "allow"
    CONFIRM = "confirm"
    "Nobody has decided: pending until the presentity does."
    POLITE_BLOCK = "polite-block"
    "Looks approved and shows nothing."
    REJECT = "reject"


class Handling(Enum):
    """What may become of a notification."""

    DELIVER = "deliver"
    POLITE_BLOCK = "polite-block"
    "The neutral document goes in place of the presentity's."
    SUPPRESS = "suppress"
    "Nothing is sent, or shown; what must be sent shows nothing new."
    DEFER = "defer"
    "Held for some seconds, the newest in place of older ones; then asked again."
    TERMINATE = "terminate"
    "The subscription ends."


class Kind(Enum):
    """What a SUBSCRIBE is for."""

    INITIAL = "initial"
    REFRESH = "refresh"
    FETCH = "fetch"
    UNSUBSCRIBE = "unsubscribe"


class Trigger(Enum):
    """What a notification is sent for."""

    SUBSCRIBE = "subscribe"
    APPROVAL = "approval"
    REGISTRATION = "registration"
    "Something new is known of the presentity: a first publication, registration or device."
    UPDATE = "update"
    "What was known of it has changed."
    POLICY = "policy"
    "A rule has changed, and how the subscription stands with it."
    TERMINATION = "termination"


MANDATORY = frozenset(Trigger) - {Trigger.REGISTRATION, Trigger.UPDATE}
"""What is sent whatever the rules say, and at once (:rfc:`6665#section-4.2.1.2`,
:rfc:`6446#section-5.2`): they only choose what it shows."""


class Asked(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a SUBSCRIBE says, as far as rules look at it; it can be stored."""

    kind: Kind
    expires: int | None
    "The lifetime asked for, in seconds; `None`: none."
    event: str
    "The Event header."
    accept: tuple[str, ...]
    "The media types of Accept, without parameters; none: whatever the package has."
    origin: str
    "The From header."
    destination: str
    "The Request-URI."
    original_destination: str
    "The To header."


class WatchQuestion(msgspec.Struct, frozen=True, gc=False):
    """May this watcher watch this presentity? (incoming-subscription; the presentity's rules)."""

    presentity: str
    "An address-of-record."
    watcher: str
    "The authenticated identity, an address-of-record."
    package: str
    "The event package."
    state: str = "init"
    "How the subscription stands already (:rfc:`3857#section-4.7.1`)."
    asked: Asked | None = None
    "What the SUBSCRIBE in hand, or the last one, says; `None`: nobody wants to know."


class SubscribeQuestion(WatchQuestion, frozen=True, gc=False):
    """May this SUBSCRIBE leave its watcher? (outgoing-subscription; the watcher's rules)."""


class WatchAnswer(msgspec.Struct, frozen=True, gc=False):
    """What was decided, and why, in a sentence for a person."""

    decision: Decision
    because: str
    status: int = 403
    "Of `REJECT`: the status of the response, where a response says so."
    reason: str = ""
    "Of `REJECT`: the reason phrase; empty: that of the status."
    min_interval: Seconds = 0.0
    "The least time between two notifications of this subscription."
    expires_at_most: int | None = None
    "The longest lifetime that may be granted, in seconds."
    valid_until: Timestamp = NEVER
    "From this date on time alone may make it another answer."
    looked_at: frozenset[str] = frozenset()
    "What it depends on besides: names of facts."
    is_provisional: bool = False
    "Whether nobody could be asked: it will be asked about again."


class SubscribeAnswer(WatchAnswer, frozen=True, gc=False):
    """The same for a watcher's own rules: everything but `ALLOW` keeps the SUBSCRIBE from leaving.

    `CONFIRM` asks the watcher himself; nobody can wait for him within a transaction.
    """


class NotifyQuestion(msgspec.Struct, frozen=True, gc=False):
    """May this watcher be told? (outgoing-notification; the presentity's rules)."""

    presentity: str
    watcher: str
    package: str
    trigger: Trigger
    state: str
    "What Subscription-State says: `active`, `pending`, `terminated`."
    reason: str = ""
    "Why it says so, of `terminated`."
    content_type: str = ""
    since_last: Seconds | None = None
    "Time since this watcher was last notified; `None`: never, or not known."
    asked: Asked | None = None
    "What the last SUBSCRIBE said; `None`: not known."


class ShowQuestion(NotifyQuestion, frozen=True, gc=False):
    """May this watcher see it? (incoming-notification; the watcher's rules)."""


class NotifyAnswer(msgspec.Struct, frozen=True, gc=False):
    """What was decided, and why, in a sentence for a person."""

    handling: Handling
    because: str
    defer: Seconds = 0.0
    "Of `DEFER`: how long."
    min_interval: Seconds = 0.0
    "The least time between two notifications of this subscription; whoever asks keeps it."
    valid_until: Timestamp = NEVER
    "From this date on time alone may make it another answer."
    looked_at: frozenset[str] = frozenset()
    "What it depends on besides: names of facts."


class ShowAnswer(NotifyAnswer, frozen=True, gc=False):
    """The same for a watcher's own rules."""


class Questions(Protocol):
    """Who decides about subscriptions and notifications. All answer; none of them raises."""

    async def may_subscribe(self, question: SubscribeQuestion, now: Moment) -> SubscribeAnswer:
        """Whether a SUBSCRIBE leaves its watcher, one of our own users."""
        ...

    async def may_watch(self, question: WatchQuestion, now: Moment) -> WatchAnswer:
        """What becomes of a subscription, new or already there."""
        ...

    async def may_notify(self, question: NotifyQuestion, now: Moment) -> NotifyAnswer:
        """What becomes of a notification that is about to leave."""
        ...

    async def may_show(self, question: ShowQuestion, now: Moment) -> ShowAnswer:
        """What becomes of a notification that has come for one of our own users."""
        ...

    def has_subscribing_rules(self, presentity: str, watcher: str) -> bool:
        """Whether either has rules on subscriptions. Cheap: `False` saves gathering facts."""
        ...

    def has_rules(self) -> bool:
        """Whether anybody has any rules. Cheaper still: `False` saves asking about each."""
        ...

    def has_notifying_rules(self, presentity: str, watcher: str) -> bool:
        """Whether either has rules on notifications. Cheap: `False` saves asking."""
        ...
