"""A NOTIFY that waits in a long fan-out is owed, though an older one is answered meanwhile."""

from __future__ import annotations

from hereabouts.base.journal import Grade
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.config import AuthMode, AuthSettings, PresenceSettings, ServerSettings, Settings
from hereabouts.net.ids import RandomIds
from hereabouts.presence.fanout import SLICE
from hereabouts.roles.build import begin_run, build_server
from hereabouts.roles.node import Node
from hereabouts.roles.server import PresenceServer
from hereabouts.sip.flow import Flow
from hereabouts.storage.memory import MemoryStore
from tests.process.message import Message, document, request

NOW = Moment(Instant(1000.0), Timestamp(2_000_000_000.0))
WATCHERS = SLICE + 10
ALICE = "sip:alice@example.com"
FLOW = Flow("UDP", "192.0.2.1", 5060, "192.0.2.9:5060")


class Silent:
    """A journal that nobody reads."""

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        """Forget it."""


def begun() -> Node:
    store, ids = MemoryStore(), RandomIds()
    settings = Settings(
        server=ServerSettings(domains=("example.com",)),
        auth=AuthSettings(mode=AuthMode.NONE),
        presence=PresenceSettings(notify_interval=0.0),
    )
    return build_server(settings, store, ids, Silent(), begin_run(store, ids), NOW)


def ask(node: Node, line: str, number: int, rows: list[str], body: str = "") -> None:
    method, uri = line.split()
    usual = [
        f"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-{method}-{number}",
        f"From: <{ALICE}>;tag={number}",
        f"To: <{uri}>",
        f"Call-ID: {method}-{number}",
        f"CSeq: 1 {method}",
        "Event: presence",
    ]
    node.receive(request(line, usual + rows, body), FLOW, NOW)


def publish(node: Node, number: int) -> None:
    ask(node, f"PUBLISH {ALICE}", number, [], document(ALICE, f"note-{number}"))


def one_turn(node: Node) -> list[Message]:
    """The NOTIFYs of one turn."""
    node.end_turn(NOW)
    sent = [Message.parse(packet) for _, packet, _ in node.flush(NOW)]
    return [message for message in sent if not message.status]


def all_turns(node: Node) -> list[Message]:
    """The NOTIFYs of all the turns that there is work for."""
    sent = one_turn(node)
    while node.next_deadline() == 0.0:
        sent += one_turn(node)
    return sent


def answer(node: Node, notifies: list[Message]) -> None:
    for notify in notifies:
        node.receive(notify.accepted(), FLOW, NOW)


def watermark(node: Node) -> int:
    assert isinstance(node.application, PresenceServer)
    return node.application.agent.settlement.watermark


def test_a_change_is_owed_until_the_last_watcher_has_answered() -> None:
    node = begun()
    for number in range(WATCHERS):
        contact = f"Contact: <sip:w{number}@192.0.2.1>"
        ask(node, f"SUBSCRIBE {ALICE}", number, [contact, "Accept: application/pidf+xml"])
    answer(node, all_turns(node))
    publish(node, 1)
    first = all_turns(node)
    assert len(first) == WATCHERS
    before = watermark(node)
    publish(node, 2)
    assert one_turn(node) == []  # the first slice: each waits behind the NOTIFY in flight
    answer(node, first)
    second = all_turns(node)
    assert len(second) == WATCHERS
    answer(node, second[:-1])
    assert all_turns(node) == []
    assert watermark(node) <= before + 1
    answer(node, second[-1:])
    assert all_turns(node) == []
    assert watermark(node) > before + 1


def test_who_refuses_a_change_does_not_hold_up_the_watermark() -> None:
    node = begun()
    ask(node, f"SUBSCRIBE {ALICE}", 1, ["Contact: <sip:w@192.0.2.1>"])
    answer(node, all_turns(node))
    publish(node, 1)
    (notify,) = all_turns(node)
    before = watermark(node)
    node.receive(notify.accepted().replace(b"200 OK", b"500 Server Internal Error"), FLOW, NOW)
    assert all_turns(node) == []
    assert watermark(node) > before
