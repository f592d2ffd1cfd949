"""Many clients at once, and the question that is asked after every crash: is all of it there?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random

from tests.process.clients import Client, Phone, Publisher, Watcher
from tests.process.message import Message
from tests.process.peer import Peer

_numbers = count(1)  # no two crowds have a user or a Call-ID in common

MOST_PENDING = 32
"Requests under way at once."


@dataclass(slots=True)
class Crowd:
    """Publishers, three watchers of each of them (one by TCP), and phones (one in three by TCP)."""

    peer: Peer
    chance: Random
    presentities: int = 20
    publishers: list[Publisher] = field(default_factory=list)
    watchers: list[Watcher] = field(default_factory=list)
    phones: list[Phone] = field(default_factory=list)
    _by_call_id: dict[str, Watcher] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.peer.on_notify = self._notified
        name = f"crowd{next(_numbers)}"
        for number in range(self.presentities):
            is_stream = number % 3 == 0
            user, call_id = f"p{number}-{name}", f"pub{number}-{name}"
            publisher = Publisher(self.peer, user, call_id, is_stream)
            self.publishers.append(publisher)
            user, call_id = f"f{number}-{name}", f"reg{number}-{name}"
            self.phones.append(Phone(self.peer, user, call_id, is_stream))
            for other in range(3):
                user, call_id = f"w{number}-{other}-{name}", f"sub{number}-{other}-{name}"
                watcher = Watcher(self.peer, user, call_id, other == 0, presentity=publisher.uri)
                self.watchers.append(watcher)
                self._by_call_id[call_id] = watcher

    @property
    def clients(self) -> list[Client]:
        """Everybody."""
        return [*self.publishers, *self.watchers, *self.phones]

    def load(self, answers: int) -> None:
        """Ask and ask, until so many answers more have come; then requests are under way still."""
        left = answers
        while left > 0:
            busy = [client for client in self.clients if client.pending]
            freed = [client for client in busy if client.look()]
            left -= len(freed)
            self._ask_more(MOST_PENDING - len(busy) + len(freed))
            self.peer.pump(self._is_any_answered, "an answer")

    def settle(self) -> None:
        """Have every request answered that is under way."""
        self.peer.pump(
            lambda: not [client for client in self.clients if not client.look()], "answers"
        )

    def struck(self) -> None:
        """The server has gone: take what it said before, and hang up."""
        self.peer.drain()
        self.peer.hang_up()
        for client in self.clients:
            client.look()

    def check(self) -> None:
        """All that was acknowledged before the server went is there now that it is back."""
        unharmed = [client for client in self.clients if client.acknowledged and not client.pending]
        self._send_again_what_is_pending()
        self.see_that_no_lamp_is_stuck([w for w in self.watchers if not w.is_stream])
        self._see_that_answers_are_repeated(unharmed)
        self.refresh()
        self.see_that_no_lamp_is_stuck(self.watchers)
        self.publish()
        self.see_that_no_lamp_is_stuck(self.watchers)

    def begin_all(self) -> None:
        """Let each client make its first request, and get its answer."""
        for client in self.clients:
            client.begin(self.chance)
        self.settle()

    def publish(self) -> None:
        """Let each publisher say something new."""
        for publisher in self.publishers:
            publisher.publish()
        self.settle()

    def _send_again_what_is_pending(self) -> None:
        for client in self.clients:
            if client.pending is not None:
                self.peer.send(client.pending)
        self.settle()

    def see_that_no_lamp_is_stuck(self, watchers: Sequence[Watcher]) -> None:
        """Wait until each of these watchers sees what is published."""
        notes = {publisher.uri: publisher.note for publisher in self.publishers}

        def stuck() -> list[str]:
            return [
                f"{watcher.user} sees {watcher.shown}, not {notes[watcher.presentity]}"
                for watcher in watchers
                if watcher.dialog_tag and watcher.shown != notes[watcher.presentity]
            ]

        self.peer.pump(lambda: not stuck(), "a change", stuck)

    def _see_that_answers_are_repeated(self, clients: Iterable[Client]) -> None:
        for client in clients:
            assert client.acknowledged is not None
            before = client.acknowledged.answer
            assert before is not None
            (after,) = self.peer.ask(client.acknowledged)
            assert _essence(after) == _essence(before), client.acknowledged.packet

    def refresh(self) -> None:
        """Let each client refresh what it has; a watcher is notified whatever there is."""
        before = {watcher.call_id: watcher.notified for watcher in self.watchers}

        def untold() -> list[str]:
            return [w.user for w in self.watchers if w.notified == before[w.call_id]]

        for client in self.clients:
            if isinstance(client, Publisher) and client.entity_tag:
                client.refresh()
            elif isinstance(client, Phone):
                client.query()
            else:
                client.begin(self.chance)
        self.settle()
        self.peer.pump(lambda: not untold(), "the NOTIFY of a refresh", untold)

    def _ask_more(self, most: int) -> None:
        idle = [client for client in self.clients if client.pending is None]
        for client in self.chance.sample(idle, min(most, len(idle))):
            client.begin(self.chance)

    def _is_any_answered(self) -> bool:
        return any(client.pending and client.pending.answer for client in self.clients)

    def _notified(self, notify: Message) -> None:
        self._by_call_id[notify["call-id"]].take(notify)


def _essence(answer: Message) -> tuple[int, str, list[str] | None]:
    """What two answers to the same request must have in common."""
    return answer.status, answer.to_tag, answer.headers.get("sip-etag")
