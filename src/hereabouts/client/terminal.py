"""What commands share that show something until they are asked to end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine

from rich.console import Console

PIPED = 120
"Columns of what is read by another program, or kept in a file."


def wide_console() -> Console:
    """Standard output for ladders: as wide as the terminal, or as is usual in a file."""
    is_wide = not sys.stdout.isatty() and not os.environ.get("COLUMNS")
    return Console(highlight=False, soft_wrap=True, width=PIPED if is_wide else None)


def until_asked(work: Coroutine[None, None, None]) -> None:
    """Run to the end; Ctrl-C and SIGTERM leave cleanly."""

    async def run() -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    asyncio.run(run())


def hush(console: Console) -> None:
    """Whoever read has gone: what is left in the buffer goes nowhere, without a complaint."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, console.file.fileno())
    os.close(nowhere)


def plain(text: str) -> str:
    """Text of strangers, without what would move the cursor."""
    return "".join(character if character.isprintable() else " " for character in text)
