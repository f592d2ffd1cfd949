"""Every row that this project answers for has a test, or a reason for having none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.left_out import LEFT_OUT
from tests.conformance.page import PAGE, ROOT, Found, Verdict, found, page, verdict
from tests.conformance.rows import COMPLETE, ROWS, TABLE


@pytest.fixture(scope="module")
def named() -> Found:
    return found()


def test_every_row_has_an_id_of_its_own_and_an_rfc_with_a_title() -> None:
    assert len(ROWS) == len(TABLE.rows) == 544
    assert {row.rfc for row in TABLE.rows} == TABLE.titles.keys()
    for row in TABLE.rows:
        assert row.id.startswith((f"{row.rfc}-", "SEC-"))


def test_every_id_that_a_test_names_is_in_the_table(named: Found) -> None:
    unknown = {
        f"{place}:{mention.line}: {each} is no row"
        for each, places in named.items()
        if each not in ROWS
        for place, mention in places
    }
    assert not unknown, "\n".join(sorted(unknown))


def test_every_id_stands_where_a_test_runs_it(named: Found) -> None:
    idle = {
        f"{place}:{mention.line}: {each} belongs to no test"
        for each, places in named.items()
        for place, mention in places
        if not mention.tests
    }
    assert not idle, "\n".join(sorted(idle))


def test_every_row_of_the_complete_rfcs_is_tested_or_left_out_for_a_reason(named: Found) -> None:
    open_ones = [
        row.id
        for row in TABLE.rows
        if row.rfc in COMPLETE and row.priority < 3 and verdict(row, named) is Verdict.OPEN
    ]
    assert not open_ones, "no test names, and left_out.toml does not excuse:\n" + "\n".join(
        open_ones
    )


def test_what_is_left_out_is_there_once_and_not_tested(named: Found) -> None:
    listed = [*LEFT_OUT.reasons, *(each for ids in LEFT_OUT.coming.values() for each in ids)]
    assert len(listed) == len(set(listed))
    assert [each for each in listed if each not in ROWS] == []
    tested = [each for each in listed if each in named]
    assert not tested, "tests name them, so left_out.toml must not:\n" + "\n".join(tested)


def test_who_leaves_out_a_row_of_priority_1_has_decided_to() -> None:
    for each, reason in LEFT_OUT.reasons.items():
        record = ROOT / "docs" / "decisions" / f"{reason.decision}.md"
        assert reason.decision is None or record.exists(), each
        assert reason.decision is not None or ROWS[each].priority > 1, each


def test_the_page_says_what_is(named: Found) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(named), "make docs draws it anew"


def test_the_page_is_where_its_links_are_right(named: Found) -> None:
    for places in named.values():
        for place, _ in places:
            assert (PAGE.parent / Path("../../tests") / place).exists()
