"""What presence asks of whoever decides; `roles` plugs the answers in."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from hereabouts.base.units import Timestamp


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


class WatchQuestion(msgspec.Struct, frozen=True, gc=False):
    """May this watcher watch this presentity?"""

    presentity: str
    "An address-of-record."
    watcher: str
    "The authenticated identity, an address-of-record."
    package: str
    "The event package."


class WatchAnswer(msgspec.Struct, frozen=True, gc=False):
    """What was decided, and why, in a sentence for a person."""

    decision: Decision
    because: str


class Questions(Protocol):
    """Who decides about subscriptions."""

    async def may_watch(self, question: WatchQuestion, now: Timestamp) -> WatchAnswer:
        """What becomes of a subscription, new or already there."""
        ...
