"""A story drawn on a terminal: its parties side by side, an arrow a step, and what is in it."""

from __future__ import annotations

from itertools import zip_longest
from textwrap import wrap

from rich.console import Console
from rich.text import Text

from hereabouts.demo.story import Remark, Step, Story, Told

WIDTH = 28
"Columns between two parties, where there is room."

NARROWEST = 9
"Fewer, and the words do not fit between them."

LONG_ENOUGH = 24
"Columns beside a party that hold what it does by itself; with fewer, the wider side is taken."

INDENT = "    "
"Before a field; twice before what of it does not fit on its line."


class Drawing:
    """Draws one story, step by step, as wide as its terminal allows."""

    def __init__(self, story: Story, console: Console) -> None:
        self._parties = story.parties
        self._console = console
        self._width = max(NARROWEST, min(WIDTH, console.width // len(story.parties)))
        middle = self._width // 2
        self._places = {name: middle + self._width * at for at, name in enumerate(self._parties)}

    def begin(self, title: str) -> None:
        """The title, and the heads of the columns."""
        self._console.print(Text(title, style="bold"))
        heads = [wrap(name, self._width - 1) for name in self._parties]
        for line in zip_longest(*heads, fillvalue=""):
            shown = "".join(name.center(self._width) for name in line)
            self._console.print(Text(shown.rstrip(), style="bold cyan"))
        self._rungs()

    def show(self, told: Told) -> None:
        """One step with its fields below, or a sentence."""
        match told:
            case Remark(text):
                self._print_remark(text)
            case Step():
                self._print_step(told)

    def _print_step(self, step: Step) -> None:
        self._rungs()
        if step.sender == step.receiver:
            self._print_beside(step.label, self._places[step.sender])
        else:
            self._print_arrow(step)
        for name, value in step.fields:
            self._print_field(f"{name}: {value}" if name else value)

    def _print_arrow(self, step: Step) -> None:
        left, right = sorted((self._places[step.sender], self._places[step.receiver]))
        line = list(self._lines())
        line[left + 1 : right] = "-" * (right - left - 1)
        if self._places[step.sender] == left:
            line[right - 1] = ">"
        else:
            line[left + 1] = "<"
        for piece in wrap(step.label, right - left - 1):
            self._print_over(piece, left, right)
        self._console.print(Text("".join(line).rstrip(), style="green"))

    def _print_over(self, label: str, left: int, right: int) -> None:
        room = right - left - 1
        self._print_at(label, left + 1 + max(0, (room - len(label)) // 2))

    def _print_beside(self, label: str, place: int) -> None:
        """What a party does by itself: on its right, or on its left where there is no room."""
        rights = len(self._lines()) - place - 2
        is_left = rights < min(LONG_ENOUGH, place - 1)
        for at, piece in enumerate(wrap(label, (place - 1) if is_left else rights)):
            marked = (piece + " *" if is_left else "* " + piece) if at == 0 else piece
            rest = 0 if at == 0 else 2
            start = place - len(marked) + 1 - rest if is_left else place + rest
            self._print_at(marked, start)

    def _print_at(self, text: str, start: int) -> None:
        line = list(self._lines())
        line[start : start + len(text)] = text
        self._console.print(Text("".join(line).rstrip(), style="bold"))

    def _print_remark(self, text: str) -> None:
        self._rungs()
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
        line = [" "] * (self._width * len(self._parties))
        for place in self._places.values():
            line[place] = "|"
        return "".join(line)
