"""Which modules have no test file of their own, where the tests mirror the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def untested(source: Path, tests: Path) -> Iterator[str]:
    """Each module with logic under `source` that has no `test_` file at its place in `tests`."""
    for path in sorted(source.rglob("*.py")):
        place = path.relative_to(source)
        if has_logic(path.read_text(encoding="utf-8")) and not place_of_test(place, tests).exists():
            yield place.as_posix()
    # A compiled module can only be asked as a whole: its other files are reached through this one.
    for path in sorted(source.rglob("*.c")):
        place = path.relative_to(source)
        is_module = "PyMODINIT_FUNC" in path.read_text(encoding="utf-8")
        if is_module and not place_of_test(place, tests).exists():
            yield place.as_posix()


def place_of_test(place: Path, tests: Path) -> Path:
    """Where the tests of the module at `place` are: `sip/digest.py`, `sip/test_digest.py`."""
    return tests / place.parent / f"test_{place.stem.strip('_')}.py"


def has_logic(text: str) -> bool:
    """Whether the module decides or computes anything: some function in it has a body."""
    functions = (
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return any(not _is_constant(line) for function in functions for line in function.body)


def _is_constant(line: ast.stmt) -> bool:
    # A docstring, `...`, or a plain `return 5`: said, not computed.
    match line:
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.Return(value=ast.Constant() | ast.List(elts=[]) | None):
            return True
        case _:
            return False
