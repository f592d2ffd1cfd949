from __future__ import annotations

import pytest

from hereabouts.base.units import NEVER, Instant, Moment, Timestamp

NOW = Moment(Instant(50.0), Timestamp(1_700_000_000.0))


@pytest.mark.parametrize(
    "date, instant",
    [
        pytest.param(1_700_000_000.0, 50.0, id="now is now on both clocks"),
        pytest.param(1_700_000_060.0, 110.0, id="in a minute"),
        pytest.param(1_699_999_990.0, 40.0, id="ten seconds ago"),
        pytest.param(NEVER, float("inf"), id="never stays never"),
    ],
)
def test_a_date_has_its_instant(date: float, instant: float) -> None:
    assert NOW.due(Timestamp(date)) == instant
