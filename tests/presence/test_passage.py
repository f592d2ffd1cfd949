from __future__ import annotations

import pytest

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.presence.passage import (
    STRICTNESS,
    Occasion,
    Passage,
    may_be_kept,
    must_be_remembered,
    passage,
    stricter,
)
from hereabouts.presence.questions import Handling, NotifyAnswer
from hereabouts.presence.terms import Told
from hereabouts.presence.view import View

NOW = Timestamp(10_000.0)
NEW, OLD, BLANK = View(b"new", b"n"), View(b"old", b"o"), View(b"blank", b"b")
TOLD = Told(at=Timestamp(9_900.0), body=b"old", fingerprint=b"o", is_change=True)


def answer(handling: Handling, **fields: object) -> NotifyAnswer:
    return NotifyAnswer(handling, "the test says so", **fields)  # type: ignore[arg-type]


def occasion(*, is_mandatory: bool, notified: float = 100.0, shown: bytes = b"o") -> Occasion:
    return Occasion(
        view=NEW,
        blank=BLANK,
        shown=shown,
        told=TOLD,
        notified_at=Timestamp(NOW - notified) if notified else Timestamp(0.0),
        is_mandatory=is_mandatory,
    )


HANDLED = [
    (Handling.DELIVER, Passage(NEW), Passage(NEW)),
    (Handling.POLITE_BLOCK, Passage(BLANK), Passage(BLANK)),
    (Handling.SUPPRESS, Passage(None), Passage(OLD)),
    (Handling.TERMINATE, Passage(None), Passage(OLD)),
    (Handling.DEFER, Passage(None, Timestamp(NOW + 30)), Passage(OLD)),
]


@pytest.mark.parametrize("handling, changed, mandatory", HANDLED)
def test_what_must_be_sent_is_sent_and_shows_nothing_that_is_kept_back(
    handling: Handling, changed: Passage, mandatory: Passage
) -> None:
    """6446-5.2."""
    said = answer(handling, defer=30.0)
    assert passage(said, occasion(is_mandatory=False), NOW) == changed
    assert passage(said, occasion(is_mandatory=True), NOW) == mandatory


PACES = [
    (599.0, False, Passage(None, Timestamp(NOW + 1)), "one second before its end"),
    (600.0, False, Passage(NEW), "at its end"),
    (599.9995, False, Passage(NEW), "what floating point has lost is forgiven"),
    (1.0, True, Passage(NEW), "what must be sent does not wait, and shows what is"),
    (0.0, False, Passage(NEW), "nobody knows of a NOTIFY before"),
]


@pytest.mark.parametrize(
    "notified, is_mandatory, expected", [row[:3] for row in PACES], ids=[row[3] for row in PACES]
)
def test_an_interval_is_kept(notified: float, *, is_mandatory: bool, expected: Passage) -> None:
    said = answer(Handling.DELIVER, min_interval=600.0)
    found = passage(said, occasion(is_mandatory=is_mandatory, notified=notified), NOW)
    assert found.view == expected.view
    assert found.until == pytest.approx(expected.until)


LAST = [
    (TOLD, b"", OLD, "what was told last"),
    (None, b"n", NEW, "what the watcher sees is what is"),
    (None, b"o", BLANK, "he saw something else, and nobody knows what"),
]


@pytest.mark.parametrize(
    "told, shown, expected", [row[:3] for row in LAST], ids=[row[3] for row in LAST]
)
def test_the_last_document(told: Told | None, shown: bytes, expected: View) -> None:
    found = Occasion(
        view=NEW, blank=BLANK, shown=shown, told=told, notified_at=NOW, is_mandatory=True
    )
    assert found.last == expected


def test_of_two_answers_the_stricter_counts() -> None:
    assert set(STRICTNESS) == set(Handling)
    one = answer(Handling.DELIVER, min_interval=600.0, valid_until=NOW, looked_at=frozenset("a"))
    other = answer(Handling.SUPPRESS, min_interval=60.0, looked_at=frozenset("b"))
    for both in (stricter(one, other, 0.0), stricter(other, one, 0.0)):
        assert (both.handling, both.min_interval) == (Handling.SUPPRESS, 600.0)
        assert (both.valid_until, both.looked_at) == (NOW, frozenset("ab"))
    assert stricter(one, other, 900.0).min_interval == 900.0


KEPT = [
    (answer(Handling.DELIVER), True, False, "nothing can change it"),
    (answer(Handling.DELIVER, looked_at=frozenset({"watcher"})), True, False, "nor can that"),
    (answer(Handling.DELIVER, looked_at=frozenset({"trigger"})), False, True, "the next is other"),
    (answer(Handling.DELIVER, valid_until=NOW), True, True, "time changes it"),
    (answer(Handling.DELIVER, min_interval=5.0), True, True, "the pace must be known"),
    (answer(Handling.SUPPRESS), True, True, "what was shown last must be known"),
    (answer(Handling.DEFER), False, True, "it is asked again when its time has come"),
]


@pytest.mark.parametrize(
    "said, is_kept, is_remembered", [row[:3] for row in KEPT], ids=[row[3] for row in KEPT]
)
def test_what_holds_for_the_next_and_what_must_be_known_for_it(
    said: NotifyAnswer, *, is_kept: bool, is_remembered: bool
) -> None:
    assert may_be_kept(said) is is_kept
    assert must_be_remembered(said) is is_remembered
    assert Passage(None).until == NEVER
