"""What is wrong with a script, or doubtful: each with its line, and what to do about it."""

from __future__ import annotations

from enum import Enum

import msgspec

from hereabouts.base.refusal import Malformed

MAXIMUM_FINDINGS = 50
"As many findings as are told at once: whoever has more repairs these first."


class Code(Enum):
    """What kind of finding it is: `E-` refuses the script, `W-` only warns of it."""

    SIZE = "E-SIZE"
    DTD = "E-DTD"
    XML = "E-XML"
    ROOT = "E-ROOT"
    DEPTH = "E-DEPTH"
    NAMESPACE = "E-NAMESPACE"
    NODE = "E-NODE"
    OUTPUT = "E-OUTPUT"
    ATTRIBUTE = "E-ATTRIBUTE"
    ONE_NODE = "E-ONE-NODE"
    TOP = "E-TOP"
    TOP_TWICE = "E-TOP-TWICE"
    SUB_UNDEFINED = "E-SUB-UNDEFINED"
    SUB_DUPLICATE = "E-SUB-DUPLICATE"
    POINT = "E-POINT"
    OPERATOR = "E-OPERATOR"
    OTHERWISE_LAST = "E-OTHERWISE-LAST"
    OTHERWISE_TWICE = "E-OTHERWISE-TWICE"
    NOT_PRESENT_TWICE = "E-NOT-PRESENT-TWICE"
    TIME = "E-TIME"
    TZID = "E-TZID"
    STATUS = "E-STATUS"
    URI = "E-URI"
    NO_OTHERWISE = "W-NO-OTHERWISE"
    UNREACHABLE = "W-UNREACHABLE"
    SUB_UNUSED = "W-SUB-UNUSED"
    ALL_REJECT = "W-ALL-REJECT"
    REFRESH = "W-REFRESH"
    FLOATING = "W-FLOATING"
    NOT_YET = "W-NOT-YET"
    EXPIRED = "W-EXPIRED"

    @property
    def is_error(self) -> bool:
        """Whether a script with such a finding is refused."""
        return self.value.startswith("E-")


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One thing about a script, for the person who wrote it."""

    code: Code
    line: int
    "From 1."
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message} ({self.code.value}); {self.remedy}"


class MalformedScript(Malformed):
    """A script that is refused; its text is the first finding."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(str(findings[0]))
        self.findings = findings
        "Everything found, in order of the lines; at least one is an error."


class Report:
    """Collects what is found while a script is read."""

    def __init__(self) -> None:
        self._findings: dict[Finding, None] = {}  # one found on two ways is still one

    def add(self, code: Code, line: int, message: str, remedy: str) -> None:
        """Note a finding, unless there are too many already."""
        if len(self._findings) < MAXIMUM_FINDINGS:
            self._findings[Finding(code, line, message, remedy)] = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything noted, in order of the lines."""
        return tuple(sorted(self._findings, key=lambda each: each.line))

    def refuse_errors(self) -> None:
        """Go on only if no error was found.

        Raises:
            MalformedScript: one was.
        """
        if any(each.code.is_error for each in self._findings):
            raise MalformedScript(self.findings)
