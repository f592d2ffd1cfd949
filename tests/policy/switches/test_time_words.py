from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.units import Timestamp
from hereabouts.policy.switches.time import ATTRIBUTES
from hereabouts.policy.switches.time_words import clock, span
from tests.policy.samples import TORONTO, in_toronto

NINE_TO_FIVE = {"dtstart": "20260105T090000", "duration": "PT8H"}
UNSAID = "times from 2026-01-05 09:00 on"


@pytest.mark.parametrize(
    "attributes, words",
    [
        ({"freq": "weekly", "byday": "MO,TU,WE,TH,FR"}, "Mon-Fri 09:00-17:00"),
        ({"freq": "daily", "byday": "SU,sa"}, "Sat-Sun 09:00-17:00"),
        ({"freq": "weekly", "byday": "MO,WE,TH,SU"}, "Mon, Wed-Thu, Sun 09:00-17:00"),
        ({"freq": "WEEKLY"}, "Mon 09:00-17:00"),
        ({"freq": "daily"}, "every day 09:00-17:00"),
        ({"freq": "weekly", "byday": "MO", "wkst": "SU", "interval": "1"}, "Mon 09:00-17:00"),
        ({"freq": "daily", "duration": "P1D"}, "every day 09:00-09:00"),
        ({}, "2026-01-05 09:00 to 2026-01-05 17:00"),
        ({"duration": "", "dtend": "20260106T100000"}, "2026-01-05 09:00 to 2026-01-06 10:00"),
    ],
)
def test_a_simple_rule_is_said_as_people_do(attributes: dict[str, str], words: str) -> None:
    assert span({**NINE_TO_FIVE, **attributes}) == words


@pytest.mark.parametrize(
    "attributes, words",
    [
        pytest.param({"freq": "monthly"}, f"the monthly {UNSAID}", id="not by weeks"),
        pytest.param(
            {"freq": "weekly", "interval": "2"}, f"the weekly {UNSAID}", id="every other week"
        ),
        pytest.param(
            {"freq": "weekly", "byhour": "9,14"}, f"the weekly {UNSAID}", id="several hours"
        ),
        pytest.param({"freq": "daily", "byday": "1MO"}, f"the daily {UNSAID}", id="a numbered day"),
        pytest.param(
            {"freq": "weekly", "duration": "P2D"}, f"the weekly {UNSAID}", id="longer than a day"
        ),
        pytest.param(
            {"freq": "daily", "dtstart": "20260105T090000Z"},
            "the times from 20260105T090000Z on",
            id="on another clock",
        ),
        pytest.param(
            {"duration": "soon"}, "the times from 20260105T090000 on", id="no length of time"
        ),
        pytest.param(
            {"dtstart": "20261332T000000"}, "the times from 20261332T000000 on", id="no date"
        ),
    ],
)
def test_what_cannot_be_said_simply_is_not_said_wrongly(
    attributes: dict[str, str], words: str
) -> None:
    assert span({**NINE_TO_FIVE, **attributes}) == words


@given(
    st.dictionaries(
        st.sampled_from(ATTRIBUTES),
        st.sampled_from(
            ["20260105T090000", "PT8H", "weekly", "daily", "MO", ",", "1", "P999999999D"]
        )
        | st.text(max_size=9),
    )
)
def test_any_attributes_at_all_are_said_somehow(attributes: dict[str, str]) -> None:
    assert span(attributes)


@pytest.mark.parametrize(
    "now, words",
    [
        (in_toronto("2026-11-24 17:30:59"), "Tue 17:30"),
        (in_toronto("2026-11-29 00:00:00"), "Sun 00:00"),
        (Timestamp(0.5), "Wed 19:00"),
    ],
)
def test_a_clock_shows_the_minute_that_has_begun(now: Timestamp, words: str) -> None:
    assert clock(now, TORONTO) == words
