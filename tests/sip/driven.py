"""An endpoint on a clock of our own: what comes in, what goes out, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hereabouts.base.deadlines import Deadlines, Wake
from hereabouts.base.units import Instant, Moment, Seconds, Timestamp
from hereabouts.sip.endpoint import Endpoint
from hereabouts.sip.flow import Flow
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.leaving import Answer, Packet
from hereabouts.sip.message import Request, Response
from hereabouts.sip.reader import read
from hereabouts.sip.sources import Sources
from hereabouts.sip.transactions.machine import Timers, Transaction
from tests.sip.packets import UDP

ROWS = "From: <sip:us@h>;tag=1\r\nTo: <sip:them@h>\r\nCall-ID: x\r\nCSeq: 1 {}\r\n"


class Counted:
    """Words that count up."""

    def __init__(self) -> None:
        self._last = 0

    def token(self) -> str:
        self._last += 1
        return f"word{self._last}"


class Lanes(Deadlines):
    """Deadlines that note for how many lengths they have a lane."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths: set[Seconds] = set()

    def wait_together(
        self, length: Seconds, start: Instant, wake: Wake, subjects: list[Any]
    ) -> Instant:
        """As `Deadlines.wait_together`."""
        self.lengths.add(length)
        return super().wait_together(length, start, wake, subjects)


class Driven:
    """An endpoint, its clock and its wire; packets leave at once unless they are held back."""

    def __init__(
        self,
        deliver: Callable[[Driven, Incoming], None] = lambda driven, incoming: None,
        *,
        start: float = 1000.0,
        max_lingering: int = 32768,
        max_servers: int = 32768,
        timers: Timers | None = None,
        sources: Sources | None = None,
    ) -> None:
        self.elapsed: Seconds = 0.0
        self.delivered: list[Incoming] = []
        self.sent: list[tuple[Seconds, Flow, bytes]] = []
        self.told: list[tuple[Seconds, Answer]] = []
        self.made: list[Transaction] = []
        "The transactions of our own requests."
        self.is_held_back = False
        self.held_back: list[Packet] = []
        self.deadlines = Lanes()
        self._start = start
        self._handle = deliver
        self.endpoint = Endpoint(
            Counted(),
            self.deadlines,
            self._deliver,
            secret=b"secret",
            max_lingering=max_lingering,
            max_servers=max_servers,
            timers=timers,
            sources=sources,
        )

    @property
    def now(self) -> Moment:
        """Now, on both clocks."""
        return Moment(Instant(self._start + self.elapsed), Timestamp(1.7e9 + self.elapsed))

    def receive(self, packet: bytes, flow: Flow = UDP) -> None:
        """Let a message come in."""
        self.endpoint.receive(packet, flow, self.now)
        self.release()

    def respond(self, status: int, which: int = -1, body: bytes = b"") -> None:
        """Answer the latest request, or another."""
        self.endpoint.respond(self.delivered[which], status, self.now, body=body)
        self.release()

    def request(
        self, method: str = "NOTIFY", flow: Flow = UDP, *, rows: str = "", branch: str = ""
    ) -> Transaction:
        """Send a request whose answers are noted in `told`."""
        rows += ROWS.format(method)
        user = (self._tell, None)
        sent = self.endpoint.request(method, "sip:them@h", rows, b"", flow, user, branch=branch)
        self.made.append(sent)
        self.release()
        return sent

    def release(self) -> None:
        """Let leave what may leave."""
        packets, self.endpoint.outbox[:] = list(self.endpoint.outbox), []
        self.held_back += packets
        if self.is_held_back:
            return
        packets, self.held_back = self.held_back, []
        self.endpoint.released(packets, self.now)
        for flow, payload, _ in packets:
            self.sent.append((self.elapsed, flow, payload))

    def wait(self, seconds: Seconds) -> None:
        """Let time pass, waking all whose instant comes."""
        end = self.elapsed + seconds
        while (due := self.deadlines.next()) is not None and due <= self._start + end:
            self.elapsed = max(self.elapsed, due - self._start)
            self.deadlines.wake_due(self.now)
            self.release()
        self.elapsed = end

    @property
    def kept(self) -> int:
        """How many transactions of requests are kept."""
        return len(self.endpoint._servers)  # noqa: SLF001 - it is memory, and shows nowhere

    @property
    def times(self) -> list[Seconds]:
        """When each packet left."""
        return [time for time, _, _ in self.sent]

    @property
    def last(self) -> Request | Response:
        """The message that left last."""
        return read(self.sent[-1][2])

    def _deliver(self, incoming: Incoming, now: Moment) -> None:
        assert now == self.now
        self.delivered.append(incoming)
        self._handle(self, incoming)

    def _tell(self, subject: None, answer: Answer, now: Moment) -> None:
        assert now == self.now
        self.told.append((self.elapsed, answer))


def answer_at_once(driven: Driven, incoming: Incoming) -> None:
    """A user that answers 200."""
    driven.endpoint.respond(incoming, 200, driven.now)
