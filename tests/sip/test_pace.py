from __future__ import annotations

import pytest

from hereabouts.sip.leaving import Failure
from hereabouts.sip.message import Response
from hereabouts.sip.pace import Pace, may_pass, retry_after

REFRESHES = [
    (3600, 3060, "nine minutes before an hour is over"),
    (60, 51, "nine seconds before a minute is over"),
    (0, 0.5, "what is granted for no time is not asked for without end"),
]


@pytest.mark.parametrize(
    "lifetime, after", [row[:2] for row in REFRESHES], ids=[row[2] for row in REFRESHES]
)
def test_it_refreshes_before_the_time_is_over(lifetime: int, after: float) -> None:
    assert Pace().refresh(lifetime) == pytest.approx(after)


PAUSES = [
    (1, None, 1, "the first pause"),
    (2, None, 2, "doubles"),
    (9, None, 256, "and doubles"),
    (10, None, 300, "up to the longest"),
    (10_000, None, 300, "however often it fails"),
    (1, 50, 50, "at least what the peer asks for"),
    (9, 50, 256, "which does not shorten it"),
    (1, 5000, 5000, "nor is it bound by our longest"),
]


@pytest.mark.parametrize(
    "failures, asked, pause", [row[:3] for row in PAUSES], ids=[row[3] for row in PAUSES]
)
def test_pauses_grow(failures: int, asked: int | None, pause: float) -> None:
    assert Pace().pause(failures, asked) == pause


VALUES = [
    ("120", 120, "seconds"),
    ("18000;duration=3600", 18000, "with a parameter"),
    ("120 (I'm in a meeting)", 120, "with a comment"),
    ("soon", None, "no number"),
    ("", None, "nothing"),
]


@pytest.mark.parametrize(
    "value, seconds", [row[:2] for row in VALUES], ids=[row[2] for row in VALUES]
)
def test_retry_after_is_read(value: str, seconds: int | None) -> None:
    """RFC 3261 section 20.33."""
    assert retry_after(Response(503, "", [], {"retry-after": [value]}, b"")) == seconds


def test_a_failure_names_no_time() -> None:
    assert retry_after(Failure.TIMED_OUT) is None


@pytest.mark.parametrize(
    "status, passes", [(503, True), (500, True), (480, True), (403, False), (404, False)]
)
def test_what_may_pass(status: int, passes: bool) -> None:  # noqa: FBT001 - a row of a table
    assert may_pass(Response(status, "", [], {}, b"")) is passes


@pytest.mark.parametrize("failure", Failure)
def test_failures_may_pass(failure: Failure) -> None:
    assert may_pass(failure)
