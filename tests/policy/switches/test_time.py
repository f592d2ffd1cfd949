from __future__ import annotations

import pytest

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.policy.cpl.compiler import compile_script
from hereabouts.policy.cpl.evaluator import Evaluation, evaluate
from hereabouts.policy.cpl.finding import Code
from hereabouts.policy.decision import Operation
from tests.policy.cpl.problems import problems
from tests.policy.samples import NOW, facts, in_toronto, incoming

HOURS = 'dtstart="20260105T090000" duration="PT8H" freq="daily"'
NIGHT = 'dtstart="20260101T220000" duration="PT9H" freq="daily"'


def run(times: str, now: Timestamp, zone: str = 'tzid="America/Toronto"') -> Evaluation:
    script = incoming(
        f"<time-switch {zone}>{times}<not-present><p:confirm/></not-present>"
        '<otherwise><reject status="403"/></otherwise></time-switch>'
    )
    return evaluate(compile_script(script.encode()), facts(), now, "p")


def allowed(times: str, now: str) -> bool:
    return run(times, in_toronto(now)).operation is Operation.ALLOW


def a_time(attributes: str) -> str:
    return f"<time {attributes}><p:allow/></time>"


@pytest.mark.parametrize(
    "times, now, is_allowed",
    [
        pytest.param(a_time(HOURS), "2026-11-24 08:59:59", False, id="the second before"),
        pytest.param(a_time(HOURS), "2026-11-24 09:00:00", True, id="the start is inside"),
        pytest.param(a_time(HOURS), "2026-11-24 16:59:59", True, id="the last second"),
        pytest.param(a_time(HOURS), "2026-11-24 17:00:00", False, id="the end is outside"),
        pytest.param(a_time(NIGHT), "2026-11-24 02:00:00", True, id="past midnight"),
        pytest.param(
            a_time('dtstart="20261124T090000" dtend="20261124T170000"'),
            "2026-11-24 10:00:00",
            True,
            id="a single time",
        ),
        pytest.param(
            a_time('dtstart="20261124T090000" dtend="20261124T170000" byday="SU"'),
            "2026-11-24 10:00:00",
            True,
            id="rules without a frequency say nothing (RFC 3880 section 4.4)",
        ),
        pytest.param(
            '<time dtstart="20261124T090000" duration="PT8H"/>' + a_time(HOURS),
            "2026-11-24 10:00:00",
            False,
            id="an exception comes before what it is an exception from",
        ),
    ],
)
def test_a_time_is_met_from_its_start_to_its_end(times: str, now: str, *, is_allowed: bool) -> None:
    assert allowed(times, now) == is_allowed


@pytest.mark.parametrize(
    "end, now, is_allowed",
    [
        pytest.param("", "2026-11-01 06:30:00", False, id="nine hours end at six, clocks set back"),
        pytest.param('p:end="exact"', "2026-11-01 06:30:00", False, id="said as well"),
        pytest.param('p:end="wall"', "2026-11-01 06:30:00", True, id="on the wall they end at 7"),
        pytest.param("", "2026-03-08 07:30:00", True, id="nine hours end at eight, clocks ahead"),
        pytest.param('p:end="wall"', "2026-03-08 07:30:00", False, id="on the wall at 7"),
    ],
)
def test_a_night_on_which_the_clocks_change(end: str, now: str, *, is_allowed: bool) -> None:
    assert allowed(a_time(f"{NIGHT} {end}"), now) == is_allowed


def test_a_time_without_a_zone_is_utc() -> None:
    evaluation = run(a_time(HOURS), in_toronto("2026-11-24 04:00"), zone="")
    assert evaluation.operation is Operation.ALLOW
    assert evaluation.trace[0].value == "Tue 09:00 in UTC"


def test_a_url_beside_a_zone_is_passed_over() -> None:
    zone = 'tzid="America/Toronto" tzurl="http://127.0.0.1/zone"'
    assert run(a_time(HOURS), NOW, zone).operation is Operation.ALLOW


@pytest.mark.parametrize(
    "times, now, until",
    [
        pytest.param(a_time(HOURS), "2026-11-24 10:00", "2026-11-24 17:00", id="its end"),
        pytest.param(a_time(HOURS), "2026-11-24 17:00", "2026-11-25 09:00", id="its next start"),
        pytest.param(
            a_time(HOURS) + a_time(NIGHT),
            "2026-11-24 18:00",
            "2026-11-24 22:00",
            id="the first of two starts",
        ),
        pytest.param(
            a_time('dtstart="20261125T120000" duration="PT1H"') + a_time(NIGHT),
            "2026-11-24 23:00",
            "2026-11-25 07:00",
            id="its end before the start of one that goes first",
        ),
        pytest.param(
            a_time('dtstart="20261124T233000" duration="PT1H"') + a_time(NIGHT),
            "2026-11-24 23:00",
            "2026-11-24 23:30",
            id="or that start before its end",
        ),
    ],
)
def test_it_is_known_when_time_alone_changes_the_answer(times: str, now: str, until: str) -> None:
    assert run(times, in_toronto(now)).valid_until == in_toronto(until)


def test_what_is_over_does_not_change_any_more() -> None:
    single = a_time('dtstart="20261124T090000" duration="PT1H"')
    assert run(single, in_toronto("2026-11-24 10:00")).valid_until == NEVER


@pytest.mark.parametrize(
    "times, clause",
    [
        (a_time(HOURS), "it was Tue 10:00 in America/Toronto, within every day 09:00-17:00"),
        (a_time(NIGHT), "it was Tue 10:00 in America/Toronto, outside every day 22:00-07:00"),
        ("", "it was Tue 10:00 in America/Toronto"),
        (a_time(NIGHT) * 4, "it was Tue 10:00 in America/Toronto, outside all 4 times"),
    ],
)
def test_a_person_is_told_what_time_it_was(times: str, clause: str) -> None:
    (reason,) = run(times, NOW).reasons
    assert reason.clause == clause


TORONTO = 'tzid="America/Toronto"'


@pytest.mark.parametrize(
    "zone, times, problem",
    [
        pytest.param('tzid="Europe/Atlantis"', "", (Code.TZID, 3), id="no such zone"),
        pytest.param('tzurl="http://127.0.0.1/"', "", (Code.TZID, 3), id="nothing is fetched"),
        pytest.param("", "", (Code.FLOATING, 3), id="no zone"),
        pytest.param(TORONTO, "<time/>", (Code.TIME, 4), id="no time"),
        pytest.param(TORONTO, f"<time {HOURS} odd=''/>", (Code.ATTRIBUTE, 4), id="no attribute"),
        pytest.param(TORONTO, f"<time {HOURS} p:end='soon'/>", (Code.ATTRIBUTE, 4), id="no end"),
        pytest.param(
            TORONTO, f"<time {HOURS}/>\n<time {HOURS}/>", (Code.UNREACHABLE, 5), id="twice"
        ),
        pytest.param(
            TORONTO, f"<time {HOURS}/><time {HOURS} p:end='wall'/>", None, id="with other ends"
        ),
        pytest.param(
            TORONTO,
            '<time dtstart="20270105T090000" duration="PT8H"/>',
            (Code.NOT_YET, 4),
            id="next year",
        ),
        pytest.param(
            TORONTO,
            '<time dtstart="20250105T090000" duration="PT8H"/>',
            (Code.EXPIRED, 4),
            id="last year",
        ),
    ],
)
def test_what_is_wrong_or_doubtful_about_times_is_told(
    zone: str, times: str, problem: tuple[Code, int] | None
) -> None:
    script = incoming(f"<time-switch {zone}>\n{times}<otherwise/></time-switch>")
    assert problems(script) == ([problem] if problem else [])
