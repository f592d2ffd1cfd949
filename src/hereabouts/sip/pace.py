"""When a client asks again: before what it keeps runs out, and after what went wrong."""

from __future__ import annotations

import msgspec

from hereabouts.base.units import Seconds
from hereabouts.sip.leaving import Answer, Failure
from hereabouts.sip.parameters import parse_seconds

PASSING = frozenset({408, 480, 491, 500, 502, 503, 504})
"Answers after which the same request may succeed later; any other refusal is for good."

SHORTEST = 0.5
"Seconds to let pass before a refresh, however short a lifetime is granted."


class Pace(msgspec.Struct, frozen=True):
    """How patient and how persistent a client is; tests shorten it. All in seconds."""

    lifetime: int = 3600
    "The lifetime that is asked for."
    refresh_at: float = 0.85
    "The part of a lifetime after which it is refreshed: at an hour, nine minutes are left."
    first_pause: Seconds = 1.0
    "Pause after a failure; it doubles with each further one."
    longest_pause: Seconds = 300.0
    patience: Seconds = 32.0
    "Timer N: how long to wait for the NOTIFY that a SUBSCRIBE asks for; 64 T1."
    farewell: Seconds = 2.0
    "How long to wait for what confirms an end."

    def refresh(self, lifetime: Seconds) -> Seconds:
        """When to refresh what lives for `lifetime`."""
        return max(SHORTEST, lifetime * self.refresh_at)

    def pause(self, failures: int, asked: Seconds | None = None) -> Seconds:
        """How long to wait after so many failures in a row; at least what the peer `asked` for."""
        doubled = self.first_pause * 2.0 ** min(failures - 1, 20)
        return max(min(doubled, self.longest_pause), float(asked or 0))


def may_pass(answer: Answer) -> bool:
    """Whether the same request may succeed later."""
    return isinstance(answer, Failure) or answer.status in PASSING


def retry_after(answer: Answer) -> int | None:
    """The seconds for which the peer wants to be left alone (:rfc:`3261#section-20.33`)."""
    if isinstance(answer, Failure):
        return None
    value = (answer.first("retry-after") or "").partition(";")[0].partition("(")[0]
    return parse_seconds(value.strip())
