"""The agents of a node: lists of one and of many, begun, ended, bounded."""

from __future__ import annotations

import pytest

from hereabouts.roles.watching import SLICE
from tests.ladders.player import START
from tests.roles.agent_stage import ALICE
from tests.roles.watching_stage import begin, names


def test_each_row_has_a_watch_of_its_own() -> None:
    ladder, stage = begin()
    ladder.play("""
        list    -> agent ADD       presentity=bob
        server  <- agent SUBSCRIBE call=1 uri=sip:bob@example.com
        list    -> agent ADD       presentity=carol
        server  <- agent SUBSCRIBE call=2 uri=sip:carol@example.com
        server  -> agent 200       Expires=1000
        server  -> agent NOTIFY    call=1 state=active note=one
        server  <- agent 200
        watcher <- agent DISPLAYED presentity=bob note=one
    """)
    assert list(names(stage.rows())) == ["sip:bob@example.com", "sip:carol@example.com"]
    assert [row["state"] for row in stage.rows()] == ["active", "waiting"]


def test_a_notify_for_nobody_here_is_not_taken() -> None:
    ladder, _ = begin()
    ladder.play("""
        server  -> agent NOTIFY state=active note=one
        server  <- agent 481
    """)


def test_a_row_that_is_removed_before_it_was_begun_is_not_watched() -> None:
    ladder, stage = begin()
    stage.watching.changed(("presentities", ALICE, "sip:bob@example.com"), None)
    assert not stage.watching.work(START)
    ladder.play("0 s pass")


def test_many_are_begun_in_slices() -> None:
    _, stage = begin()
    entry = object()
    for number in range(2 * SLICE + 1):
        key = ("presentities", ALICE, f"sip:{number}@example.com")
        stage.watching.changed(key, entry)  # type: ignore[arg-type]  # what it is does not matter
    assert [stage.watching.work(START) for _ in range(3)] == [True, True, False]
    assert len(stage.rows()) == 2 * SLICE + 1


def test_no_more_are_watched_than_there_is_room_for() -> None:
    ladder, stage = begin(most=1)
    ladder.play("""
        list    -> agent ADD       presentity=bob
        server  <- agent SUBSCRIBE call=1
        list    -> agent ADD       presentity=carol
    """)
    assert list(names(stage.rows())) == ["sip:bob@example.com"]


@pytest.mark.parametrize("whose", [frozenset({ALICE}), None])
def test_rules_that_change_are_asked_again_by_those_concerned(
    whose: frozenset[str] | None,
) -> None:
    ladder, stage = begin()
    ladder.play("""
        rules   -> agent SUBSCRIBING decision=reject because=no
        list    -> agent ADD         presentity=bob
        watcher <- agent DISPLAYED   state=terminated
    """)
    stage.watching.rules_changed(frozenset({"sip:carol@example.com"}))
    stage.watching.work(START)
    assert len(stage.rules.asked) == 1
    stage.watching.rules_changed(whose)
    stage.watching.work(START)
    assert len(stage.rules.asked) == 2


def test_a_presentity_that_may_think_otherwise_is_asked_again() -> None:
    ladder, stage = begin()
    ladder.play("""
        list    -> agent ADD       presentity=bob
        server  <- agent SUBSCRIBE call=1
        server  -> agent 403
        watcher <- agent DISPLAYED state=terminated
    """)
    for presentity in ("sip:nobody@example.com", "sip:bob@example.com"):
        stage.watching.welcomes(presentity)
    ladder.play("""
        list    -> agent ADD       presentity=carol
        server  <- agent SUBSCRIBE call=2 uri=sip:carol@example.com
        server  <- agent SUBSCRIBE call=3 uri=sip:bob@example.com
    """)


def test_a_presentity_is_not_asked_again_while_it_is_watched_or_when_it_is_listed_no_more() -> None:
    ladder, stage = begin()
    ladder.play("""
        list    -> agent ADD       presentity=bob
        server  <- agent SUBSCRIBE call=1
    """)
    stage.watching.welcomes("sip:bob@example.com")
    ladder.play("list -> agent REMOVE presentity=bob")
    stage.watching.welcomes("sip:bob@example.com")
    ladder.play("0 s pass")
