from __future__ import annotations

from pathlib import Path

import coverage
import pytest

from tools.own_coverage import findings, foreign_lines, own_tests, spans

PLACES = [
    ("sip/uri.py", "tests.sip.test_uri", "a module in a package"),
    ("config.py", "tests.test_config", "a module at the top"),
    ("sip/__init__.py", "tests.sip.test_init", "a package's own file"),
]


@pytest.mark.parametrize(
    "place, expected", [row[:2] for row in PLACES], ids=[row[2] for row in PLACES]
)
def test_the_tests_of_a_module_have_its_place(place: str, expected: str) -> None:
    assert own_tests(Path(place)) == expected


LINES: list[tuple[list[str], bool, str]] = [
    (["tests.sip.test_uri.test_a"], False, "its own test"),
    (["tests.sip.test_dialog.test_a"], True, "the test of another"),
    (["tests.sip.test_dialog.test_a", "tests.sip.test_uri.test_a"], False, "both"),
    (["tests.sip.test_uri_parameters.test_a"], True, "a name that only begins like its own"),
    ([""], False, "an import"),
    ([], False, "nobody: that is plain missing coverage"),
]


@pytest.mark.parametrize(
    "tests, is_foreign", [row[:2] for row in LINES], ids=[row[2] for row in LINES]
)
def test_a_line_is_foreign_if_only_others_run_it(tests: list[str], *, is_foreign: bool) -> None:
    assert foreign_lines({7: tests}, "tests.sip.test_uri") == ([7] if is_foreign else [])


def test_neighbouring_lines_are_told_as_one_span() -> None:
    assert spans([1, 3, 4, 5, 9]) == "1, 3-5, 9"


def test_a_module_is_named_with_its_lines(tmp_path: Path) -> None:
    data = coverage.CoverageData(no_disk=True)
    for test, lines in (("tests.sip.test_uri.test_a", [1, 2]), ("tests.test_b.test_b", [2, 3, 4])):
        data.set_context(test)
        data.add_lines({str(tmp_path / "sip" / "uri.py"): lines})
    assert list(findings(data, tmp_path)) == ["sip/uri.py: 3-4"]
