"""Steps in the journal, for a journal that wants them."""

from __future__ import annotations

from hereabouts.base.journal import Grade, Silence
from hereabouts.presence.steps import Step
from hereabouts.roles.steps import steps_to
from tests.ladders.stage import Diary


def test_a_step_is_told_with_what_it_is_about() -> None:
    diary = Diary()
    tell = steps_to(diary)
    assert tell is not None
    tell(Step.DEVICE_CHANGED, "sip:alice@example.com", "phone")
    tell(Step.FETCHES, "sip:alice@example.com", "")
    alice = {"presentity": "sip:alice@example.com"}
    assert diary.said == [
        (Grade.DEBUG, "presence step", {"step": "device_changed", **alice, "part": "phone"}),
        (Grade.DEBUG, "presence step", {"step": "fetches", **alice}),
    ]


def test_nothing_is_made_for_a_journal_that_does_not_want_it() -> None:
    assert steps_to(Silence()) is None
