"""A watcher's agent (W-PA) for one presentity of his list: watches it as far as his rules let it.

Each SUBSCRIBE asks his outgoing-subscription rules before it leaves, and each NOTIFY his
incoming-notification rules before he is shown it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import msgspec

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import NEVER, Moment, Seconds, Timestamp
from hereabouts.presence.display import UNSEEN, Shown, display, trigger_of
from hereabouts.presence.packages import PRESENCE
from hereabouts.presence.questions import (
    Asked,
    Decision,
    Handling,
    Kind,
    NotifyAnswer,
    Questions,
    ShowQuestion,
    SubscribeAnswer,
    SubscribeQuestion,
    Trigger,
)
from hereabouts.presence.sighting import Sighting
from hereabouts.presence.statement import Statement
from hereabouts.presence.steps import Step, Tell
from hereabouts.presence.watching import Permitted, Watch
from hereabouts.sip.alarm import Alarm
from hereabouts.sip.message import Response
from hereabouts.sip.pace import Pace
from hereabouts.sip.requester import Requester

RECONSIDER = 300.0
"Seconds after which a rule that kept a SUBSCRIBE from leaving is asked again."

RETRY = 3600.0
"Seconds after which a presentity that did not want to be watched is asked again."

SOONEST = 10.0
"Seconds until the next question, where an answer holds for this moment alone."

FOREVER = float("inf")

Run = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]
"Runs a handler of this watcher; they never overlap."


class Means(msgspec.Struct, frozen=True):
    """What the agents of one watcher share."""

    requester: Requester
    deadlines: Deadlines
    questions: Questions
    pace: Pace
    run: Run
    by_call_id: dict[str, Watch]
    "Where the watches are found that take NOTIFYs."
    tell: Tell | None = None


class WatcherAgent:
    """Watches one presentity for one watcher for as long as it is in his list."""

    def __init__(self, presentity: str, means: Means) -> None:
        self.presentity = presentity
        self.shown = Shown()
        self._withheld = ""  # why something newer than what he sees is kept from him
        self._refusal = ""  # why he may not even ask for it
        self._least: tuple[Seconds, str] = (0.0, "")  # between two that are shown, and why
        self._means = means
        self._watcher = means.requester.account.address
        self._watch = Watch(
            presentity,
            means.requester,
            means.deadlines,
            self._seen,
            means.pace,
            means.by_call_id,
            permit=self._permit,
        )
        self._is_listed = False
        self._is_asked_for = False  # the NOTIFY to come answers a SUBSCRIBE
        self._newest = UNSEEN
        self._again = Alarm(means.deadlines, self._due)
        self._look = Alarm(means.deadlines, partial(self._ask_to_show, Trigger.UPDATE))

    def begin(self, now: Moment) -> None:
        """Watch from now on."""
        self._is_listed = True
        self._watch.begin(now)

    def end(self, now: Moment) -> None:
        """Watch no more."""
        self._is_listed = False
        self._again.stop()
        self._look.stop()
        self._watch.end(now)

    def rules_changed(self, now: Moment) -> None:
        """Ask the rules again: whether it may be watched, and whether it may be shown."""
        self._due(now)
        if self._is_listed and self.shown.at:
            self._ask_to_show(Trigger.POLICY, now)

    def ask_again(self, now: Moment) -> None:
        """Watch again, if a presentity that may think otherwise by now has ended it."""
        if self._watch.is_over:
            self._due(now)

    def _due(self, now: Moment) -> None:
        """Ask again about what goes on, and begin again what has ended."""
        self._again.stop()
        if self._watch.is_subscribed:
            self._means.run(partial(self._reconsider, now))
        elif self._is_listed and self._watch.is_over:
            self._watch.begin(now)

    # -- outgoing subscription

    def _permit(self, lifetime: int, now: Moment, permitted: Permitted) -> None:
        self._is_asked_for = True
        if self._means.questions.has_subscribing_rules(self.presentity, self._watcher):
            self._means.run(partial(self._ask_to_subscribe, lifetime, now, permitted))
        else:
            self._refusal, self._least = "", (0.0, "")
            permitted(lifetime, now)

    async def _ask_to_subscribe(self, lifetime: int, now: Moment, permitted: Permitted) -> None:
        is_refresh = self._watch.is_subscribed
        answer = await self._means.questions.may_subscribe(self._question(lifetime), now)
        if self._is_allowed(answer, now):
            most = answer.expires_at_most
            permitted(lifetime if most is None else min(lifetime, most), now)
        elif is_refresh:
            self._give_up(answer, now)
        else:
            permitted(Response(answer.status, answer.reason or answer.because, [], {}, b""), now)
            self._again.set(_until(answer.valid_until, RECONSIDER, now), now)

    async def _reconsider(self, now: Moment) -> None:
        """Whether a subscription may go on."""
        if not self._watch.is_subscribed:
            return
        question = self._question(self._means.pace.lifetime)
        answer = await self._means.questions.may_subscribe(question, now)
        if not self._is_allowed(answer, now):
            self._give_up(answer, now)

    def _is_allowed(self, answer: SubscribeAnswer, now: Moment) -> bool:
        """Whether the rules let it be watched; until when, where time alone may end it."""
        is_allowed = answer.decision is Decision.ALLOW
        self._refusal = "" if is_allowed else answer.because
        self._least = (answer.min_interval, answer.because)
        if is_allowed and answer.valid_until < NEVER:
            self._again.set(_until(answer.valid_until, FOREVER, now), now)
        return is_allowed

    def _give_up(self, answer: NotifyAnswer | SubscribeAnswer, now: Moment) -> None:
        """End a subscription that the watcher's own rules do not want any more."""
        self._refusal = answer.because
        self._watch.end(now)
        self._again.set(_until(answer.valid_until, RECONSIDER, now), now)

    def _question(self, lifetime: int) -> SubscribeQuestion:
        state = self._newest.substate.value if self._watch.is_subscribed else "init"
        return SubscribeQuestion(
            self.presentity, self._watcher, PRESENCE.name, state, self._asked(lifetime)
        )

    def _asked(self, lifetime: int) -> Asked:
        return Asked(
            kind=Kind.REFRESH if self._watch.is_subscribed else Kind.INITIAL,
            expires=lifetime,
            event=PRESENCE.name,
            accept=PRESENCE.content_types,
            origin=f"<{self._watcher}>",
            destination=self.presentity,
            original_destination=f"<{self.presentity}>",
        )

    # -- incoming notification

    def _seen(self, sighting: Sighting, now: Moment) -> None:
        trigger = trigger_of(self._newest, sighting, is_asked_for=self._is_asked_for)
        self._newest, self._is_asked_for = sighting, False
        if not self._is_listed:
            return
        if sighting.is_over and not self._again.is_set:
            self._again.set(RETRY, now)
        self._ask_to_show(trigger, now)

    def _ask_to_show(self, trigger: Trigger, now: Moment) -> None:
        self._look.stop()
        is_own = self._newest.answer is not None  # there was no NOTIFY that a rule could be about
        has_rules = self._means.questions.has_notifying_rules(self.presentity, self._watcher)
        if (has_rules or self._least[0]) and not is_own:
            self._means.run(partial(self._display, trigger, now))
        else:
            self._withheld = ""
            self._show(Shown(self._newest, now.timestamp))

    async def _display(self, trigger: Trigger, now: Moment) -> None:
        seen, shown = self._newest, self.shown
        question = ShowQuestion(
            self.presentity,
            self._watcher,
            PRESENCE.name,
            trigger,
            seen.substate.value,
            reason=seen.reason,
            content_type=PRESENCE.content_types[0],
            since_last=round(now.timestamp - shown.at, 3) if shown.at else None,
            asked=self._asked(self._means.pace.lifetime),
        )
        answer = self._slowed(await self._means.questions.may_show(question, now))
        outcome = display(answer, shown, seen, self.presentity, trigger, now.timestamp)
        self._withheld = answer.because if outcome.is_held else ""
        self._show(outcome.shown)
        if outcome.is_held and outcome.ask_at < NEVER:
            self._look.set(_until(outcome.ask_at, FOREVER, now), now)
        if answer.handling is Handling.TERMINATE and self._watch.is_subscribed:
            self._give_up(answer, now)

    def _slowed(self, answer: NotifyAnswer) -> NotifyAnswer:
        """The answer, at the pace that the rules about the subscription have set."""
        least, because = self._least
        if least <= answer.min_interval:
            return answer
        is_delivered = answer.handling is Handling.DELIVER
        because = because if is_delivered else answer.because
        return msgspec.structs.replace(answer, min_interval=least, because=because)

    def _show(self, shown: Shown) -> None:
        if self.shown.at and self.shown.sighting == shown.sighting:
            return
        self.shown = shown
        if self._means.tell is not None:
            self._means.tell(Step.DISPLAYED, self.presentity, self._watcher)

    # -- for people

    def row(self) -> dict[str, object]:
        """What the watcher sees, as fields."""
        sighting, at = self.shown.sighting, self.shown.at
        said = Statement.of(sighting.document) if sighting.document is not None else Statement()
        return {
            "presentity": self.presentity,
            "state": sighting.substate.value if at else "waiting",
            "reason": sighting.reason,
            "basic": said.basic.value if said.basic else None,
            "note": said.note,
            "activities": said.activities,
            "since": at or None,
            "withheld": self._refusal or self._withheld,
        }


def _until(date: Timestamp, at_most: Seconds, now: Moment) -> Seconds:
    """How long to wait for a date; one that has come already is waited for a while."""
    left = date - now.timestamp
    return min(left if left > 0 else SOONEST, at_most)
