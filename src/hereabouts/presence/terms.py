"""What the rules of both sides have set for a subscription: stored with it where there are any."""

from __future__ import annotations

import msgspec

from hereabouts.base.units import NEVER, Seconds, Timestamp
from hereabouts.presence.questions import Asked, WatchAnswer


class Told(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The last NOTIFY that rules had a say in."""

    at: Timestamp
    body: bytes
    "The document in it."
    fingerprint: bytes
    "Equal for documents that say the same."
    is_change: bool
    "Whether it told a change; one that must be sent is sent again, and at once, after a crash."


class Terms(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What holds for a subscription besides its standing."""

    asked: Asked | None = None
    "What the last SUBSCRIBE said."
    min_interval: Seconds = 0.0
    "The least time between two NOTIFYs that was set when it subscribed."
    decided_until: Timestamp = NEVER
    "From this date on time alone may let it stand otherwise."
    is_provisional: bool = False
    "Whether it stands as it does because nobody could be asked."
    told: Told | None = None

    @property
    def is_restraining(self) -> bool:
        """Whether its NOTIFYs are held to something even where no rule is left."""
        return self.min_interval > 0 or self.told is not None

    def decided(self, answer: WatchAnswer) -> Terms:
        """The terms after the subscription was asked about again."""
        return msgspec.structs.replace(
            self,
            min_interval=answer.min_interval,
            decided_until=answer.valid_until,
            is_provisional=answer.is_provisional,
        )
