"""What a demo is: nodes, and the steps that pass between them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import msgspec


class Step(msgspec.Struct, frozen=True):
    """One arrow of a ladder."""

    sender: str
    receiver: str
    label: str
    "What the thesis calls it, and what it is: `F1 SUBSCRIBE`."
    fields: tuple[tuple[str, str], ...] = ()
    "What a person wants to see of it, in order."


class Story(msgspec.Struct, frozen=True):
    """A demo: who takes part, from left to right, and a function that plays it."""

    name: str
    title: str
    parties: tuple[str, ...]
    play: Callable[[], AsyncIterator[Step]]
    "Runs the nodes, and gives each step as it happens."
