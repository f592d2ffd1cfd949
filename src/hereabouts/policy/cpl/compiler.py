"""The bytes of a script, made ready to run; or all that is wrong with them."""

from __future__ import annotations

from hereabouts.base.units import Timestamp
from hereabouts.policy.cpl import checker, element, reader, warnings
from hereabouts.policy.cpl.finding import Finding, Report
from hereabouts.policy.cpl.tree import Script


def compile_script(script: bytes) -> Script:
    """The script, ready to run.

    Raises:
        MalformedScript: it cannot be, with every reason that was found.
    """
    return _compiled(script, Report())


def examine(script: bytes, now: Timestamp) -> tuple[Script, tuple[Finding, ...]]:
    """The script, ready to run, and what is doubtful about it, for the person who wrote it.

    Raises:
        MalformedScript: it cannot be run, with every reason that was found.
    """
    report = Report()
    compiled = _compiled(script, report)
    warnings.warn(compiled, now, report)
    return compiled, report.findings


def _compiled(script: bytes, report: Report) -> Script:
    compiled = reader.read(element.parse(script, report), report)
    checker.check(compiled, report)
    report.refuse_errors()
    return compiled
