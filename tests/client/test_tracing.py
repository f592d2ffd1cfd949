"""Looks at a node, one after the other: each thing is shown once, and nothing is asked in haste."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec
import pytest

from hereabouts.client import tracing
from hereabouts.client.tracing import look, trace
from hereabouts.client.views import Event
from hereabouts.roles.decisions import Decided
from hereabouts.roles.tracing import Look, Shown
from tests.client.passages import ASKED, ELSEWHERE, TOLD, decided, shown
from tests.client.serving import run

ONE, TWO, THREE = shown(ASKED), shown(ELSEWHERE), shown(TOLD)


class Node:
    """Answers what it is told to, and then that there is nothing new."""

    def __init__(self, *looks: Look) -> None:
        self._looks = list(looks)
        self.asked: list[int] = []

    def ask(self, since: int) -> object:
        self.asked.append(since)
        found = self._looks.pop(0) if self._looks else Look([], [], since, 0, since)
        return msgspec.json.decode(msgspec.json.encode(found))


def seen(
    *passed: Shown, last: int, newest: int, missed: int = 0, made: Iterable[Decided] = ()
) -> Look:
    return Look(list(passed), list(made), last, missed, newest)


def looked(node: Node, times: int = 1) -> list[list[Event]]:
    async def test() -> list[list[Event]]:
        found = []
        async for events in look(node.ask, follow=times > 1, pause=0.0):
            found.append(events)
            if len(found) == times:
                break
        return found

    return run(test())


def test_all_that_is_kept_comes_first_and_at_once() -> None:
    node = Node(
        seen(ONE, last=500, newest=700), seen(TWO, last=700, newest=900), seen(last=900, newest=900)
    )
    assert looked(node) == [[ONE, TWO]], "what came meanwhile is news"
    assert node.asked == [0, 500]


def test_then_what_has_come_since() -> None:
    node = Node(seen(ONE, last=1, newest=1), seen(last=1, newest=1), seen(TWO, last=2, newest=2))
    assert looked(node, 3) == [[ONE], [], [TWO]]
    assert node.asked == [0, 1, 1]


def test_what_has_gone_unseen_is_news_but_not_at_first() -> None:
    node = Node(seen(ONE, last=7, newest=7, missed=6), seen(TWO, last=20, newest=20, missed=5))
    assert looked(node, 2) == [[ONE], [5, TWO]]


def test_a_decision_is_shown_once() -> None:
    first, second = decided(), decided(because="he may still")
    node = Node(
        seen(ONE, last=1, newest=1, made=[first]), seen(TWO, last=2, newest=2, made=[first, second])
    )
    assert [e for events in looked(node, 2) for e in events if isinstance(e, Decided)] == [
        first,
        second,
    ]


def test_decisions_that_were_shown_are_forgotten_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tracing, "MOST_DECISIONS", 1)
    first, second = decided(), decided(because="he may still")
    made = [[first, second], [first]]
    node = Node(*(seen(last=1, newest=1, made=each) for each in made))
    assert [len(events) for events in looked(node, 2)] == [2, 1]


class Board:
    """Notes what it is to show."""

    def __init__(self, until: int = 0) -> None:
        self.kept: list[Event] = []
        self.news: list[Event] = []
        self._until = until

    def show_kept(self, events: Iterable[Event]) -> None:
        self.kept += events

    def show(self, event: Event) -> None:
        self.news.append(event)
        if len(self.news) == self._until:
            raise asyncio.CancelledError


def test_each_view_is_shown_what_was_kept() -> None:
    boards = [Board(), Board()]
    run(trace(Node(seen(ONE, TWO, last=2, newest=2)).ask, boards, follow=False))
    assert [board.kept for board in boards] == [[ONE, TWO]] * 2
    assert boards[0].news == []


def test_and_whoever_follows_what_passes() -> None:
    board = Board(until=2)
    node = Node(seen(ONE, last=1, newest=1), seen(TWO, THREE, last=3, newest=3))
    with pytest.raises(asyncio.CancelledError):
        run(trace(node.ask, [board], follow=True))
    assert (board.kept, board.news) == ([ONE], [TWO, THREE])
