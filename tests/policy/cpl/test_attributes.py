from __future__ import annotations

import pytest

from hereabouts.policy.cpl.attributes import duration, one_of, refuse_others, required
from hereabouts.policy.cpl.element import CPL, Element
from hereabouts.policy.cpl.finding import Code, Report


def element(extensions: dict[str, str] | None = None, **attributes: str) -> Element:
    return Element(7, (CPL, "node"), attributes, extensions or {}, ())


def messages(report: Report) -> list[str]:
    assert all((each.code, each.line) == (Code.ATTRIBUTE, 7) for each in report.findings)
    return [each.message for each in report.findings]


def test_what_is_not_known_is_refused() -> None:
    report = Report()
    refuse_others(element({"end": "", "odd": ""}, a="", b=""), report, "a", extensions=("end",))
    assert messages(report) == ["node has no attribute b", "node has no attribute p:odd"]
    assert {each.remedy for each in report.findings} == {"it takes a, p:end"}


def test_what_must_be_there_is_asked_for() -> None:
    report = Report()
    assert required(element(a="1"), "a", report) == "1"
    assert messages(report) == []
    assert required(element(), "a", report) is None
    assert required(element(a=""), "a", report) is None
    assert messages(report) == ["node needs the attribute a"]


def test_a_choice_is_one_of_those_there_are() -> None:
    report = Report()
    assert one_of(element(a="x"), "a", ("x", "y"), report) == "x"
    assert one_of(element(a="z"), "a", ("x", "y"), report) is None
    assert messages(report) == ["node cannot have a='z'"]


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("PT10M", 600),
        ("PT8H", 28_800),
        ("P7D", 604_800),
        ("P1DT1H1M1S", 90_061),
        ("P366D", 31_622_400),
    ],
)
def test_a_length_of_time_is_read(text: str, seconds: float) -> None:
    report = Report()
    assert duration(element(a=text), "a", report) == seconds
    assert messages(report) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("10M", id="no P"),
        pytest.param("P10M", id="months"),
        pytest.param("P1Y", id="years"),
        pytest.param("P2W", id="weeks, which XML Schema has not"),
        pytest.param("+PT1M", id="a plus, which it has not either"),
        pytest.param("-PT1M", id="less than nothing"),
        pytest.param("PT1.5S", id="a fraction, which RFC 5545 has not"),
        pytest.param("PT0S", id="no time"),
        pytest.param("P366DT1S", id="over a year"),
        pytest.param("PT999999999999S", id="far over a year"),
    ],
)
def test_no_other_length_of_time_is(text: str) -> None:
    report = Report()
    assert duration(element(a=text), "a", report) is None
    assert len(messages(report)) == 1


def test_a_length_of_time_may_be_missing() -> None:
    report = Report()
    assert duration(element(), "a", report) is None
    assert messages(report) == []
