"""A presence agent without a node around it: handlers run at once, on a store in memory."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from itertools import count, islice
from typing import Any

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.presence.agent import PresenceAgent, Rules
from hereabouts.presence.notify import Delivery
from hereabouts.presence.publish import handle_publish
from hereabouts.presence.questions import (
    Decision,
    Handling,
    NotifyAnswer,
    NotifyQuestion,
    ShowAnswer,
    ShowQuestion,
    SubscribeAnswer,
    SubscribeQuestion,
    WatchAnswer,
    WatchQuestion,
)
from hereabouts.presence.subscribe import delivery_named, handle_refresh, handle_subscribe
from hereabouts.roles.build import finish
from hereabouts.sip.endpoint import Endpoint
from hereabouts.sip.flow import Flow
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.message import Request, Response
from hereabouts.sip.reader import read
from hereabouts.storage.memory import MemoryStore
from tests.ladders.ids import CountedIds

ALICE = "sip:alice@example.com"
BOB = "sip:bob@example.com"
START = Moment(Instant(100.0), Timestamp(1_700_000_000.0))
UDP = Flow("UDP", "192.0.2.2", 5060, "192.0.2.1:5060")
TCP = Flow("TCP", "192.0.2.2", 40000, "192.0.2.1:5060", 1, 7)


def document(basic: str = "open") -> bytes:
    return (
        f'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{ALICE}">'
        f'<tuple id="t"><status><basic>{basic}</basic></status></tuple></presence>'
    ).encode()


class Desk:
    """The agent, and the bytes that go in and out."""

    def __init__(
        self,
        rules: Rules | None = None,
        decision: Decision = Decision.ALLOW,
        store: MemoryStore | None = None,
    ) -> None:
        self.now = START
        self.watching = WatchAnswer(decision, "the test says so")
        self.subscribing = SubscribeAnswer(Decision.ALLOW, "the test says so")
        self.notifying = NotifyAnswer(Handling.DELIVER, "the test says so")
        self.showing = ShowAnswer(Handling.DELIVER, "the test says so")
        self.ruled = frozenset[str]()
        "On what there are rules: `subscribing`, `notifying`."
        self.asked: list[WatchQuestion | NotifyQuestion] = []
        self.flow = UDP
        self.store = store or MemoryStore()
        self.deadlines = Deadlines()
        self.endpoint = self._endpoint()
        self.last_request = b""
        self.agent = PresenceAgent(
            self.store,
            self.endpoint,
            self.deadlines,
            self,
            self._run,
            rules=rules or Rules(),
            boots=1,
        )
        self.store.changes(0, self.agent.changed)
        self._branches = count(1)

    def _endpoint(self) -> Endpoint:
        return Endpoint(CountedIds(), self.deadlines, self._deliver, secret=b"secret")

    def spoil(self, most: int) -> None:
        """Have a fault of ours meet the NOTIFY after so many more, once."""
        branches = self.endpoint.branches

        def few() -> Iterator[str]:
            yield from islice(branches, most)
            self.endpoint.branches = branches
            raise ZeroDivisionError

        self.endpoint.branches = few()

    def forget_transactions(self) -> None:
        """As a crash does; the subscriptions stay."""
        self.endpoint = self.agent.endpoint = self._endpoint()
        self.agent.notifier._endpoint = self.endpoint  # noqa: SLF001 - it is given one for good

    # -- Questions

    async def may_subscribe(self, question: SubscribeQuestion, now: Moment) -> SubscribeAnswer:
        self.asked.append(question)
        return self.subscribing

    async def may_watch(self, question: WatchQuestion, now: Moment) -> WatchAnswer:
        self.asked.append(question)
        return self.watching

    async def may_notify(self, question: NotifyQuestion, now: Moment) -> NotifyAnswer:
        self.asked.append(question)
        return self.notifying

    async def may_show(self, question: ShowQuestion, now: Moment) -> ShowAnswer:
        self.asked.append(question)
        return self.showing

    def has_rules(self) -> bool:
        return bool(self.ruled)

    def has_subscribing_rules(self, presentity: str, watcher: str) -> bool:
        return "subscribing" in self.ruled

    def has_notifying_rules(self, presentity: str, watcher: str) -> bool:
        return "notifying" in self.ruled

    def take_asked(self) -> list[str]:
        """The kinds of questions asked since the last call, in order."""
        taken, self.asked[:] = list(self.asked), []
        return [type(each).__name__.removesuffix("Question").lower() for each in taken]

    # -- requests in

    def publish(self, body: bytes = b"", **headers: str) -> Response:
        """The answer to a PUBLISH."""
        given = {"Event": "presence", "Content-Type": "application/pidf+xml"}
        return self.ask("PUBLISH", given | headers, body)

    def subscribe(self, to_tag: str = "", /, **headers: str) -> Response:
        """The answer to a SUBSCRIBE, with the end of its turn; `to_tag`: in this dialog."""
        given = {"Event": "presence", "Contact": "<sip:bob@192.0.2.2>"}
        if to_tag:
            given["To"] = f"<{ALICE}>;tag={to_tag}"
        answer = self.ask("SUBSCRIBE", given | headers)
        self.work()
        return answer

    def ask(self, method: str, headers: dict[str, str], body: bytes = b"") -> Response:
        """The answer to a request; refusals are raised."""
        number = next(self._branches)
        rows = {
            "Via": f"SIP/2.0/{self.flow.transport} 192.0.2.2;branch=z9hG4bK{number}",
            "From": f"<{BOB}>;tag=bobs",
            "To": f"<{ALICE}>",
            "Call-ID": "call",
            "CSeq": f"{number} {method}",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in rows.items() if value != "none")
        packet = f"{method} {ALICE} SIP/2.0\r\n{head}\r\n".encode() + body
        self.last_request = packet
        return self.receive(packet)

    def receive(self, packet: bytes) -> Response:
        """The answer to these bytes; refusals are raised."""
        before = len(self.endpoint.outbox)
        self.endpoint.receive(packet, self.flow, self.now)
        answers = [read(payload) for _, payload, _ in self.endpoint.outbox[before:]]
        (answer,) = [each for each in answers if isinstance(each, Response)]
        return answer

    def answer(self, status: int, request: Request, **headers: str) -> None:
        """Have the watcher answer a NOTIFY."""
        names = ("via", "from", "to", "call-id", "cseq")
        rows = [f"{name}: {request.headers[name][0]}" for name in names]
        rows += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        packet = "\r\n".join([f"SIP/2.0 {status} So", *rows, "", ""]).encode()
        self.endpoint.receive(packet, UDP, self.now)

    def _deliver(self, incoming: Incoming, now: Moment) -> None:
        if incoming.request.method == "PUBLISH":
            finish(handle_publish(self.agent, incoming, ALICE, now))
            return
        if incoming.request.to_tag is not None:
            delivery = delivery_named(self.agent, incoming.request)
            finish(handle_refresh(self.agent, incoming, delivery, BOB, now))
        else:
            finish(handle_subscribe(self.agent, incoming, ALICE, BOB, now))

    def _run(self, _key: str, start: Callable[[], Coroutine[Any, Any, None]]) -> None:
        finish(start())

    # -- time, and what goes out

    def work(self) -> bool:
        """Let the agent do a slice of its work; whether something is left."""
        return self.agent.work(self.now)

    def wait(self, seconds: float) -> None:
        """Let time go by, with all that falls due in it."""
        until = Instant(self.now.instant + seconds)
        while True:
            self.work()
            due = self.deadlines.next()
            if due is None or due > until:
                break
            self._move(Instant(max(due, self.now.instant)))
            self.deadlines.wake_due(self.now)
        self._move(until)

    def _move(self, instant: Instant) -> None:
        later = instant - self.now.instant
        self.now = Moment(instant, Timestamp(self.now.timestamp + later))

    def notifies(self) -> list[Request]:
        """The NOTIFYs said since the last call; they have left."""
        taken, self.endpoint.outbox[:] = list(self.endpoint.outbox), []
        found = []
        self.endpoint.released(taken, self.now)
        for _, payload, _ in taken:
            message = read(payload)
            if isinstance(message, Request):
                found.append(message)
        return found

    def notify(self) -> Request:
        """The one NOTIFY said since the last call."""
        (found,) = self.notifies()
        return found

    def delivery(self) -> Delivery:
        """The one subscription there is."""
        (found,) = self.agent.notifier.deliveries.values()
        return found


def tag_of(response: Response) -> str:
    return response.headers["to"][0].partition(";tag=")[2]
