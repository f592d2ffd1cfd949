"""Clients that remember what was acknowledged to them: a publisher, a watcher, a phone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count
from random import Random

from tests.process.message import Message, document, request
from tests.process.peer import Exchange, Peer

_NOTE = re.compile(r"note-[\w-]+")
_CONTACTS = 8
"Bindings that a phone takes turns with."

_branches = count(1)


@dataclass(slots=True)
class Client:
    """Somebody with a Call-ID of his own and at most one request under way."""

    peer: Peer
    user: str
    call_id: str
    is_stream: bool
    cseq: int = 0
    pending: Exchange | None = None
    "Sent, and not answered yet."
    acknowledged: Exchange | None = None
    "The last one that was answered 200."

    @property
    def uri(self) -> str:
        """His address-of-record."""
        return f"sip:{self.user}@example.com"

    def begin(self, chance: Random) -> Exchange:
        """Send the next request."""
        raise NotImplementedError

    def remember(self, answer: Message) -> None:
        """Take a 200."""
        raise NotImplementedError

    def answered(self) -> Message:
        """The answer to the request under way; a 200 is remembered, anything else is over."""
        assert self.pending is not None
        self.peer.pump(lambda: self.pending is not None and bool(self.pending.answer), "an answer")
        answer = self.pending.answer
        assert answer is not None
        if answer.status == 200:
            self.look()
        self.pending = None
        return answer

    def look(self) -> bool:
        """Whether he is free for another request; takes the answer to the last one."""
        if self.pending is None:
            return True
        if self.pending.answer is None:
            return False
        assert self.pending.answer.status == 200, (self.pending.packet, self.pending.answer)
        self.acknowledged, self.pending = self.pending, None
        assert self.acknowledged.answer is not None
        self.remember(self.acknowledged.answer)
        return True

    def start(self, method: str, uri: str, rows: list[str], to_tag: str, body: str) -> Exchange:
        """Send a request with these rows besides the usual ones."""
        self.cseq += 1
        number = next(_branches)
        branch = f"z9hG4bK-{self.call_id}-{number}"
        transport = "TCP" if self.is_stream else "UDP"
        tag = f";tag={to_tag}" if to_tag else ""
        usual = [
            f"Via: SIP/2.0/{transport} {self.peer.address};branch={branch};rport",
            f"From: <{self.uri}>;tag={self.call_id}",
            f"To: <{self._to(uri)}>{tag}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.cseq} {method}",
        ]
        packet = request(f"{method} {uri}", usual + rows, body)
        self.pending = self.peer.send(Exchange(branch, packet, self.is_stream))
        return self.pending

    def _to(self, uri: str) -> str:
        return uri


@dataclass(slots=True)
class Publisher(Client):
    """Publishes one document, and remembers which one counts."""

    entity_tag: str = ""
    note: str = ""
    _said: str = ""
    _notes: int = 0

    def begin(self, chance: Random) -> Exchange:
        """Publish something new, or now and then only refresh."""
        return self.refresh() if self.entity_tag and chance.random() < 0.2 else self.publish()

    def publish(self, filling: str = "") -> Exchange:
        """Publish something new; `filling` makes it longer."""
        self._notes += 1
        self._said = f"note-{self._notes}-{self.user}"
        return self._publish(document(self.uri, f"{self._said} {filling}"))

    def remove(self) -> Exchange:
        """Publish no more."""
        self._said = ""
        return self._publish("", lifetime=0)

    def refresh(self) -> Exchange:
        """Let what is published live longer."""
        self._said = self.note
        return self._publish("")

    def _publish(self, body: str, lifetime: int = 3600) -> Exchange:
        rows = ["Event: presence", f"Expires: {lifetime}"]
        rows += [f"SIP-If-Match: {self.entity_tag}"] if self.entity_tag else []
        return self.start("PUBLISH", self.uri, rows, "", body)

    def remember(self, answer: Message) -> None:
        """From now on this entity-tag and this document count."""
        self.entity_tag = answer["sip-etag"]
        self.note = self._said


@dataclass(slots=True)
class Watcher(Client):
    """Keeps one subscription, and holds every NOTIFY against those before."""

    presentity: str = ""
    dialog_tag: str = ""
    newest_cseq: int = 0
    notified: int = 0
    "How many NOTIFYs came; one that is repeated counts once."
    shown: str = ""
    "The note last seen."
    _branches_seen: set[str] = field(default_factory=set)

    def begin(self, chance: Random) -> Exchange:
        """Subscribe, or refresh the subscription."""
        kind = ";transport=tcp" if self.is_stream else ""
        # Nobody can call back by TCP: such a watcher is found again when he refreshes.
        host = "nowhere.invalid" if self.is_stream else self.peer.address
        contact = f"Contact: <sip:{self.user}@{host}{kind}>"
        rows = [contact, "Event: presence", "Accept: application/pidf+xml", "Expires: 3600"]
        return self.start("SUBSCRIBE", self.presentity, rows, self.dialog_tag, "")

    def remember(self, answer: Message) -> None:
        """The dialog stands."""
        assert self.dialog_tag in ("", answer.to_tag)
        self.dialog_tag = answer.to_tag

    def take(self, notify: Message) -> None:
        """Take a NOTIFY: its CSeq is above those of all before, or it is one of them again."""
        assert notify["subscription-state"].startswith("active"), notify
        if notify.branch in self._branches_seen:
            return
        assert notify.cseq > self.newest_cseq, (self.newest_cseq, notify)
        self._branches_seen.add(notify.branch)
        self.newest_cseq = notify.cseq
        self.notified += 1
        found = _NOTE.search(notify.body)
        self.shown = found[0] if found else ""


@dataclass(slots=True)
class Phone(Client):
    """Registers one contact after the other, and remembers which."""

    contacts: set[str] = field(default_factory=set)
    _next: str = ""

    def begin(self, chance: Random) -> Exchange:
        """Register the next contact."""
        self._next = f"sip:{self.user}-{self.cseq % _CONTACTS}@{self.peer.address}"
        return self._register([f"Contact: <{self._next}>", "Expires: 3600"])

    def query(self) -> Exchange:
        """Ask which contacts there are."""
        self._next = ""
        return self._register([])

    def _register(self, rows: list[str]) -> Exchange:
        return self.start("REGISTER", "sip:example.com", rows, "", "")

    def remember(self, answer: Message) -> None:
        """The registrar lists every contact that it has acknowledged."""
        self.contacts |= {self._next} if self._next else set()
        listed = {value.partition("<")[2].partition(">")[0] for value in _rows(answer)}
        assert listed == self.contacts, (self.user, listed, self.contacts)

    def _to(self, uri: str) -> str:
        return self.uri


def _rows(answer: Message) -> list[str]:
    return [part for row in answer.headers.get("contact", []) for part in row.split(",")]
