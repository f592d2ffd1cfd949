"""Compiled scripts kept in memory, those asked for last, within a bound."""

from __future__ import annotations

from collections import OrderedDict

from hereabouts.policy.cpl.compiler import compile_script
from hereabouts.policy.cpl.finding import MalformedScript
from hereabouts.policy.cpl.tree import Script


class Compilations:
    """Scripts by their bytes, for as long as the process, and so the grammar, is the same."""

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum  # bytes of scripts; compiled they take some ten times as much
        self._size = 0
        self._kept: OrderedDict[bytes, Script | None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, script: bytes) -> Script | None:
        """The script, ready to run; `None` if this version refuses it."""
        if script in self._kept:
            self._kept.move_to_end(script)
            return self._kept[script]
        compiled = self._kept[script] = _compiled(script)
        self._size += len(script)
        while self._size > self._maximum:
            oldest, _ = self._kept.popitem(last=False)
            self._size -= len(oldest)
        return compiled


def _compiled(script: bytes) -> Script | None:
    try:
        return compile_script(script)
    except MalformedScript:
        return None
