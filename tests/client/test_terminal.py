from __future__ import annotations

import asyncio
import io
import os
import signal

import pytest
from rich.console import Console

from hereabouts.client.terminal import hush, plain, until_asked, wide_console


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_it_is_asked_to_and_leaves_cleanly(number: signal.Signals) -> None:
    left: list[str] = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.get_running_loop().create_future()
        finally:
            left.append("cleanly")

    until_asked(work())
    assert left == ["cleanly"]


def test_what_goes_wrong_is_raised() -> None:
    async def work() -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        until_asked(work())


def test_what_nobody_reads_is_no_trouble_any_more() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody_reads:
        console = Console(file=nobody_reads)
        nobody_reads.write("left in the buffer")
        hush(console)
        nobody_reads.flush()


def test_nothing_that_moves_the_cursor_is_left_of_a_text() -> None:
    assert plain("a\x1b[2Jb\n\tc\u202e") == "a [2Jb  c "


WIDTHS = [("", 120, "a pipe"), ("70", 70, "whoever says how wide he is")]


@pytest.mark.parametrize("said, width", [r[:2] for r in WIDTHS], ids=[r[2] for r in WIDTHS])
def test_how_wide_ladders_are(monkeypatch: pytest.MonkeyPatch, said: str, width: int) -> None:
    monkeypatch.setenv("COLUMNS", said)
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert wide_console().width == width
