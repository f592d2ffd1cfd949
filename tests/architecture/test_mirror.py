"""Each module has a test file of its own, or a reason for having none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.mirror import has_logic, untested

ROOT = Path(__file__).parents[2]

# Module: why it has no test file of its own.
WITHOUT_OWN_TEST: dict[str, str] = {
    "base/refusal.py": "says back the text and figures it was given",
    "base/units.py": "one addition, which every test of a deadline makes",
}


def test_every_module_with_logic_has_its_test_file() -> None:
    missing = set(untested(ROOT / "src" / "hereabouts", ROOT / "tests")) - WITHOUT_OWN_TEST.keys()
    assert not missing, "no test file of their own:\n" + "\n".join(sorted(missing))


def test_a_reason_names_a_module_that_is_there() -> None:
    source = ROOT / "src" / "hereabouts"
    assert [place for place in WITHOUT_OWN_TEST if not (source / place).exists()] == []


def test_the_test_file_stands_where_the_module_stands(tmp_path: Path) -> None:
    for place in ("source/sip/uri.py", "source/sip/dialog.py", "tests/sip/test_uri.py"):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("def f(x):\n    return x + 1\n", encoding="utf-8")
    assert list(untested(tmp_path / "source", tmp_path / "tests")) == ["sip/dialog.py"]


def test_a_compiled_module_has_one_test_file_for_all_its_parts(tmp_path: Path) -> None:
    for place, text in (("clock.c", "PyMODINIT_FUNC PyInit_clock(void)"), ("wheels.c", "int x;")):
        (tmp_path / place).write_text(text, encoding="utf-8")
    assert list(untested(tmp_path, tmp_path / "tests")) == ["clock.c"]


LOGIC = [
    ("def f(x):\n    return x + 1", True, "a computation"),
    ("class A:\n    def f(self):\n        self.x = 1", True, "a method that changes something"),
    ("async def f(x):\n    await x", True, "a coroutine"),
    ("LIMIT = 5", False, "a constant"),
    ("class A:\n    x: int", False, "fields only"),
    ('class A:\n    def f(self):\n        """Say."""\n        ...', False, "a Protocol"),
    ("class A:\n    def f(self):\n        return []", False, "an empty default"),
]


@pytest.mark.parametrize(
    "text, expected", [row[:2] for row in LOGIC], ids=[row[2] for row in LOGIC]
)
def test_logic_is_a_function_with_a_body(text: str, *, expected: bool) -> None:
    assert has_logic(text) is expected
