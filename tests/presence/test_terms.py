from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.presence.questions import Decision, WatchAnswer
from hereabouts.presence.terms import Terms, Told

TOLD = Told(at=Timestamp(1.0), body=b"<presence/>", fingerprint=b"f", is_change=True)

RESTRAINING = [
    (Terms(), False, "nothing is set"),
    (Terms(min_interval=5.0), True, "an interval"),
    (Terms(told=TOLD), True, "what was told must be known"),
]


@pytest.mark.parametrize(
    "terms, is_restraining", [row[:2] for row in RESTRAINING], ids=[row[2] for row in RESTRAINING]
)
def test_what_restrains_the_notifys(terms: Terms, *, is_restraining: bool) -> None:
    assert terms.is_restraining is is_restraining


def test_a_new_decision_changes_what_it_says_and_nothing_else() -> None:
    before = Terms(min_interval=5.0, decided_until=Timestamp(9.0), is_provisional=True, told=TOLD)
    answer = WatchAnswer(Decision.ALLOW, "the test says so", min_interval=7.0)
    after = before.decided(answer)
    assert after == Terms(min_interval=7.0, decided_until=NEVER, is_provisional=False, told=TOLD)


@given(st.builds(Terms))
def test_what_is_stored_can_be_read(terms: Terms) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(terms), type=Terms) == terms
