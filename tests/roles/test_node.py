"""A node with a toy application: what turns promise about packets, whoever serves them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.roles.node import CONTROL, Node, Way
from hereabouts.sip.flow import LOCAL as WITHIN_NODE
from hereabouts.sip.flow import WITHIN, Flow
from hereabouts.sip.glance import Arrived
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.leaving import Failure
from hereabouts.sip.message import Request
from hereabouts.sip.reader import read
from hereabouts.storage.index import Owners
from hereabouts.storage.interface import Record, StoreUnavailable
from hereabouts.storage.resident import Resident
from tests.ladders.ids import CountedIds
from tests.ladders.stage import Diary
from tests.sip.packets import response

NOW = Moment(Instant(10.0), Timestamp(1000.0))
UDP = Flow("UDP", "192.0.2.2", 5060, "192.0.2.1:5060")
LOCAL = Flow(CONTROL, "", 0, "", 0, 1)
FAULT = StoreUnavailable('the disk "sda" is full', "make room")


class SlowStore(Resident):
    """A store whose disk answers when the test says so."""

    is_full = False
    "Whether a turn fails as it is sealed."

    def __init__(self) -> None:
        owners: Owners = {"note": {}}
        super().__init__(owners)

    def seal(self) -> int:
        turn = self._end_turn()
        if turn is not None and self.is_full:
            self.fail(turn.number)
        return self._newest()

    def reach(self, turn: int) -> None:
        """`turn` is on disk."""
        self._made_durable(turn)

    def fail(self, turn: int) -> None:
        """`turn` will never be, nor any after it."""
        self._undo(turn, FAULT)


class Teapot(Refusal):
    status = 403

    def headers(self) -> list[tuple[str, str]]:
        return [("Warning", "399 pot short")]


class Notes:
    """An application: keeps a note for each PUBLISH, answers, and refuses what it is told to."""

    def __init__(self, store: SlowStore) -> None:
        self.store = store
        self.node: Node
        self.lost: list[Flow] = []
        self.slices = 0
        self.told: list[object] = []
        self.is_known = False
        "Whether whoever calls has proved who he is."

    def key(self, request: Request) -> str:
        return request.uri

    async def serve(self, incoming: Incoming, now: Moment) -> None:
        match incoming.request.method:
            case "PUBLISH":
                await self.store.put(("note", "", incoming.to_tag), Record(), None)
            case "INVITE":
                incoming.identity = "sip:alice@example.com" if self.is_known else ""
                raise Teapot("short and stout")
            case "MESSAGE":
                raise Teapot("short and stout")
            case "INFO":
                raise ZeroDivisionError
            case "REFER":
                raise FAULT
        self.node.endpoint.respond(incoming, 200, now)

    async def command(self, line: bytes, now: Moment) -> bytes:
        if line == b"broken":
            raise FAULT
        await self.store.put(("note", "", line.decode()), Record(), None)
        return b"done\n"

    def flow_lost(self, flow: Flow, now: Moment) -> None:
        self.lost.append(flow)

    def work(self, now: Moment) -> bool:
        self.slices = max(0, self.slices - 1)
        return self.slices > 0


class Bench:
    def __init__(self) -> None:
        self.store = SlowStore()
        self.diary = Diary()
        self.node = Node(self.store, CountedIds(), self.diary, secret=b"secret")
        self.notes = self.node.application = Notes(self.store)
        self.notes.node = self.node

    def ask(self, method: str, branch: int) -> None:
        self.node.receive(request(method, branch), UDP, NOW)

    def turn(self) -> list[str]:
        """End the turn; what leaves, in a word each."""
        self.node.end_turn(NOW)
        return self.flush()

    def flush(self) -> list[str]:
        return [word(payload) for _, payload, _ in self.node.flush(NOW)]

    def notify(self, flow: Flow = UDP) -> None:
        """Have the node send a request of its own."""
        rows = "To: <sip:b>\r\nFrom: <sip:a>;tag=1\r\nCall-ID: c\r\nCSeq: 1 NOTIFY\r\n"
        user: tuple[Callable[..., None], object] = (self._told, None)
        self.node.endpoint.request("NOTIFY", "sip:bob@192.0.2.2", rows, b"", flow, user)

    def _told(self, _subject: None, answer: object, _now: Moment) -> None:
        self.notes.told.append(answer)


def request(method: str, branch: int) -> bytes:
    return (
        f"{method} sip:alice@example.com SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK{branch}\r\n"
        "From: <sip:alice@example.com>;tag=1\r\nTo: <sip:alice@example.com>\r\n"
        f"Call-ID: call\r\nCSeq: {branch} {method}\r\n\r\n"
    ).encode()


def word(payload: bytes) -> str:
    """`200 1` for the 200 to the first request, `NOTIFY 1` for a request, or the reply's text."""
    if not payload.startswith((b"SIP", b"NOTIFY")):
        return payload.decode().strip()
    message = read(payload)
    number, _ = message.cseq
    return f"{message.method if isinstance(message, Request) else message.status} {number}"


def test_what_writes_nothing_leaves_at_once() -> None:
    bench = Bench()
    bench.ask("OPTIONS", 1)
    assert bench.turn() == ["200 1"]


def test_nothing_leaves_before_it_is_durable() -> None:
    bench = Bench()
    bench.ask("PUBLISH", 1)
    assert bench.turn() == []
    bench.store.reach(1)
    assert bench.flush() == ["200 1"]


def test_every_packet_waits_for_all_that_were_said_before() -> None:
    """Also one that writes nothing, and a retransmitted answer."""
    bench = Bench()
    bench.ask("PUBLISH", 1)
    assert bench.turn() == []
    bench.ask("OPTIONS", 2)
    bench.ask("PUBLISH", 1)
    assert bench.turn() == []
    bench.ask("PUBLISH", 3)
    assert bench.turn() == []
    bench.store.reach(1)
    assert bench.flush() == ["200 1", "200 2", "200 1"]
    bench.store.reach(2)
    assert bench.flush() == ["200 3"]


def test_the_driver_is_told_when_packets_can_leave() -> None:
    bench = Bench()
    calls: list[int] = []
    bench.node.on_release = lambda: calls.append(1)
    bench.ask("PUBLISH", 1)
    bench.turn()
    assert not calls
    bench.store.reach(1)
    assert calls == [1]


def test_the_timers_of_a_request_start_when_it_leaves() -> None:
    """3261-17.1.2.2: timer E counts from the first send, not from when it was said."""
    bench = Bench()
    bench.ask("PUBLISH", 1)
    bench.notify()
    bench.turn()
    waiting = bench.node.deadlines.next()
    assert waiting is None or waiting > NOW.instant + 1
    bench.store.reach(1)
    bench.flush()
    assert bench.node.deadlines.next() == NOW.instant + 0.5


def test_a_failed_turn_is_answered_503_and_its_requests_never_leave() -> None:
    bench = Bench()
    bench.ask("PUBLISH", 1)
    bench.turn()
    bench.store.reach(1)
    assert bench.flush() == ["200 1"]
    bench.ask("PUBLISH", 2)
    bench.notify()
    assert bench.turn() == []
    bench.ask("OPTIONS", 3)
    assert bench.turn() == []
    bench.store.fail(2)
    assert bench.node.next_deadline() == 0.0
    assert bench.turn() == ["503 2", "503 3"]
    assert bench.notes.told == [Failure.WITHDRAWN]
    assert [event for _, event, _ in bench.diary.said] == ["the store failed"]


def test_later_turns_work() -> None:
    bench = Bench()
    bench.ask("PUBLISH", 1)
    bench.turn()
    bench.store.fail(1)
    bench.turn()
    bench.ask("PUBLISH", 2)
    assert bench.turn() == []
    bench.store.reach(2)
    assert bench.flush() == ["200 2"]


def test_two_failures_before_a_turn_ends_leave_what_is_said_in_its_order() -> None:
    """As when one turn cannot be written, and the one before it cannot be synced."""
    bench = Bench()
    for branch in (1, 2):
        bench.ask("PUBLISH", branch)
        bench.turn()
    bench.store.fail(2)
    bench.store.fail(1)
    bench.ask("OPTIONS", 3)
    assert bench.turn() == ["503 1", "503 2", "200 3"]
    [(_, _, said)] = bench.diary.said
    assert said["turns_undone"] == 2


def test_what_is_said_after_the_undo_is_of_a_turn_that_stands() -> None:
    """A failure is heard in the midst of what arrives; what comes behind it is stored."""
    bench = Bench()
    bench.ask("PUBLISH", 1)
    bench.turn()
    bench.ask("PUBLISH", 2)
    bench.store.fail(1)
    bench.ask("PUBLISH", 3)
    bench.notify()
    assert bench.turn() == ["503 1", "503 2"]
    bench.store.reach(2)
    assert bench.flush() == ["200 3", "NOTIFY 1"]
    assert bench.notes.told == []


def test_a_fault_over_what_is_undone_lets_no_answer_leave_and_is_told_to_the_journal() -> None:
    bench = Bench()
    bench.ask("PUBLISH", 1)
    bench.turn()

    def fail(*_change: object) -> None:
        raise ZeroDivisionError

    bench.store.changes(0, fail)
    bench.store.fail(1)
    assert bench.turn() == ["503 1"]
    assert len(bench.diary.faults) == 1


def test_what_comes_again_before_the_turn_ends_finds_the_503() -> None:
    """3261-17.2.2."""
    bench = Bench()
    bench.ask("PUBLISH", 1)
    bench.turn()
    bench.ask("PUBLISH", 2)
    bench.store.fail(1)
    for branch in (1, 2):
        bench.ask("PUBLISH", branch)
    assert bench.turn() == ["503 1", "503 2", "503 1", "503 2"]


def test_a_turn_that_cannot_even_be_written_is_answered_503_as_it_ends() -> None:
    bench = Bench()
    bench.store.is_full = True
    bench.ask("PUBLISH", 1)
    bench.notify()
    assert bench.turn() == ["503 1"]
    assert bench.notes.told == [Failure.WITHDRAWN]
    assert bench.node.next_deadline() == 0.0, "whoever was told may have said something"


def test_a_503_is_repeated_for_a_retransmission_and_names_the_same_dialog() -> None:
    """3261-17.2.2."""
    bench = Bench()
    bench.ask("PUBLISH", 1)
    bench.turn()
    bench.store.fail(1)
    bench.node.end_turn(NOW)
    ((_, first, _),) = bench.node.flush(NOW)
    bench.ask("PUBLISH", 1)
    bench.node.end_turn(NOW)
    ((_, second, _),) = bench.node.flush(NOW)
    assert first == second
    assert b"\r\nRetry-After: 5\r\n" in first
    assert b";tag=" in read(first).headers["to"][0].encode()


def test_an_answer_that_left_before_is_not_taken_back() -> None:
    """3261-17.2.2: the peer may have lost it; its repetition shares the turn that fails."""
    bench = Bench()
    bench.ask("PUBLISH", 1)
    bench.turn()
    bench.store.reach(1)
    bench.flush()
    bench.ask("PUBLISH", 1)
    bench.ask("PUBLISH", 2)
    bench.turn()
    bench.store.fail(2)
    assert bench.turn() == ["200 1", "503 2"]


def test_an_answer_that_waits_for_an_earlier_turn_is_not_taken_back() -> None:
    """What repeats it in a turn that fails stays behind it, and says what is stored."""
    bench = Bench()
    bench.ask("PUBLISH", 1)
    bench.turn()
    bench.ask("PUBLISH", 1)
    bench.ask("PUBLISH", 2)
    bench.turn()
    bench.store.fail(2)
    assert bench.turn() == []
    bench.store.reach(1)
    assert bench.flush() == ["200 1", "200 1", "503 2"]
    bench.ask("PUBLISH", 1)
    assert bench.turn() == ["200 1"]


@pytest.mark.parametrize("has_left", [True, False])
def test_a_provisional_answer_neither_saves_a_final_one_nor_becomes_one(*, has_left: bool) -> None:
    bench = Bench()
    waiting: list[Incoming] = []

    async def serve(incoming: Incoming, now: Moment) -> None:
        waiting.append(incoming)
        bench.node.endpoint.respond(incoming, 100, now)

    async def go_on() -> None:
        await bench.store.put(("note", "", "late"), Record(), None)
        bench.node.endpoint.respond(waiting[0], 200, NOW)

    bench.notes.serve = serve  # type: ignore[method-assign]
    bench.ask("PUBLISH", 1)
    provisional = bench.turn() if has_left else []
    bench.node.run("late", go_on)
    assert bench.turn() == []
    bench.store.fail(1)
    assert [*provisional, *bench.turn()] == ["100 1", "503 1"]


def test_a_command_of_a_failed_turn_is_an_error_that_can_be_read() -> None:
    bench = Bench()
    bench.node.command(b"x", LOCAL, NOW)
    assert bench.turn() == []
    bench.store.fail(1)
    error = '{"error":"the disk \\"sda\\" is full; make room","status":503}'
    assert bench.turn() == [error]


def test_a_command_is_answered_once_it_is_durable() -> None:
    bench = Bench()
    bench.node.command(b"x", LOCAL, NOW)
    assert bench.turn() == []
    bench.store.reach(1)
    assert bench.flush() == ["done"]


@pytest.mark.parametrize(
    "line, said",
    [
        pytest.param(b"\xff", "a fault of the program", id="a bug is ours"),
        pytest.param(b"broken", "make room", id="what is out of order is said with its remedy"),
    ],
)
def test_a_command_that_fails_is_answered_and_told_to_the_journal(line: bytes, said: str) -> None:
    bench = Bench()
    bench.node.command(line, LOCAL, NOW)
    [answer] = bench.turn()
    assert said in answer
    assert '"error"' in answer


ANSWERS = [
    ("MESSAGE", "403 1", 0, "a refusal says which response"),
    ("INFO", "500 1", 1, "a bug is ours, and in the log"),
    ("REFER", "503 1", 0, "something of ours is out of order"),
]


@pytest.mark.parametrize(
    "method, answer, faults", [row[:3] for row in ANSWERS], ids=[row[3] for row in ANSWERS]
)
def test_refusals_become_responses(method: str, answer: str, faults: int) -> None:
    bench = Bench()
    bench.ask(method, 1)
    assert bench.turn() == [answer]
    assert len(bench.diary.faults) == faults


def test_a_refusal_says_why_and_what_is_wrong_with_us_stays_with_us() -> None:
    bench = Bench()
    for branch, method in enumerate(("MESSAGE", "REFER"), 1):
        bench.ask(method, branch)
    bench.node.end_turn(NOW)
    refused, broken = (payload for _, payload, _ in bench.node.flush(NOW))
    assert refused.startswith(b"SIP/2.0 403 Forbidden (short and stout)\r\n")
    assert b"\r\nWarning: 399 pot short\r\n" in refused
    assert b"sda" not in broken
    assert ("out of order", FAULT.fault) in [
        (event, fields.get("fault")) for _, event, fields in bench.diary.said
    ]


@pytest.mark.parametrize("is_known, kept", [(False, 0), (True, 1)], ids=["stranger", "user"])
def test_a_call_that_is_refused_is_remembered_for_who_is_known(
    *, is_known: bool, kept: int
) -> None:
    """3261-8.2.7-1: a forged source is not sent the same answer eleven times."""
    bench = Bench()
    bench.notes.is_known = is_known
    bench.ask("INVITE", 1)
    assert bench.turn() == ["403 1"]
    assert bench.node.endpoint.kept == kept


def test_what_cannot_be_read_is_dropped_and_told() -> None:
    bench = Bench()
    with pytest.raises(Malformed):
        bench.node.receive(b"garbage\r\n\r\n", UDP, NOW)
    assert bench.turn() == []
    assert bench.diary.said[0][1] == "dropped a message"


def test_work_that_is_left_makes_another_turn_due() -> None:
    bench = Bench()
    bench.notes.slices = 3
    bench.turn()
    assert bench.node.next_deadline() == 0.0
    bench.turn()
    bench.turn()
    assert bench.node.next_deadline() is None


def test_a_handler_of_nobodys_request_that_fails_is_told_to_the_journal() -> None:
    bench = Bench()

    async def broken() -> None:
        raise ZeroDivisionError

    bench.node.run("key", broken)
    assert len(bench.diary.faults) == 1


def test_a_lost_connection_is_passed_on() -> None:
    bench = Bench()
    bench.node.flow_lost(UDP, NOW)
    assert bench.notes.lost == [UDP]


def test_an_undeliverable_request_is_told_to_whoever_made_it() -> None:
    bench = Bench()
    bench.notify()
    bench.node.end_turn(NOW)
    ((_, _, transaction),) = bench.node.flush(NOW)
    assert transaction is not None
    bench.node.undeliverable(transaction, NOW)
    assert bench.notes.told == [Failure.UNDELIVERABLE]


def test_timers_are_woken() -> None:
    bench = Bench()
    bench.notify()
    bench.turn()
    later = Moment(Instant(NOW.instant + 0.5), Timestamp(NOW.timestamp + 0.5))
    bench.node.handle_timer(later)
    bench.node.end_turn(later)
    assert [word(payload) for _, payload, _ in bench.node.flush(later)] == ["NOTIFY 1"]


def test_a_tap_sees_what_passes_both_ways_and_no_command() -> None:
    bench = Bench()
    seen: list[str] = []
    bench.node.tap = lambda way, packet, _: seen.append(f"{way.name} {packet.split()[0].decode()}")
    bench.ask("OPTIONS", 1)
    bench.turn()
    bench.node.command(b"x", LOCAL, NOW)
    bench.turn()
    bench.store.reach(1)
    bench.flush()
    assert seen == ["IN OPTIONS", "OUT SIP/2.0"]


def test_what_passes_is_recorded_in_order_with_the_moment_and_no_command_is() -> None:
    bench = Bench()
    seen: list[tuple[Way, bytes, Flow, Moment]] = []

    def record(way: Way, packets: Arrived, now: Moment) -> None:
        seen.extend((way, packet.split()[0], flow, now) for packet, flow in packets)

    bench.node.record = record
    bench.ask("OPTIONS", 1)
    bench.turn()
    bench.node.command(b"x", LOCAL, NOW)
    bench.turn()
    bench.store.reach(1)
    bench.flush()
    assert seen == [(Way.IN, b"OPTIONS", UDP, NOW), (Way.OUT, b"SIP/2.0", UDP, NOW)]


def test_what_is_sent_within_the_node_comes_back_in_once_it_is_durable() -> None:
    bench = Bench()
    bench.ask("PUBLISH", 1)
    bench.notify(WITHIN)
    assert bench.turn() == []
    assert bench.notes.told == []
    bench.store.reach(1)
    assert bench.flush() == ["200 1"]
    assert bench.turn() == [], "the NOTIFY was served, and its answer came back"
    assert [getattr(answer, "status", None) for answer in bench.notes.told] == [200]


def test_what_only_says_that_it_is_within_the_node_is_not() -> None:
    """A peer may call its Contact whatever it likes: it does not come to be believed."""
    bench = Bench()
    bench.notify(Flow(WITHIN_NODE, WITHIN.host, WITHIN.port, "192.0.2.1:5060"))
    bench.node.end_turn(NOW)
    [(flow, _, _)] = bench.node.flush(NOW)
    assert flow.transport == WITHIN_NODE
    assert bench.notes.told == []


def test_what_comes_back_and_cannot_be_read_stops_nothing() -> None:
    bench = Bench()
    bench.node.endpoint.outbox += [(WITHIN, b"nonsense", None), (UDP, b"SIP/2.0 200 OK", None)]
    bench.node.end_turn(NOW)
    assert len(list(bench.node.flush(NOW))) == 1


def test_a_fault_over_what_comes_back_costs_nothing_else() -> None:
    bench = Bench()
    receive = bench.node.endpoint.receive

    def fail(packet: bytes, flow: Flow, now: Moment) -> None:
        if flow == WITHIN:
            raise ZeroDivisionError
        receive(packet, flow, now)

    bench.node.endpoint.receive = fail  # type: ignore[method-assign]
    bench.notify(WITHIN)
    bench.notify(UDP)
    assert bench.turn() == ["NOTIFY 1"]
    assert len(bench.diary.faults) == 1


def test_a_fault_over_one_answer_of_a_burst_costs_no_other() -> None:
    bench = Bench()
    told: list[int] = []

    def take(number: int, _answer: object, _now: Moment) -> None:
        told.append(number)
        if number == 0:
            raise ZeroDivisionError

    rows = "To: <sip:b>\r\nFrom: <sip:a>;tag=1\r\nCall-ID: c\r\nCSeq: 1 NOTIFY\r\n"
    for number in range(2):
        user = (take, number)
        bench.node.endpoint.request("NOTIFY", "sip:b@192.0.2.2", rows, b"", UDP, user)
    bench.node.end_turn(NOW)
    sent = [payload for _, payload, _ in bench.node.flush(NOW)]
    answers = [(response(payload, 200, {"Content-Length": "0"}), UDP) for payload in sent]
    another = (b"another", UDP)
    assert bench.node.sift([*answers, another], NOW) == [another]
    assert told == [0, 1]
    assert len(bench.diary.faults) == 1
