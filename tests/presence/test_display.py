"""What a watcher is shown under his own rules."""

from __future__ import annotations

import pytest

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.presence.display import UNSEEN, Outcome, Shown, display, trigger_of
from hereabouts.presence.pidf.blank import NOTHING_KNOWN, blank_document
from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.questions import Handling, NotifyAnswer, Trigger
from hereabouts.presence.sighting import Sighting
from hereabouts.presence.statement import Statement
from hereabouts.sip.headers.event import Substate

ALICE = "sip:alice@example.com"
NOW = Timestamp(1000.0)


def sighting(note: str, substate: Substate = Substate.ACTIVE) -> Sighting:
    return Sighting(substate, document=Statement(Basic.OPEN, note).document(ALICE))


OLD, NEW = sighting("old"), sighting("new")
OVER = sighting("new", Substate.TERMINATED)
FROZEN = sighting("old", Substate.TERMINATED)
BLANK = Sighting(Substate.ACTIVE, document=blank_document(ALICE, NOTHING_KNOWN))
BEFORE = Shown(OLD, Timestamp(900.0))

UPDATE, SUBSCRIBE, ENDED = Trigger.UPDATE, Trigger.SUBSCRIBE, Trigger.TERMINATION


def answer(handling: Handling, **fields: object) -> NotifyAnswer:
    return NotifyAnswer(handling, "why", **fields)  # type: ignore[arg-type]


DELIVER = answer(Handling.DELIVER)
SLOW = answer(Handling.DELIVER, min_interval=600.0)
POLITE = answer(Handling.POLITE_BLOCK)
SUPPRESS = answer(Handling.SUPPRESS, valid_until=Timestamp(5000.0))
TERMINATE = answer(Handling.TERMINATE)
DEFER = answer(Handling.DEFER, defer=30.0)


def kept(ask_at: float = NEVER) -> Outcome:
    """He sees what he saw before, and something newer is kept from him."""
    return Outcome(BEFORE, Timestamp(ask_at), is_held=True)


def news(shown: Sighting) -> Outcome:
    """He sees this from now on."""
    return Outcome(Shown(shown, NOW))


def instead(shown: Sighting, ask_at: float = NEVER) -> Outcome:
    """He sees this from now on, in place of what there is to see."""
    return Outcome(Shown(shown, NOW), Timestamp(ask_at), is_held=True)


# fmt: off
ROWS = [
    (DELIVER,   UPDATE,    NEW,  news(NEW),                               "as it comes"),
    (DELIVER,   UPDATE,    OLD,  Outcome(BEFORE),                         "it is no news"),
    (SLOW,      UPDATE,    NEW,  kept(1500.0),                            "too early"),
    (SLOW,      SUBSCRIBE, NEW,  news(NEW),                               "asked for: at once"),
    (POLITE,    UPDATE,    NEW,  instead(BLANK),                          "nothing is known"),
    (SUPPRESS,  UPDATE,    NEW,  kept(5000.0),                            "not shown"),
    (SUPPRESS,  UPDATE,    OLD,  Outcome(BEFORE, Timestamp(5000.0)),      "nothing is kept"),
    (SUPPRESS,  ENDED,     OVER, instead(FROZEN, 5000.0),                 "the end, and no more"),
    (TERMINATE, UPDATE,    NEW,  kept(),                                  "the last was shown"),
    (DEFER,     UPDATE,    NEW,  kept(1030.0),                            "shown later"),
    (DEFER,     ENDED,     OVER, instead(FROZEN),                         "an end is not late"),
]
# fmt: on


@pytest.mark.parametrize(
    "said, trigger, seen, outcome", [row[:4] for row in ROWS], ids=[row[4] for row in ROWS]
)
def test_what_is_shown(
    said: NotifyAnswer, trigger: Trigger, seen: Sighting, outcome: Outcome
) -> None:
    assert display(said, BEFORE, seen, ALICE, trigger, NOW) == outcome


def test_the_first_is_shown_however_slow_the_pace() -> None:
    assert display(SLOW, Shown(), NEW, ALICE, UPDATE, NOW) == Outcome(Shown(NEW, NOW))


def test_at_the_end_of_the_interval_it_is_shown() -> None:
    shown = Shown(OLD, Timestamp(NOW - 600 + 0.0005))
    assert display(SLOW, shown, NEW, ALICE, UPDATE, NOW) == Outcome(Shown(NEW, NOW))


PENDING = sighting("", Substate.PENDING)

TRIGGERS = [
    (UNSEEN, NEW, True, SUBSCRIBE, "the answer to a SUBSCRIBE"),
    (OLD, NEW, False, UPDATE, "a change"),
    (PENDING, NEW, False, Trigger.APPROVAL, "approved meanwhile"),
    (OLD, OVER, True, ENDED, "an end, however it was asked for"),
]


@pytest.mark.parametrize(
    "before, seen, is_asked_for, trigger",
    [row[:4] for row in TRIGGERS],
    ids=[row[4] for row in TRIGGERS],
)
def test_what_a_sighting_comes_from(
    before: Sighting, seen: Sighting, *, is_asked_for: bool, trigger: Trigger
) -> None:
    assert trigger_of(before, seen, is_asked_for=is_asked_for) is trigger
