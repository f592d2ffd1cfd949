"""Lists the lines of each module that only the tests of other modules run.

A module is covered by its own test file: what another test passes through on its way is not
tested there. Reads the data that `coverage run` left, with the test that ran each line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import coverage

SOURCE = Path("src/hereabouts")


def own_tests(place: Path) -> str:
    """The dotted name of the test module of the source module at `place`."""
    return ".".join(("tests", *place.parent.parts, f"test_{place.stem.strip('_')}"))


def foreign_lines(tests_by_line: Mapping[int, Iterable[str]], own: str) -> list[int]:
    """The lines that were run, but neither by a test of `own` nor by being imported.

    The tests of a line are given by their dotted names; an import has the empty name.
    """
    return sorted(
        line
        for line, tests in tests_by_line.items()
        if tests and not any(test == "" or test.startswith(f"{own}.") for test in tests)
    )


def spans(lines: Iterable[int]) -> str:
    """The lines in short: `3-5, 9`."""
    found: list[tuple[int, int]] = []
    for line in lines:
        if found and found[-1][1] == line - 1:
            found[-1] = (found[-1][0], line)
        else:
            found.append((line, line))
    return ", ".join(f"{first}-{last}" if last > first else f"{first}" for first, last in found)


def findings(data: coverage.CoverageData, source: Path) -> Iterator[str]:
    """Each module with such lines, and the lines."""
    for file in sorted(data.measured_files()):
        place = Path(file).relative_to(source)
        if lines := foreign_lines(data.contexts_by_lineno(file), own_tests(place)):
            yield f"{place}: {spans(lines)}"


def main() -> None:
    """Print what was found."""
    data = coverage.CoverageData()
    data.read()
    print("Run only by the tests of other modules:")
    for line in findings(data, SOURCE.resolve()):
        print(f"  {line}")


if __name__ == "__main__":
    main()
