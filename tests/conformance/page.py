"""The page `docs/reference/conformance.md`: requirement, test, verdict.

Run as a program, it writes the page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path

from tests.conformance.left_out import LEFT_OUT
from tests.conformance.naming import Mention, mentioned
from tests.conformance.rows import COMPLETE, ROWS, TABLE, Row

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "conformance.md"

Found = Mapping[str, list[tuple[str, Mention]]]
"By id: the files that name it, and how."

HEAD = """\
<!-- Drawn by `make docs` from tests/conformance and the tests; a test holds it to them. -->
# Conformance

What the standards demand of a presence system, row by row, and the tests that try it. The rows are
in `tests/conformance/rows.json`, with what each test sends and must see.

A verdict is what the sources say:

| verdict | means |
|---|---|
| met | tests name it; where one of them fails, `make test` (or `make soak`) does |
| not met | a test that names it is marked `xfail`, with the reason |
| left out | it has no test, for the reason given |
| open | nobody has come to it yet |

*P1* rows are those without which the system is unsafe or useless, *P2* those needed to claim the
RFC, *P3* extensions. Every P1 and P2 row of the RFCs marked **complete** is met, or left out for a
reason: a branch that brings its test, or, for a P1 row, a decision record.
"""


class Verdict(Enum):
    """How a row stands."""

    MET = "met"
    NOT_MET = "not met"
    LEFT_OUT = "left out"
    OPEN = "open"


def found() -> Found:
    """All that our tests name."""
    by_id = defaultdict(list)
    for place, mention in mentioned(ROOT / "tests", frozenset(TABLE.titles)):
        by_id[mention.id].append((place, mention))
    return by_id


def verdict(row: Row, named: Found) -> Verdict:
    """How this row stands."""
    if any(mention.is_unmet for _, mention in named.get(row.id, ())):
        return Verdict.NOT_MET
    if row.id in named:
        return Verdict.MET
    return Verdict.LEFT_OUT if row.id in LEFT_OUT.by_id() else Verdict.OPEN


def page(named: Found) -> str:
    """The whole page."""
    parts = [HEAD, "\n".join(_summary(named))]
    parts += ["\n".join(_section(rfc, named)) for rfc in TABLE.titles]
    return "\n".join(parts)


def _summary(named: Found) -> Iterator[str]:
    yield "| RFC | about | rows | " + " | ".join(each.value for each in Verdict) + " |"
    yield "|---|---|---|" + "---|" * len(Verdict)
    for rfc, title in TABLE.titles.items():
        verdicts = [verdict(row, named) for row in _rows(rfc)]
        counts = " | ".join(str(verdicts.count(each)) for each in Verdict)
        mark = ", **complete**" if rfc in COMPLETE else ""
        anchor = _heading(rfc).lower().replace(" ", "-")
        yield f"| [{rfc}](#{anchor}) | {title}{mark} | {len(verdicts)} | {counts} |"
    yield ""


def _section(rfc: str, named: Found) -> Iterator[str]:
    yield f"## {_heading(rfc)}\n"
    yield f"{TABLE.titles[rfc]}.\n"
    yield "| requirement | tests | verdict |\n|---|---|---|"
    for row in _rows(rfc):
        said = f"**{row.id}** ({row.level}, P{row.priority}) {_cell(row.requirement)}"
        tests = "<br>".join(_tests(named.get(row.id, [])))
        yield f"| {said} | {tests} | {verdict(row, named).value}{_why(row, named)} |"
    yield ""


def _rows(rfc: str) -> list[Row]:
    return [row for row in ROWS.values() if row.rfc == rfc]


def _heading(rfc: str) -> str:
    return f"RFC {rfc}" if rfc.isdigit() else "Security"


def _tests(mentions: list[tuple[str, Mention]]) -> Iterator[str]:
    """A link to each file, with the tests in it that name the row."""
    by_place: dict[str, dict[str, None]] = defaultdict(dict)
    for place, mention in mentions:
        by_place[place] |= dict.fromkeys(mention.tests)
    for place, tests in by_place.items():
        yield f"[{place}](../../tests/{place}): {', '.join(map(_words, tests))}"


def _words(test: str) -> str:
    return test.removeprefix("test_").replace("_", " ")


def _why(row: Row, named: Found) -> str:
    if row.id in named or row.id not in LEFT_OUT.by_id():
        return ""
    why = LEFT_OUT.by_id()[row.id]
    link = f" ([{why.decision[:4]}](../decisions/{why.decision}.md))" if why.decision else ""
    return f": {_cell(why.reason)}{link}"


def _cell(text: str) -> str:
    """The text so that Markdown shows it in a cell as it stands."""
    for odd in "\\|<>*_`[]":
        text = text.replace(odd, f"\\{odd}")
    return text


if __name__ == "__main__":
    PAGE.write_text(page(found()), encoding="utf-8")
