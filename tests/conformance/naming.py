"""Which tests name which rows of the conformance table.

A test names a row by writing its id, such as `3261-8.2.1-1`, in its docstring, in its body, in the
rows it is parametrized with, or in a table of its file that it uses.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import msgspec

ID = re.compile(r"(?<![\w.-])(?P<rfc>SEC|\d{4})-[\w.]+-[\w.-]*\w")
"""What looks like an id; of an RFC that the table does not have, it is something else. Without its
last part, as in `3261-8.2.1`, it is the name of a section."""


class Mention(msgspec.Struct, frozen=True):
    """An id in a file of tests."""

    id: str
    line: int
    tests: tuple[str, ...]
    "The functions that it stands in, or that use the table it stands in."
    is_unmet: bool
    "Whether the test is known to fail: `xfail` is written on it, or on the row."


class _File:
    """The tests of one file, the tables that they use, and the lines of each."""

    def __init__(self, text: str) -> None:
        tree = ast.parse(text)
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        self.tests = [node for node in functions if node.name.startswith("test_")]
        self._tables = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
        self._unmet = [span for node in ast.walk(tree) for span in _unmet(node)]

    def at(self, line: int) -> tuple[str, ...]:
        """The tests that what stands on this line belongs to."""
        for test in self.tests:
            if _first(test) <= line <= _last(test):
                return (test.name,)
        used = {
            name
            for table in self._tables
            if _first(table) <= line <= _last(table)
            for name in self._spread(_targets(table))
        }
        return tuple(test.name for test in self.tests if used & _names(test))

    def is_unmet(self, line: int) -> bool:
        """Whether what stands on this line is known to fail."""
        return any(first <= line <= last for first, last in self._unmet)

    def _spread(self, names: set[str]) -> set[str]:
        """These tables and all that are made of them."""
        made = {name for each in self._tables if _names(each) & names for name in _targets(each)}
        return names if made <= names else self._spread(names | made)


def mentions(text: str, rfcs: frozenset[str]) -> Iterator[Mention]:
    """Each id in the text of a file of tests that begins with one of these RFCs."""
    file = _File(text)
    starts = list(accumulate((len(line) for line in text.splitlines(keepends=True)), initial=0))
    for found in ID.finditer(text):
        if found["rfc"] in rfcs:
            line = bisect_right(starts, found.start())
            yield Mention(found.group(), line, file.at(line), file.is_unmet(line))


def mentioned(tests: Path, rfcs: frozenset[str]) -> Iterator[tuple[str, Mention]]:
    """The same of every file of tests below a folder, each with the file's place in it."""
    for path in sorted(tests.rglob("test_*.py")):
        place = path.relative_to(tests).as_posix()
        for mention in mentions(path.read_text(encoding="utf-8"), rfcs):
            yield place, mention


def _first(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    return min([node.lineno, *(each.lineno for each in decorators)])


def _last(node: ast.AST) -> int:
    assert isinstance(node, ast.expr | ast.stmt)
    assert node.end_lineno is not None
    return node.end_lineno


def _targets(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {name for target in targets for name in _names(target)}


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _unmet(node: ast.AST) -> Iterator[tuple[int, int]]:
    """The lines that `xfail` speaks of: those of a test, or those of one row."""
    match node:
        case ast.FunctionDef(decorator_list=marks) if any(map(_is_xfail, marks)):
            yield _first(node), _last(node)
        case ast.Call(keywords=keywords):
            for keyword in keywords:
                if keyword.arg == "marks" and _is_xfail(keyword.value):
                    yield node.lineno, _last(node)


def _is_xfail(mark: ast.expr) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "xfail" for node in ast.walk(mark))
