"""The run says what it left out, and why; where nothing may be left out, that is a failure."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"

MARKERS = """
    [pytest]
    addopts = -p no:asyncio -p no:hypothesispytest
    markers =
        needs: a program
        soak: for long
"""

NEEDS_WHAT_NOBODY_HAS = """
    import pytest

    @pytest.mark.needs("sipp")
    def test_with_a_program():
        pass

    def test_without():
        pass
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A small project with our conftest, on a machine that has no program at all."""
    monkeypatch.delenv("HEREABOUTS_REQUIRE_ALL", raising=False)
    monkeypatch.setenv("PATH", "")
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makeini(MARKERS)
    return pytester


def test_a_missing_program_is_named_with_its_package(project: pytest.Pytester) -> None:
    project.makepyfile(NEEDS_WHAT_NOBODY_HAS)
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(
        ["1 test: sipp is not installed (Debian package sip-tester)", "*1 passed, 1 skipped*"]
    )


def test_hosts_that_cannot_be_made_are_named(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.makepyfile(NEEDS_WHAT_NOBODY_HAS.replace("sipp", "netns"))
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["1 test: ip is not installed (Debian package iproute2)"])
    program = project.path / "ip"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(project.path))
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["1 test: no network namespaces can be made here*"])


def test_a_program_that_is_there_leaves_nothing_out(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = project.path / "sipp"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(project.path))
    project.makepyfile(NEEDS_WHAT_NOBODY_HAS)
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["Nothing: this machine allows every test that was asked for."])


LEFT_OUT = [
    (NEEDS_WHAT_NOBODY_HAS, "a test needs a program"),
    ("import pytest\ndef test_a():\n    pytest.skip('no')", "a test finds out by itself"),
    ("import pytest\npytest.skip('no', allow_module_level=True)", "a whole file"),
]


@pytest.mark.parametrize("text", [row[0] for row in LEFT_OUT], ids=[row[1] for row in LEFT_OUT])
def test_where_all_is_required_leaving_out_is_a_failure(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("HEREABOUTS_REQUIRE_ALL", "1")
    project.makepyfile(text)
    result = project.runpytest_inprocess()
    assert result.ret != pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*left out, but HEREABOUTS_REQUIRE_ALL is set: *"])


def test_an_expected_failure_is_not_left_out(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEREABOUTS_REQUIRE_ALL", "1")
    project.makepyfile("import pytest\n@pytest.mark.xfail\ndef test_a():\n    assert False")
    project.runpytest_inprocess().assert_outcomes(xfailed=1)


def test_what_was_not_asked_for_is_counted(project: pytest.Pytester) -> None:
    project.makepyfile(
        "import pytest\n@pytest.mark.soak\ndef test_a():\n    pass\ndef test_b():\n    pass"
    )
    result = project.runpytest_inprocess("-m", "not soak")
    result.stdout.fnmatch_lines(["Not asked for: 1 test * run* for long (make soak)."])
