"""A list of presentities in a file, and an agent that watches whoever stands in it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

from hereabouts.base.journal import Grade, Journal
from hereabouts.base.units import Seconds
from hereabouts.client.address import user_address
from hereabouts.client.agent import Agent
from hereabouts.client.failure import AgentFailed, WrongPassword
from hereabouts.client.presence import Presence
from hereabouts.net.clock import now
from hereabouts.net.log import LogJournal
from hereabouts.presence.presentities import MOST_LISTED
from hereabouts.sip.headers.event import Substate

LOOK_EVERY: Seconds = 1.0
"Seconds between two looks at the list."

RETRY: Seconds = 300.0
"Seconds after which one who could not be watched is tried again."

UNLISTED = "not listed any more"
"Why a presentity is seen no more that was taken out of the list."

_LONGEST = 256 * 1024  # bytes: a thousand addresses, and a line about each


class ListFile:
    """The presentities in a text file: one a line, with what stands behind `#` for people.

    `address` makes of each the address that is meant. A file that cannot be taken leaves the list
    as it was, and is told to the journal once; when it is first read, it is raised.
    """

    def __init__(
        self,
        path: Path,
        address: Callable[[str], str] = user_address,
        journal: Journal | None = None,
    ) -> None:
        self._path = path
        self._address = address
        self._journal = journal or LogJournal()
        self._held: bytes | None = None
        self._listed: tuple[str, ...] = self._read()

    def __call__(self) -> Sequence[str]:
        """Who is listed now."""
        before = self._held
        try:
            self._listed = self._read()
        except AgentFailed as fault:
            if self._held != before:
                self._journal.say(
                    Grade.WARNING, "a list is not taken; it stays as it was", fault=str(fault)
                )
        return self._listed

    def _read(self) -> tuple[str, ...]:
        try:
            with self._path.open("rb") as file:
                held = file.read(_LONGEST)
        except OSError as fault:
            held, self._held = b"", None
            raise AgentFailed(
                f"the list {self._path} cannot be read: {fault.strerror}; name one that can"
            ) from None
        if held == self._held:
            return self._listed
        self._held = held
        return self._parsed(held.decode(errors="replace"))

    def _parsed(self, text: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for number, line in enumerate(text.splitlines(), 1):
            written = line.partition("#")[0].strip()
            if not written:
                continue
            try:
                found[user_address(self._address(written))] = None
            except AgentFailed as fault:
                raise AgentFailed(f"{self._path} line {number}: {fault}") from None
        if len(found) > MOST_LISTED:
            raise AgentFailed(f"{self._path}: at most {MOST_LISTED} can be listed; remove some")
        return tuple(found)


class _News:
    """The newest of each presentity, until it is read."""

    def __init__(self) -> None:
        self._newest: dict[str, Presence] = {}
        self._is_news = asyncio.Event()

    def tell(self, presence: Presence) -> None:
        self._newest[presence.presentity] = presence
        self._is_news.set()

    def end(self, presentity: str, reason: str) -> None:
        self.tell(Presence(presentity, Substate.TERMINATED, reason, None, now().timestamp))

    async def wait(self, patience: Seconds) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._is_news.wait()
        self._is_news.clear()

    def take(self) -> list[Presence]:
        newest, self._newest = self._newest, {}
        return list(newest.values())


async def watch_listed(
    agent: Agent, listing: Callable[[], Sequence[str]], *, every: Seconds = LOOK_EVERY
) -> AsyncGenerator[Presence, None]:
    """Each change of those who are listed, for as long as the caller wants.

    `listing` is asked every so many seconds. Who is taken out of it comes once more, as terminated
    for the reason `UNLISTED`; who cannot be watched comes as terminated, and is tried again.

    Raises:
        WrongPassword: the server does not believe the user.
    """
    news = _News()
    watching: dict[str, asyncio.Task[None]] = {}
    try:
        while True:
            wanted = dict.fromkeys(listing())
            for address in wanted.keys() - watching.keys():
                watching[address] = asyncio.ensure_future(_watch(agent, address, news))
            for address in watching.keys() - wanted.keys():
                watching.pop(address).cancel()
                news.end(address, UNLISTED)
            await news.wait(every)
            for task in watching.values():
                if task.done():
                    task.result()  # what a watch does not survive, nor do the others
            for presence in news.take():
                yield presence
    finally:
        for task in watching.values():
            task.cancel()
        await asyncio.gather(*watching.values(), return_exceptions=True)


async def _watch(agent: Agent, address: str, news: _News) -> None:
    while True:
        try:
            async for presence in agent.watch(address):
                news.tell(presence)
        except WrongPassword:
            news.end(address, "the password is wrong")
            raise
        except AgentFailed as fault:
            news.end(address, str(fault))
        await asyncio.sleep(RETRY)
