"""What is wrong with a script, in short."""

from __future__ import annotations

from hereabouts.policy.cpl.compiler import examine
from hereabouts.policy.cpl.finding import Code, MalformedScript
from tests.policy.samples import NOW


def problems(script: str) -> list[tuple[Code, int]]:
    """Code and line of everything found, warnings too."""
    try:
        _, findings = examine(script.encode(), NOW)
    except MalformedScript as refused:
        findings = refused.findings
    return [(each.code, each.line) for each in findings]
