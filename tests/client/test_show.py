"""The commands' part: tables, lines and JSON, and their end by a signal."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import threading
from collections.abc import Callable

import pytest
from rich.console import Console

from hereabouts.base.units import Timestamp
from hereabouts.client import AgentFailed, Presence, show
from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.statement import Statement
from hereabouts.sip.headers.event import Substate
from tests.client.serving import ALICE, BOB, HASTY, agent, run, server
from tests.client.test_following import Phone


def presence(state: Substate = Substate.ACTIVE, reason: str = "", note: str = "here") -> Presence:
    document = Statement(Basic.OPEN, note, ("meeting",)).document(BOB)
    return Presence(BOB, state, reason, document, Timestamp(1_700_000_000.5))


def drawn(*presences: Presence) -> str:
    console = Console(file=io.StringIO(), width=120)
    seen: dict[str, Presence | None] = {ALICE: None}
    console.print(show.table(seen | {each.presentity: each for each in presences}))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


ROWS = [
    (presence(), ["open", "here", "meeting"], "active"),
    (presence(Substate.PENDING), ["waits for approval"], "pending"),
    (presence(Substate.TERMINATED, "404 Not Found"), ["unknown: 404 Not Found"], "not watched"),
    (presence(note="[red]x[/] \x1b[2J"), ["[red]x[/]  [2J"], "notes are text, and nothing else"),
]


@pytest.mark.parametrize("seen, words", [row[:2] for row in ROWS], ids=[row[2] for row in ROWS])
def test_the_table(seen: Presence, words: list[str]) -> None:
    text = drawn(seen)
    assert ALICE in text
    for word in words:
        assert word in text
    assert "\x1b" not in text


def test_a_line_of_json() -> None:
    assert json.loads(show.json_line(presence())) == {
        "presentity": BOB,
        "state": "active",
        "reason": "",
        "basic": "open",
        "note": "here",
        "activities": ["meeting"],
        "seen_at": "2023-11-14T22:13:20.500+00:00",
    }


def test_a_line_of_json_is_one_line() -> None:
    assert "\n" not in show.json_line(presence(note="a\nb"))


class Screen(io.StringIO):
    """A console's file; when it shows the words, something happens."""

    def __init__(self, words: str, then: Callable[[], None]) -> None:
        super().__init__()
        self._words = words
        self._then: Callable[[], None] | None = then

    def write(self, text: str) -> int:
        written = super().write(text)
        if self._then is not None and self._words in self.getvalue():
            then, self._then = self._then, None
            then()
        return written


def ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def in_thread(command: Callable[[str], None]) -> None:
    """Run a command in the main thread against a server in another."""
    ready: list[str] = []
    started, ended = threading.Event(), threading.Event()

    def serve() -> None:
        async def work() -> None:
            async with server() as serving:
                ready.append(str(serving.listening[0]))
                started.set()
                await asyncio.to_thread(ended.wait)

        run(work())

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert started.wait(30)
        command(ready[0])
    finally:
        ended.set()
        thread.join()


def test_watch_shows_lines_until_ctrl_c() -> None:
    screen = Screen("\n", ctrl_c)
    in_thread(lambda place: show.watch(agent(BOB, place), [ALICE], console=Console(file=screen)))
    assert f"{ALICE} closed: No presence information is available.\n" in screen.getvalue()


def test_watch_shows_json_for_scripts() -> None:
    screen = Screen("\n", ctrl_c)
    in_thread(
        lambda place: show.watch(
            agent(BOB, place), [ALICE], as_json=True, console=Console(file=screen)
        )
    )
    assert json.loads(screen.getvalue().splitlines()[0])["basic"] == "closed"


def test_watch_draws_a_table_on_a_terminal() -> None:
    screen = Screen("closed", ctrl_c)
    console = Console(file=screen, force_terminal=True, width=100)
    in_thread(lambda place: show.watch(agent(BOB, place), ["alice@example.com"], console=console))
    assert "alice@example.com" in screen.getvalue()


class Scenes(Screen):
    """A screen that shows one thing after the other."""

    def __init__(self, *scenes: tuple[str, Callable[[], None]]) -> None:
        (words, then), *self._more = scenes
        super().__init__(words, then)

    def write(self, text: str) -> int:
        written = super().write(text)
        if self._then is None and self._more:
            self._words, self._then = self._more.pop(0)
        return written


def test_who_is_taken_out_of_the_list_goes_from_the_table() -> None:
    listed = [ALICE]
    screen = Scenes((ALICE, lambda: listed.__setitem__(0, BOB)), (BOB, ctrl_c))
    console = Console(file=screen, force_terminal=True, width=100)
    in_thread(
        lambda place: show.watch(
            agent(BOB, place), [], console=console, listing=lambda: tuple(listed)
        )
    )
    last = screen.getvalue().rpartition("presentity")[2]
    assert BOB in last
    assert ALICE not in last


def test_follow_tells_each_state_until_ctrl_c() -> None:
    phone = Phone(Statement(Basic.OPEN, "here"), None, Statement(None, "words only"))
    screen = Screen("words only", ctrl_c)
    console = Console(file=screen, width=200)
    in_thread(lambda place: show.follow(agent(ALICE, place), phone, console=console))
    assert screen.getvalue().splitlines() == [
        "It follows phone until Ctrl-C.",
        f"{ALICE} is published as open: here",
        "phone says nothing: nothing is published",
        f"{ALICE} is published as unknown: words only",
    ]


def test_follow_once_publishes_what_is_said_now() -> None:
    console = Console(file=io.StringIO(), width=200)
    phone = Phone(Statement(Basic.CLOSED, "away"))
    in_thread(
        lambda place: show.follow(
            agent(ALICE, place, register=False), phone, once=True, console=console
        )
    )
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == f"{ALICE} is published as closed: away\n"
    with pytest.raises(AgentFailed, match="phone says nothing"):
        show.follow(agent(ALICE, "udp:127.0.0.1:9"), Phone(None), once=True)


def test_publish_stays_until_ctrl_c() -> None:
    screen = Screen("Ctrl-C", ctrl_c)
    console = Console(file=screen, width=200)
    in_thread(lambda place: show.publish(agent(ALICE, place), note="at [my] desk", console=console))
    assert f"{ALICE} is published as open: at [my] desk\n" in screen.getvalue()


def test_publish_once_ends_by_itself() -> None:
    console = Console(file=io.StringIO(), width=200)
    in_thread(
        lambda place: show.publish(
            agent(ALICE, place, register=False), basic="closed", once=True, console=console
        )
    )
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == f"{ALICE} is published as closed\n"


def test_a_reader_who_has_gone_ends_it() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody_reads:
        console = Console(file=nobody_reads)
        in_thread(lambda place: show.watch(agent(BOB, place), [ALICE], console=console))


def test_what_goes_wrong_is_raised() -> None:
    with pytest.raises(AgentFailed, match="no way"):
        show.watch(agent(BOB, f"udp:{'x' * 70}.example.com", settings=HASTY), [ALICE])


def test_what_is_published_is_told_on_one_line() -> None:
    console = Console(file=io.StringIO(), width=40)
    note = f"{'long ' * 20}\x1b[2J"
    in_thread(
        lambda place: show.publish(
            agent(ALICE, place, register=False), note=note, once=True, console=console
        )
    )
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == f"{ALICE} is published as open: {'long ' * 20} [2J\n"
