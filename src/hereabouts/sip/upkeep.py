"""What a client keeps alive at a server: asked for, refreshed in time, asked for again, removed.

Registrations and publications are kept alike (:rfc:`3261#section-10.2`, :rfc:`3903#section-4`):
one request at a time, 423 answered with what the server wants at least, pauses that grow.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import msgspec

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import Moment, Seconds
from hereabouts.sip.alarm import Alarm
from hereabouts.sip.leaving import Answer, Failure
from hereabouts.sip.message import Response
from hereabouts.sip.outbound import recovery_pause
from hereabouts.sip.pace import Pace, may_pass, retry_after
from hereabouts.sip.parameters import parse_seconds

Ask = Callable[[int, Moment], None]
"Sends the request for a lifetime in seconds; 0 asks for removal."


class Standing(Enum):
    """How it stands with what is kept."""

    KEPT = "kept"
    "The server has it as it is wanted now."
    TROUBLED = "troubled"
    "It could not be asked for; it will be again."
    REFUSED = "refused"
    "The server does not want it; only a new wish asks again."
    ENDED = "ended"
    "It was to end, and nothing more will be sent."


class Report(msgspec.Struct, frozen=True):
    """What became of the last request."""

    standing: Standing
    answer: Answer | None = None
    "The answer that it follows from; `None`: nothing had to be sent."
    pause: Seconds = 0.0
    "How long until it is asked for again."


class Upkeep:
    """Keeps one thing alive with the requests that `ask` sends."""

    def __init__(
        self,
        deadlines: Deadlines,
        ask: Ask,
        tell: Callable[[Report, Moment], None],
        pace: Pace,
        *,
        may_be_there: bool = False,
        chance: Callable[[], float] | None = None,
    ) -> None:
        self._ask = ask
        self._tell = tell
        self._pace = pace
        self._chance = chance
        self._lifetime = pace.lifetime
        self._alarm = Alarm(deadlines, self.again)
        self._asked: int | None = None  # the lifetime in the request that is out
        self._is_wanted = False
        self._may_be_there = may_be_there
        self._is_behind = False
        self._failures = 0

    def want(self, now: Moment) -> None:
        """Keep it from now on; or, if it is kept, tell the server what it is now."""
        self._is_wanted = True
        self.again(now)

    def end(self, now: Moment) -> None:
        """Remove it."""
        self._is_wanted = False
        self._alarm.stop()
        if self._may_be_there:
            self.again(now)
        elif self._asked is None:
            self._tell(Report(Standing.ENDED), now)

    def renew(self, now: Moment) -> None:
        """Ask at once, if it is wanted: the way to the server has changed."""
        if self._is_wanted and self._may_be_there:
            self.again(now)

    def again(self, now: Moment) -> None:
        """Ask now, or as soon as the request that is out has its answer."""
        self._alarm.stop()
        if self._asked is not None:
            self._is_behind = True
            return
        self._is_behind = False
        self._may_be_there = True
        self._asked = self._lifetime if self._is_wanted else 0
        self._ask(self._asked, now)

    def answered(self, answer: Answer, now: Moment) -> None:
        """Take the final answer to the request that is out."""
        asked, self._asked = self._asked, None
        if asked == 0:
            self._ended(answer, now)
        elif isinstance(answer, Response) and answer.status < 300:
            self._granted(answer, now)
        elif self._is_brief(answer):
            self.again(now)
        elif may_pass(answer):
            self._failed(answer, now)
        else:
            self._refused(answer, now)

    def vanished(self, now: Moment) -> None:
        """Take it that the server has nothing of it, in place of an answer."""
        self._asked = None
        self._ended(None, now)

    def _ended(self, answer: Answer | None, now: Moment) -> None:
        self._may_be_there = False
        if self._is_wanted:
            self.again(now)
        else:
            self._tell(Report(Standing.ENDED, answer), now)

    def _granted(self, answer: Response, now: Moment) -> None:
        self._failures = 0
        if self._is_behind:
            self.again(now)
            return
        granted = parse_seconds(answer.first("expires")) or self._lifetime
        self._alarm.set(self._pace.refresh(min(granted, self._lifetime)), now)
        self._tell(Report(Standing.KEPT, answer), now)

    def _is_brief(self, answer: Answer) -> bool:
        """Whether more is to be asked for; then it is known from now on how much."""
        if isinstance(answer, Failure) or answer.status != 423:
            return False
        least = parse_seconds(answer.first("min-expires"))
        if least is None or least <= self._lifetime:
            return False
        self._lifetime = least
        return True

    def _failed(self, answer: Answer, now: Moment) -> None:
        if not self._is_wanted:
            self.again(now)  # the end is tried once all the same: it may be there
            return
        self._failures += 1
        pause = self._pause(retry_after(answer))
        self._alarm.set(pause, now)
        self._tell(Report(Standing.TROUBLED, answer, pause), now)

    def _pause(self, asked: int | None) -> Seconds:
        """With a chance it is that of a flow which is formed again (:rfc:`5626#section-4.5`)."""
        pace = self._pace
        if self._chance is None:
            return pace.pause(self._failures, asked)
        chance = self._chance()
        pause = recovery_pause(self._failures, pace.first_pause, pace.longest_pause, chance)
        return max(pause, float(asked or 0))

    def _refused(self, answer: Answer, now: Moment) -> None:
        self._may_be_there = False
        if not self._is_wanted:
            self._tell(Report(Standing.ENDED, answer), now)
        elif self._is_behind:
            self.again(now)
        else:
            self._tell(Report(Standing.REFUSED, answer), now)
