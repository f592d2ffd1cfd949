"""A story drawn on a terminal: its parties side by side, an arrow a step, and what is in it."""

from __future__ import annotations

from textwrap import wrap

from rich.console import Console
from rich.text import Text

from hereabouts.demo.story import Step, Story

WIDTH = 28
"Columns between two parties."

INDENT = "    "
"Before a field; twice before what of it does not fit on its line."


class Drawing:
    """Draws one story, step by step."""

    def __init__(self, story: Story, console: Console) -> None:
        self._parties = story.parties
        self._console = console
        self._places = {name: WIDTH // 2 + WIDTH * at for at, name in enumerate(story.parties)}

    def begin(self, title: str) -> None:
        """The title, and the heads of the columns."""
        self._console.print(Text(title, style="bold"))
        heads = "".join(name.center(WIDTH) for name in self._parties)
        self._console.print(Text(heads.rstrip(), style="bold cyan"))
        self._rungs()

    def step(self, step: Step) -> None:
        """One arrow, and its fields below."""
        self._rungs()
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
        for name, value in step.fields:
            self._print_field(f"{name}: {value}" if name else value)

    def _print_field(self, shown: str) -> None:
        for line in wrap(
            shown, self._console.width, initial_indent=INDENT, subsequent_indent=2 * INDENT
        ):
            self._console.print(Text(line, style="dim"))

    def _print_over(self, label: str, left: int, right: int) -> None:
        line = list(self._lines())
        room = right - left - 1
        start = left + 1 + max(0, (room - len(label)) // 2)
        line[start : start + len(label)] = label
        self._console.print(Text("".join(line).rstrip(), style="bold"))

    def _rungs(self) -> None:
        self._console.print(Text(self._lines().rstrip()))

    def _lines(self) -> str:
        line = [" "] * (WIDTH * len(self._parties))
        for place in self._places.values():
            line[place] = "|"
        return "".join(line)
