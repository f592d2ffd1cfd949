"""Keeps one flow to a server open, and sees when it has failed (:rfc:`5626#section-4.4`).

Over a connection a ping is a double CRLF and its pong a single one; over datagrams they are a STUN
Binding request and its response.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.ids import Ids
from hereabouts.base.units import Moment, Seconds
from hereabouts.sip import stun
from hereabouts.sip.alarm import Alarm
from hereabouts.sip.flow import Flow
from hereabouts.sip.framing import PING, PONG
from hereabouts.sip.message import Response
from hereabouts.sip.outbound import TAG, ping_pause
from hereabouts.sip.parameters import parse_seconds
from hereabouts.sip.stun import MalformedStun

PONG_WITHIN: Seconds = 10.0
"How long a pong may take over a connection (:rfc:`5626#section-4.4.1`)."

MOST_STREAM: Seconds = 120.0
"Longest pause between two pings over a connection, where the server does not say."

MOST_DATAGRAM: Seconds = 29.0
"The same over datagrams: a NAT may forget them after 30 s (:rfc:`5626#section-4.4.2`)."

FIRST_WAIT: Seconds = 0.5
"RTO: how long to wait before a ping is sent again over datagrams (:rfc:`5389#section-7.2.1`)."

SENDINGS = 7
"How often it is sent; after the last time 16 RTO pass."


def granted(answer: Response) -> bool:
    """Whether a registrar has agreed to Outbound: only then can a pong be expected."""
    return TAG in (tag.lower() for tag in answer.values("require"))


class KeepAlive:
    """The pings on one flow; `failed` is called when it has failed, and no more is sent then."""

    def __init__(
        self,
        deadlines: Deadlines,
        ids: Ids,
        send: Callable[[Flow, bytes], None],
        failed: Callable[[Moment], None],
    ) -> None:
        self._ids = ids
        self._send = send
        self._failed = failed
        self._alarm = Alarm(deadlines, self._rung)
        self._flow: Flow | None = None
        self._most: Seconds = 0.0
        self._ping = b""
        self._sent = 0  # times that this ping was; 0: it has been answered
        self._mapped: tuple[str, int] | None = None

    def begin(self, flow: Flow, answer: Response, now: Moment) -> None:
        """Ping from now on as often as the registrar's answer says, or as is usual.

        A flow that is pinged already goes on at its pace, unless the answer has another.
        """
        usual = MOST_STREAM if flow.is_reliable else MOST_DATAGRAM
        most = float(parse_seconds(answer.first("flow-timer")) or usual)
        if flow == self._flow and most == self._most:
            return
        if flow != self._flow:
            self._mapped = None
        self._flow, self._most = flow, most
        self._rest(now)

    def stop(self) -> None:
        """Ping no more."""
        self._flow = None
        self._alarm.stop()

    def heard(self, payload: bytes, now: Moment) -> None:
        """Take what may be a pong."""
        flow = self._flow
        if flow is None or not self._sent:
            return
        if flow.is_reliable:
            if payload == PONG:
                self._rest(now)
            return
        try:
            message = stun.read(payload)
        except MalformedStun:
            return
        if message.transaction == self._ping[8:20]:
            self._answered(message, now)

    def _answered(self, message: stun.Message, now: Moment) -> None:
        """An address that is another than before is another flow (:rfc:`5626#section-4.4.2`)."""
        mapped = message.mapped
        is_same = self._mapped in (None, mapped)
        if message.kind != stun.SUCCESS or not is_same:
            self._fail(now)
            return
        self._mapped = mapped
        self._rest(now)

    def _rest(self, now: Moment) -> None:
        self._sent = 0
        self._alarm.set(ping_pause(self._most, fraction(self._ids.token())), now)

    def _rung(self, now: Moment) -> None:
        flow = self._flow
        assert flow is not None
        if self._sent and (flow.is_reliable or self._sent == SENDINGS):
            self._fail(now)
            return
        if not self._sent:
            self._ping = PING if flow.is_reliable else self._binding_request()
        self._sent += 1
        self._send(flow, self._ping)
        self._alarm.set(self._patience(flow), now)

    def _patience(self, flow: Flow) -> Seconds:
        if flow.is_reliable:
            return PONG_WITHIN
        return FIRST_WAIT * (16 if self._sent == SENDINGS else 2 ** (self._sent - 1))

    def _binding_request(self) -> bytes:
        name = blake2b(self._ids.token().encode(), digest_size=stun.TRANSACTION_LENGTH)
        return stun.binding_request(name.digest())

    def _fail(self, now: Moment) -> None:
        self.stop()
        self._failed(now)


def fraction(word: str) -> float:
    """A number from 0 to 1 that is as random as the word."""
    return int.from_bytes(blake2b(word.encode(), digest_size=6).digest()) / 2**48
