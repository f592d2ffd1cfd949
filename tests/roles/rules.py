"""Rules that say what the test says, in the place of policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hereabouts.base.units import Moment
from hereabouts.presence.questions import (
    Decision,
    Handling,
    NotifyAnswer,
    NotifyQuestion,
    ShowAnswer,
    ShowQuestion,
    SubscribeAnswer,
    SubscribeQuestion,
    WatchAnswer,
    WatchQuestion,
)

if TYPE_CHECKING:
    import pytest

    from tests.roles.realm import Realm


class Rules:
    """`Questions` with one answer each, and a note of what was asked."""

    def __init__(self) -> None:
        self.subscribing = SubscribeAnswer(Decision.ALLOW, "why not")
        self.showing = ShowAnswer(Handling.DELIVER, "why not")
        self.asked: list[WatchQuestion | NotifyQuestion] = []

    def rule(self, realm: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have the proxy of `a` ask here."""
        monkeypatch.setattr(realm.proxy.leaving, "_questions", self)
        monkeypatch.setattr(realm.proxy.releasing, "_questions", self)

    async def may_subscribe(self, question: SubscribeQuestion, now: Moment) -> SubscribeAnswer:
        self.asked.append(question)
        return self.subscribing

    async def may_watch(self, question: WatchQuestion, now: Moment) -> WatchAnswer:
        raise AssertionError("the presentity is asked elsewhere")

    async def may_notify(self, question: NotifyQuestion, now: Moment) -> NotifyAnswer:
        raise AssertionError("the presentity is asked elsewhere")

    async def may_show(self, question: ShowQuestion, now: Moment) -> ShowAnswer:
        self.asked.append(question)
        return self.showing

    def has_rules(self) -> bool:
        return True

    def has_subscribing_rules(self, presentity: str, watcher: str) -> bool:
        return True

    def has_notifying_rules(self, presentity: str, watcher: str) -> bool:
        return True
