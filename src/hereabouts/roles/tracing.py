"""The command `trace`: what has passed since somebody last asked, masked, and what was decided.

A reply is short, and says whether there is more at once: whoever traces a busy server costs it a
few milliseconds a time, and never a long turn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Moment, Seconds, Timestamp
from hereabouts.roles.commands import Arguments, Command
from hereabouts.roles.decisions import Decided, Decisions
from hereabouts.roles.node import Node, Way
from hereabouts.roles.recorder import Passed, Recorder
from hereabouts.sip.domains import Domains
from hereabouts.sip.masking import mask
from hereabouts.sip.message import Request, Response
from hereabouts.sip.reader import read

MOST_LOOKED_AT = 500
"Packets looked at for one reply: 5 ms, if each is read."

MOST_BYTES = 512 * 1024
"Bytes of packets in one reply, and one packet more."

MOST_DECISIONS = 200
"Decisions in one reply."

LOOK_BACK: Seconds = 30.0
"How much earlier than the first packet a decision can be: asking elsewhere takes its time."

_NOTHING_KEPT = "nothing is kept of what passes; set trace.keep above 0, and start the server again"


class Shown(msgspec.Struct, frozen=True):
    """A packet that has passed."""

    number: int
    at: Timestamp
    way: Way
    transport: str
    host: str
    "The peer's."
    port: int
    local: str
    "Our own end, `host:port`."
    connection: int
    packet: bytes
    "Masked."


class Look(msgspec.Struct, frozen=True):
    """What one look shows."""

    passed: list[Shown]
    decisions: list[Decided]
    "Of the users whom these packets are about; some may have been shown before."
    next: int
    "What to ask `since` next time."
    missed: int
    "How many have gone that were not looked at."
    newest: int
    "The newest that there is; above `next` there is more to be seen already."


class _Wanted(msgspec.Struct, frozen=True):
    """What is asked for; what is empty is whatever it is."""

    user: str
    call_id: str
    "How it begins."
    method: str

    def takes(self, message: Request | Response | None, users: Collection[str]) -> bool:
        """Whether it is asked for; what nobody can read only where anything is."""
        if message is None:
            return not (self.user or self.call_id or self.method)
        return (
            message.call_id.startswith(self.call_id)
            and (not self.method or self.method == _method(message))
            and (not self.user or self.user in users)
        )


def traced(node: Node, keep: int, domains: Domains, decisions: Decisions) -> Mapping[str, Command]:
    """Have a node record its last packets, `keep` of them; the commands that show them."""
    recorder = Recorder(keep)
    if keep:
        node.record = recorder.record
    return Tracing(recorder, domains, decisions).table


class Tracing:
    """Shows what a recorder has kept."""

    def __init__(self, recorder: Recorder, domains: Domains, decisions: Decisions) -> None:
        self._recorder = recorder
        self._domains = domains
        self._decisions = decisions
        self.table: Mapping[str, Command] = {"trace": self._trace}

    async def _trace(self, arguments: Arguments, _now: Moment) -> Look:
        """What came after the packet `since` that is of a `user`, a `call_id`, a `method`."""
        if not self._recorder.keep:
            raise Malformed(_NOTHING_KEPT)
        wanted, since = self._wanted(arguments), _number(arguments.get("since") or 0)
        shown: list[Shown] = []
        users: set[str] = set()
        size, last = 0, since
        looked_at = self._recorder.after(since, MOST_LOOKED_AT)
        for passed in looked_at:
            last = passed[0]
            message = _message(passed)
            named = set(self._users(message)) if message is not None else set()
            if _is_silent(passed) or not wanted.takes(message, named):
                continue
            shown.append(_shown(passed))
            users |= named
            size += len(passed[2])
            if size >= MOST_BYTES:
                break
        return Look(
            shown,
            self._decided(users, shown[0].at) if shown else [],
            next=last,
            missed=max(0, self._recorder.first - since - 1),
            newest=self._recorder.newest,
        )

    def _wanted(self, arguments: Arguments) -> _Wanted:
        user = str(arguments.get("user") or "")
        return _Wanted(
            user=self._domains.meant(user) if user else "",
            call_id=str(arguments.get("call_id") or ""),
            method=str(arguments.get("method") or "").upper(),
        )

    def _users(self, message: Request | Response) -> Iterator[str]:
        """The addresses-of-record that a message is from, to and for, as far as they are any."""
        try:
            yield self._domains.canonical(message.from_address.sip_uri)
            yield self._domains.canonical(message.to_address.sip_uri)
            if isinstance(message, Request):
                yield self._domains.canonical(message.request_uri)
        except Malformed:
            return

    def _decided(self, users: set[str], first: Timestamp) -> list[Decided]:
        found: list[Decided] = []
        for user in sorted(users):
            for decided in self._decisions.of(user):
                if decided.at < first - LOOK_BACK or len(found) >= MOST_DECISIONS:
                    break
                found.append(decided)
        return sorted(found, key=lambda decided: decided.at)


def _method(message: Request | Response) -> str:
    """The method of a request, or of that which a response answers; empty: it does not say."""
    if isinstance(message, Request):
        return message.method
    try:
        return message.cseq[1]
    except Malformed:
        return ""


def _message(passed: Passed) -> Request | Response | None:
    try:
        return read(passed[2])
    except Malformed:
        return None


def _is_silent(passed: Passed) -> bool:
    """Whether it says nothing: a keep-alive."""
    return not passed[2].strip()


def _number(value: object) -> int:
    try:
        return max(0, int(str(value)))
    except ValueError:
        raise Malformed(f"since is {str(value)[:40]!r}, and not the number of a packet") from None


def _shown(passed: Passed) -> Shown:
    number, way, packet, flow, now = passed
    return Shown(
        number,
        now.timestamp,
        way,
        flow.transport,
        flow.host,
        flow.port,
        flow.local,
        flow.connection,
        mask(packet),
    )
