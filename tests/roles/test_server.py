"""The presence server: whose turn a request is, what it may do, and what is not served."""

from __future__ import annotations

from pathlib import Path

import pytest

from hereabouts.config import AuthMode, AuthSettings, PresenceSettings, ServerSettings, Settings
from hereabouts.roles.build import finish
from hereabouts.roles.server import KINDS, PresenceServer
from hereabouts.roles.state import KEY, NodeState
from hereabouts.roles.watermark import MARK_EVERY
from hereabouts.sip.message import Request
from hereabouts.sip.reader import read
from hereabouts.sip.registrar import EVER
from tests.ladders.player import START, Ladder
from tests.ladders.stage import ServerStage
from tests.ladders.stores import Memory

ALICE = "sip:alice@example.com"


class Play(Ladder[bytes]):
    def __init__(self, mode: AuthMode = AuthMode.NONE) -> None:
        settings = Settings(
            server=ServerSettings(domains=("example.com",)),
            auth=AuthSettings(mode=mode),
            presence=PresenceSettings(notify_interval=0),
        )
        self.backing = Memory(Path())
        self.stage = ServerStage(self.backing, settings, START, {"alice": "a", "bob": "b"})
        super().__init__(self.stage)

    @property
    def server(self) -> PresenceServer:
        application = self.stage.node.application
        assert isinstance(application, PresenceServer)
        return application


def request(method: str, uri: str, to: str) -> Request:
    message = read(f"{method} {uri} SIP/2.0\r\nTo: {to}\r\nCall-ID: c\r\n\r\n".encode())
    assert isinstance(message, Request)
    return message


KEYS = [
    ("REGISTER", "sip:example.com", f"<{ALICE}>", ALICE, "the address-of-record"),
    ("PUBLISH", ALICE, "<sip:other@example.com>", ALICE, "the presentity"),
    ("SUBSCRIBE", "sip:alice@EXAMPLE.com;x=y", "<sip:b@c>", ALICE, "in its canonical form"),
    ("SUBSCRIBE", ALICE, f"<{ALICE}>;tag=unknown", "", "an unknown dialog"),
    (
        "PUBLISH",
        "sip:alice@example.net",
        "<sip:b@c>",
        "call c",
        "a stranger's, who may wait for the DNS",
    ),
    ("INVITE", ALICE, f"<{ALICE}>", "call c", "all of a call"),
    ("CANCEL", ALICE, f"<{ALICE}>", "call c", "which a CANCEL never overtakes"),
    ("PUBLISH", "tel:1", "<sip:b@c>", "", "no SIP URI"),
    ("REGISTER", "sip:example.com", "<tel:1>", "", "no SIP address"),
    ("REGISTER", "sip:example.com", ">", "", "no address at all"),
]


@pytest.mark.parametrize(
    "method, uri, to, key", [row[:4] for row in KEYS], ids=[row[4] for row in KEYS]
)
def test_requests_about_one_presentity_are_handled_one_after_the_other(
    method: str, uri: str, to: str, key: str
) -> None:
    """3903-6-16."""
    assert Play().server.key(request(method, uri, to)) == key


def test_a_request_in_a_dialog_is_about_its_presentity() -> None:
    play = Play()
    play.play("""
        bob -> node SUBSCRIBE
        bob <- node 200
        bob <- node NOTIFY
        bob -> node 200
    """)
    (tag,) = play.stage.agent.notifier.deliveries
    dialog = play.stage.peer("bob").dialogs["alice"]
    rows = f"From: <sip:bob@example.com>;tag={dialog.local_tag}\r\nCall-ID: {dialog.call_id}"
    packet = f"SUBSCRIBE sip:node SIP/2.0\r\nTo: <{ALICE}>;tag={tag}\r\n{rows}\r\n\r\n"
    message = read(packet.encode())
    assert isinstance(message, Request)
    assert play.server.key(message) == ALICE


@pytest.mark.parametrize(
    "peer, asked, answer",
    [
        ("alice", "PUBLISH basic=open", "200"),
        ("operator", "watchers_decide user=alice watcher=bob decision=allow", "OK"),
    ],
    ids=["a request", "a command"],
)
def test_whatever_is_written_finds_the_count_of_starts_written(
    peer: str, asked: str, answer: str
) -> None:
    play = Play()
    play.server._watermark.is_lost = True  # noqa: SLF001 - as where the first turn was undone
    play.play(f"""
        {peer} -> node {asked}
        {peer} <- node {answer}
    """)
    assert not play.server._watermark.is_lost  # noqa: SLF001


REFUSED = [
    ("MESSAGE", "uri=sip:example.com", "405 Allow=*", "3261-8.2.1-1: a method that is not served"),
    ("OPTIONS", "to=nobody Require=a,b", "420 Unsupported=a,b", "3261-8.2.2.3-1: an extension"),
    ("OPTIONS", "Max-Forwards=256", "400", "a header that breaks its grammar"),
    ("NOTIFY", "", "481", "6665-4.1.3-2: nobody here has subscribed"),
    ("REGISTER", "To=<sip:a@example.net>", "404", "3261-10.3-2: a stranger's address"),
    ("REGISTER", "To=<isbn:2983792873>", "400", "4475-3.3.4-unksm2: an address of no user"),
]


@pytest.mark.parametrize(
    "method, said, answer", [row[:3] for row in REFUSED], ids=[row[3] for row in REFUSED]
)
def test_what_is_not_served_is_refused(method: str, said: str, answer: str) -> None:
    Play().play(f"bob -> node {method} {said}\n bob <- node {answer}")


def status_of(play: Play, packet: bytes) -> int:
    """The status of the one answer to this packet of Alice's."""
    play.stage.node.receive(packet, play.stage.flow(play.stage.peer("alice")), play.now)
    play.stage.node.end_turn(play.now)
    ((_, payload, _),) = play.stage.node.flush(play.now)
    return int(payload.split(b" ")[1])


def test_cancel_is_answered_and_stops_nothing() -> None:
    """6665-4.6-1, 3261-9.2-1: 481 where there is nothing to cancel."""
    play = Play()
    play.play("alice -> node OPTIONS\n alice <- node 200")
    packet = play.stage.peer("alice").last_request.replace(b"OPTIONS", b"CANCEL")
    assert status_of(play, packet) == 200
    assert status_of(play, packet.replace(b"z9hG4bK", b"z9hG4bKno")) == 481


METHODS = [
    (b"BYE", 481, "5118-4.7-mult-ip-in-header: a call that is not there"),
    (b"INFO", 405, "3261-8.2.1-1: known, and not served"),
    (b"FOO", 501, "3261-8.2.1-1: a method that nobody knows"),
    (b"options", 501, "3261-25.1-1: nobody knows it in small letters"),
]


@pytest.mark.parametrize(
    "method, status", [row[:2] for row in METHODS], ids=[r[2] for r in METHODS]
)
def test_what_is_said_to_other_methods(method: bytes, status: int) -> None:
    play = Play()
    play.play("alice -> node OPTIONS\n alice <- node 200")
    packet = play.stage.peer("alice").last_request.replace(b"OPTIONS", method)
    assert status_of(play, packet) == status


def test_with_digest_nobody_acts_for_another() -> None:
    """3261-10.3-3, 3903-14.1-1, 3856-6.6.1-1, SEC-3261-26.1.1-1."""
    play = Play(mode=AuthMode.DIGEST)
    for user, password in (("alice", "a"), ("bob", "b")):
        play.play(f"""
            operator -> node user_add user={user} password={password}
            operator <- node OK
        """)
    play.play("""
        bob -> node REGISTER
        bob <- node 401
        bob -> node REGISTER
        bob <- node 200
        bob -> node REGISTER to=alice
        bob <- node 403
        bob -> node PUBLISH  basic=open
        bob <- node 403
        bob -> node SUBSCRIBE to=nobody
        bob <- node 404
        bob -> node SUBSCRIBE to=alice
        bob <- node 200
        bob <- node NOTIFY
        bob -> node 200
    """)


def test_the_watermark_is_kept_now_and_then() -> None:
    play = Play()

    def kept() -> NodeState:
        entry = finish(play.backing.memory.get(KEY, EVER))
        assert isinstance(entry.record, NodeState)
        return entry.record

    play.play("""
        bob -> node SUBSCRIBE
        bob <- node 200
        bob <- node NOTIFY
        bob -> node 200
    """)
    assert kept().watermark == 0
    play.play(f"{MARK_EVERY} s pass")
    assert kept().watermark == play.stage.agent.settlement.watermark > 0
    before = kept()
    play.play(f"{10 * MARK_EVERY} s pass")
    assert kept() is before


def test_what_is_settled_and_durable_is_forgotten() -> None:
    """Deletions are remembered only as long as a NOTIFY may be owed for them."""
    play = Play()
    for _ in range(3):
        play.play("""
            bob -> node SUBSCRIBE Expires=0
            bob <- node 200
            bob <- node NOTIFY
            bob -> node 200
            2 s pass
        """)
    gone = [entry for _, entry, _ in play.backing.memory.changes(0, lambda *_: None) if not entry]
    assert len(gone) <= 2


def test_every_kind_of_record_can_be_stored() -> None:
    assert KINDS[KEY[0]] is NodeState
    assert len(set(KINDS.values())) == len(KINDS) == 10
