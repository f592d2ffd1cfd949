from __future__ import annotations

import pytest

from hereabouts.policy.cpl.finding import MAXIMUM_FINDINGS, Code, Finding, MalformedScript, Report


def test_findings_come_in_the_order_of_their_lines_and_once_each() -> None:
    report = Report()
    report.add(Code.STATUS, 3, "b", "c")
    report.add(Code.NODE, 1, "b", "c")
    report.add(Code.STATUS, 3, "b", "c")
    assert report.findings == (
        Finding(Code.NODE, 1, "b", "c"),
        Finding(Code.STATUS, 3, "b", "c"),
    )


def test_only_errors_refuse_a_script() -> None:
    report = Report()
    report.add(Code.FLOATING, 1, "no zone", "name one")
    report.refuse_errors()
    report.add(Code.NODE, 2, "no node", "see the reference")
    with pytest.raises(MalformedScript) as refused:
        report.refuse_errors()
    assert refused.value.findings == report.findings
    assert str(refused.value) == "line 1: no zone (W-FLOATING); name one"


def test_no_more_is_told_than_somebody_can_read() -> None:
    report = Report()
    for line in range(1000):
        report.add(Code.NODE, line, "a", "b")
    assert len(report.findings) == MAXIMUM_FINDINGS
