"""Who wants to hear of what."""

from __future__ import annotations

from hereabouts.base.journal import Grade, Silence, hears


class Grave(Silence):
    least = Grade.WARNING


class Attentive:
    def say(self, grade: Grade, event: str, **fields: object) -> None:
        """Takes everything, and does not say so."""


def test_a_journal_hears_from_the_grade_on_that_it_names() -> None:
    assert [hears(Grave(), grade) for grade in Grade] == [False, False, True, True]


def test_silence_hears_nothing() -> None:
    assert not any(hears(Silence(), grade) for grade in Grade)


def test_a_journal_that_names_no_grade_hears_everything() -> None:
    assert all(hears(Attentive(), grade) for grade in Grade)
