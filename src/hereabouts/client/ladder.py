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

LONG_ENOUGH = 24
"Columns beside a party that hold what it does by itself; with fewer, the wider side is taken."

INDENT = "    "
"Before a field; twice before what of it does not fit on its line."


class Step(msgspec.Struct, frozen=True):
    """One arrow of a ladder; what somebody does by himself, if he is both of its ends."""

    sender: str
    receiver: str
    label: str
    "What it is called, and what it is: `F1 SUBSCRIBE`, `3.3/5-2 searches its policies`."
    fields: tuple[tuple[str, str], ...] = ()
    "What a person wants to see of it, in order; one without a name is a line by itself."
    style: str = "green"
    "The colour of the arrow."
    at: str = ""
    "When, in no more columns than the margin has."


class Remark(msgspec.Struct, frozen=True):
    """What is said between two steps."""

    text: str


Told = Step | Remark


class Drawing:
    """Draws one ladder, step by step, as wide as its terminal allows.

    `margin` columns on the left are for times; a dense one has no line between its steps.
    """

    def __init__(
        self,
        parties: tuple[str, ...],
        console: Console,
        *,
        margin: int = 0,
        is_dense: bool = False,
    ) -> None:
        self._parties = parties
        self._console = console
        self._margin = margin
        self._is_dense = is_dense
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
        self._rungs()

    def show(self, told: Told) -> None:
        """One step with its fields below, or a sentence."""
        if not self._is_dense:
            self._rungs()
        match told:
            case Remark(text):
                self._print_remark(text)
            case Step():
                self._print_step(told)

    def _print_step(self, step: Step) -> None:
        if step.sender == step.receiver:
            self._print_beside(step)
        else:
            self._print_arrow(step)
        for name, value in step.fields:
            self._print_field(f"{name}: {value}" if name else value)

    def _print_arrow(self, step: Step) -> None:
        left, right = sorted((self._places[step.sender], self._places[step.receiver]))
        room = right - left - 1
        for at, piece in enumerate(wrap(step.label, room)):
            self._print_at(piece, left + 1 + max(0, (room - len(piece)) // 2), _first(at, step.at))
        line = list(self._lines())
        line[left + 1 : right] = "-" * room
        if self._places[step.sender] == left:
            line[right - 1] = ">"
        else:
            line[left + 1] = "<"
        self._console.print(Text("".join(line).rstrip(), style=step.style))

    def _print_beside(self, step: Step) -> None:
        """What a party does by itself: on its right, or on its left where there is no room."""
        place = self._places[step.sender]
        lefts, rights = place - self._margin - 1, len(self._lines()) - place - 2
        is_left = rights < min(LONG_ENOUGH, lefts)
        for at, piece in enumerate(wrap(step.label, lefts if is_left else rights)):
            marked = (piece + " *" if is_left else "* " + piece) if at == 0 else piece
            rest = 0 if at == 0 else 2
            start = place - len(marked) + 1 - rest if is_left else place + rest
            self._print_at(marked, start, _first(at, step.at))

    def _print_at(self, text: str, start: int, when: str) -> None:
        line = list(self._lines())
        line[start : start + len(text)] = text
        line[: len(when)] = when
        self._console.print(Text("".join(line).rstrip(), style="bold"))

    def _print_remark(self, text: str) -> None:
        for line in wrap(text, self._console.width):
            self._console.print(Text(line, style="italic yellow"))

    def _print_field(self, shown: str) -> None:
        for line in wrap(
            shown, self._console.width, initial_indent=INDENT, subsequent_indent=2 * INDENT
        ):
            self._console.print(Text(line, style="dim"))

    def _rungs(self) -> None:
        self._console.print(Text(self._lines().rstrip()))

    def _lines(self) -> str:
        line = [" "] * (self._margin + self._width * len(self._parties))
        for place in self._places.values():
            line[place] = "|"
        return "".join(line)


def _first(at: int, when: str) -> str:
    """The time stands beside the first line of a label alone."""
    return when if at == 0 else ""
