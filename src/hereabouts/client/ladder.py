"""Messages drawn on a terminal: their parties side by side, an arrow a step, what is in it."""

from __future__ import annotations

from itertools import zip_longest
from textwrap import wrap

import msgspec
from rich.console import Console
from rich.text import Text

WIDTH = 28
"Columns between two parties, where there is room."

NARROWEST = 9
"Fewer, and the words do not fit between them."

INDENT = "    "
"Before a field; twice before what of it does not fit on its line."


class Step(msgspec.Struct, frozen=True):
    """One arrow of a ladder."""

    sender: str
    receiver: str
    label: str
    fields: tuple[tuple[str, str], ...] = ()
    "What a person wants to see of it, in order; one without a name is a line by itself."
    style: str = "green"
    at: str = ""
    "When, in no more than the margin."


class Remark(msgspec.Struct, frozen=True):
    """What is said between two steps."""

    text: str


class Drawing:
    """Draws one ladder, step by step, as wide as its terminal allows."""

    def __init__(self, parties: tuple[str, ...], console: Console, margin: int = 0) -> None:
        self._parties = parties
        self._console = console
        self._margin = margin
        room = (console.width - margin) // len(parties)
        self._width = max(NARROWEST, min(WIDTH, room))
        middle = margin + self._width // 2
        self._places = {name: middle + self._width * at for at, name in enumerate(parties)}

    def begin(self, title: str) -> None:
        """The title, and the heads of the columns."""
        for piece in wrap(title, self._console.width):
            self._console.print(Text(piece, style="bold"))
        heads = [wrap(name, self._width - 1) for name in self._parties]
        for line in zip_longest(*heads, fillvalue=""):
            shown = " " * self._margin + "".join(name.center(self._width) for name in line)
            self._console.print(Text(shown.rstrip(), style="bold cyan"))
        self._print(self._rungs(), "")

    def show(self, told: Step | Remark) -> None:
        """One step with its fields below, or a sentence."""
        match told:
            case Remark(text):
                self._print_wrapped(text, "italic yellow", "* ")
            case Step():
                self._print_arrow(told)
                for name, value in told.fields:
                    self._print_wrapped(f"{name}: {value}" if name else value, "dim", "")

    def _print_arrow(self, step: Step) -> None:
        left, right = sorted((self._places[step.sender], self._places[step.receiver]))
        for at, piece in enumerate(wrap(step.label, max(1, right - left - 1)) or [""]):
            line = self._rungs()
            start = left + 1 + max(0, (right - left - 1 - len(piece)) // 2)
            line[start : start + len(piece)] = piece
            line[: len(step.at)] = step.at if at == 0 else " " * len(step.at)
            self._print(line, "bold")
        line = self._rungs()
        line[left + 1 : right] = "-" * (right - left - 1)
        if self._places[step.sender] == left:
            line[right - 1] = ">"
        else:
            line[left + 1] = "<"
        self._print(line, step.style)

    def _print_wrapped(self, shown: str, style: str, mark: str) -> None:
        first, later = INDENT + mark, 2 * INDENT
        width = self._console.width
        for line in wrap(shown, width, initial_indent=first, subsequent_indent=later):
            self._console.print(Text(line, style=style))

    def _print(self, line: list[str], style: str) -> None:
        self._console.print(Text("".join(line).rstrip(), style=style))

    def _rungs(self) -> list[str]:
        line = [" "] * (self._margin + self._width * len(self._parties))
        for place in self._places.values():
            line[place] = "|"
        return line
