"""What has passed, sorted by dialog: who speaks with whom, and what each message is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.client.terminal import plain
from hereabouts.config import Listen
from hereabouts.roles.decisions import Decided
from hereabouts.roles.node import Way
from hereabouts.roles.tracing import Shown
from hereabouts.sip.flow import LOCAL
from hereabouts.sip.headers.address import Address
from hereabouts.sip.message import Request, Response
from hereabouts.sip.reader import read

HERE = "here"
"The column of the node itself."

WITHIN = "its own agents"
"The column of those who speak to the node within it."

MOST = 1000
"Dialogs that are known at once; he who was silent for longest is forgotten."

UNREADABLE = "what is no SIP message"


class Seen(msgspec.Struct, frozen=True):
    """A message that has passed, understood as far as it can be."""

    shown: Shown
    label: str
    "`SUBSCRIBE`, or `200 OK`."
    call_id: str
    "Empty: it cannot be read."
    method: str = ""
    "Its own, or that of what it answers."
    status: int = 0
    "0: it is a request."
    sender: str = ""
    "From, as `sip:user@host`."
    receiver: str = ""
    "To."
    headers: dict[str, list[str]] = {}

    @classmethod
    def of(cls, shown: Shown) -> Seen:
        """The message in a packet."""
        try:
            message = read(shown.packet)
        except Malformed:
            return cls(shown, UNREADABLE, "")
        is_request = isinstance(message, Request)
        return cls(
            shown,
            plain(message.method if isinstance(message, Request) else _status_line(message)),
            plain(message.call_id),
            plain(message.method if isinstance(message, Request) else _answered(message)),
            0 if is_request else getattr(message, "status", 0),
            _user(message, "from"),
            _user(message, "to"),
            message.headers,
        )

    @property
    def peer(self) -> str:
        """Who is at the other end, as `udp:192.0.2.1:5060`."""
        shown = self.shown
        if shown.transport == LOCAL:
            return WITHIN
        return plain(str(Listen(shown.transport, shown.host, shown.port)))

    @property
    def ends(self) -> tuple[str, str]:
        """The columns that it goes from and to."""
        return (self.peer, HERE) if self.shown.way is Way.IN else (HERE, self.peer)


class Conversation:
    """The messages of one Call-ID: who takes part, and how far they are."""

    def __init__(self, first: Seen) -> None:
        self.call_id = first.call_id
        self.begins_with = first.method or first.label
        self.sender = first.sender
        self.receiver = first.receiver
        self.parties: tuple[str, ...] = (first.peer, HERE)
        self.count = 0
        self.last = first

    def add(self, seen: Seen) -> None:
        """One more has passed."""
        self.count += 1
        self.last = seen
        if seen.peer not in self.parties:
            self.parties = (*self.parties, seen.peer)

    @property
    def title(self) -> str:
        """What it is, on one line."""
        if not self.call_id:
            return UNREADABLE
        return f"{self.begins_with} {self.sender} -> {self.receiver}  {self.call_id}"

    def is_between(self, presentity: str, watcher: str) -> bool:
        """Whether these two take part."""
        return {presentity, watcher} == {self.sender, self.receiver}


class Conversations:
    """All of them, by Call-ID."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: dict[str, Conversation] = {}

    def add(self, seen: Seen) -> Conversation:
        """The one that a message belongs to."""
        found = self._known.pop(seen.call_id, None) or Conversation(seen)
        found.add(seen)
        self._known[seen.call_id] = found  # the last in the order now
        if len(self._known) > self._most:
            del self._known[next(iter(self._known))]
        return found

    def about(self, decided: Decided) -> Conversation | None:
        """The one that a decision is about: of those between the two, the last that was heard."""
        return next(
            (
                each
                for each in reversed(self._known.values())
                if each.is_between(decided.presentity, decided.watcher)
            ),
            None,
        )


def in_order(passed: Iterable[Shown], decisions: Iterable[Decided]) -> Iterator[Shown | Decided]:
    """Packets with the decisions between them: each before what was said because of it."""
    waiting = sorted(decisions, key=lambda decided: decided.at)
    for shown in passed:
        while waiting and _is_before(waiting[0], shown):
            yield waiting.pop(0)
        yield shown
    yield from waiting


def _is_before(decided: Decided, shown: Shown) -> bool:
    return decided.at < shown.at or (decided.at == shown.at and shown.way is Way.OUT)


def _status_line(response: Response | Request) -> str:
    assert isinstance(response, Response)
    return f"{response.status} {response.reason}"


def _answered(message: Response | Request) -> str:
    try:
        return message.cseq[1]
    except Malformed:
        return ""


def _user(message: Request | Response, name: str) -> str:
    try:
        return Address.parse(message.first(name) or "").sip_uri.address_of_record
    except Malformed:
        return "?"
