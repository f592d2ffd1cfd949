"""One request to several places: what is kept while it lasts, and what becomes of its branches."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hereabouts.config import (
    AuthMode,
    AuthSettings,
    CallSettings,
    Role,
    ServerSettings,
    Settings,
)
from hereabouts.roles.forking import Forking
from hereabouts.roles.server import PresenceServer
from tests.ladders.player import START, Ladder
from tests.ladders.stage import ServerStage
from tests.ladders.stores import Memory

CALLED = """
    bob   -> node REGISTER
    bob   <- node 200
    alice -> node INVITE to=bob
    alice <- node 100
    bob   <- node INVITE
"""


class Play(Ladder[bytes]):
    """One server with these settings of its section `calls`."""

    def __init__(
        self,
        role: Role = Role.ALL,
        passwords: dict[str, str] | None = None,
        **calls: object,
    ) -> None:
        mode = AuthMode.DIGEST if passwords else AuthMode.NONE
        settings = Settings(
            server=ServerSettings(domains=("example.com",), role=role),
            auth=AuthSettings(mode=mode),
            calls=msgspec.convert(calls, CallSettings),
        )
        self.stage = ServerStage(Memory(Path()), settings, START, passwords or {})
        super().__init__(self.stage)
        for user, password in (passwords or {}).items():
            said = f"operator -> node user_add user={user} password={password}"
            self.play(f"{said}\n operator <- node OK")

    @property
    def server(self) -> PresenceServer:
        application = self.stage.node.application
        assert isinstance(application, PresenceServer)
        return application

    @property
    def forking(self) -> Forking:
        return self.server.calls.forking


def test_a_call_is_kept_until_all_have_answered() -> None:
    play = Play()
    play.play(CALLED)
    assert (len(play.forking), dict(play.forking.under_way)) == (1, {"sip:alice@example.com": 1})
    play.play("bob -> node 180\n alice <- node 180")
    assert len(play.forking) == 1
    play.play("bob -> node 200\n alice <- node 200")
    assert (len(play.forking), dict(play.forking.under_way)) == (0, {})
    play.play("bob -> node 200 of=INVITE\n alice <- node 200")
    assert (len(play.forking), dict(play.forking.under_way)) == (0, {})


def test_how_long_it_may_ring_is_a_setting() -> None:
    """3261-16.6-6: and it is waited for once, however often it rings."""
    play = Play(timer_c=5)
    play.play(f"{CALLED}\n bob -> node 180\n alice <- node 180")
    waits = len(play.stage.node.deadlines)
    for _ in range(20):
        play.play("4.9 s pass\n bob -> node 180\n alice <- node 180")
        assert len(play.stage.node.deadlines) <= waits
    play.play("""
              4.9 s pass
              0.1 s pass
        bob   <- node CANCEL
        bob   -> node 200    of=CANCEL
        bob   -> node 487    of=INVITE
        bob   <- node ACK
        alice <- node 487
        alice -> node ACK
    """)


def test_a_hundred_is_no_ringing() -> None:
    """3261-16.6-6."""
    play = Play(timer_c=5)
    play.play(f"{CALLED}\n bob -> node 180\n alice <- node 180")
    play.play("""
              4.9 s pass
        bob   -> node 100
              0.1 s pass
        bob   <- node CANCEL
        bob   -> node 200    of=CANCEL
        bob   -> node 200    of=INVITE
        alice <- node 200
    """)


def test_what_goes_another_way_has_a_branch_of_its_own() -> None:
    """A connection that is dead: the next way is an INVITE of its own, and rings as long."""
    play = Play(timer_c=40)
    play.play("bob -> node CONNECT\n bob -> node LISTEN")
    play.play("bob -> node REGISTER\n bob <- node 200\n bob -> node HANGUP")
    play.play("""
        alice -> node INVITE to=bob
        alice <- node 100
        bob   <- node INVITE
        bob   -> node 180
        alice <- node 180
              39.9 s pass
              0.1 s pass
        bob   <- node CANCEL
        bob   -> node 200    of=CANCEL
        bob   -> node 487    of=INVITE
        bob   <- node ACK
        alice <- node 487
        alice -> node ACK
    """)


def test_a_503_without_another_way_is_an_answer() -> None:
    """3261-16.7-1."""
    play = Play()
    play.play(CALLED)
    play.play("bob -> node 503\n bob <- node ACK\n alice <- node 500\n alice -> node ACK")


def test_a_turn_that_fails_takes_its_calls_with_it() -> None:
    """Nobody rings, and who calls is told so, once: a 100 says nothing that is taken back."""
    play = Play()
    play.play("bob -> node REGISTER\n bob <- node 200\n disk -> node FAIL")
    play.play("wire -> node HOLD")
    play.play("carol -> node REGISTER\n alice -> node INVITE to=bob")
    play.play("""
        wire  -> node RELEASE
        carol <- node 503
        alice <- node 100
        alice <- node 500
        alice -> node ACK
    """)
    assert len(play.forking) == 0


@pytest.mark.parametrize("method", ["MESSAGE", "FOO"])
def test_what_does_not_ring_has_no_timer_c(method: str) -> None:
    """4320-4.2-1: it is given up with Timer F, and nobody is told."""
    play = Play(timer_c=5)
    play.play("bob -> node CONNECT\n bob -> node REGISTER\n bob <- node 200")
    play.play(f"""
        alice -> node {method} to=bob
        bob   <- node {method}
              10 s pass
        alice <- node 100
              21.9 s pass
    """)
    assert len(play.forking) == 1
    play.play("0.2 s pass")
    assert (len(play.forking), play.stage.node.endpoint.kept) == (0, 0)


def test_a_call_is_found_by_what_has_begun_it_and_cancelled() -> None:
    """3261-16.10-1; and given up 64 T1 after a CANCEL that nobody heeds."""
    play = Play()
    play.play(f"{CALLED}\n bob -> node 180\n alice <- node 180")
    play.play("""
        alice -> node CANCEL
        alice <- node 200    of=CANCEL
        bob   <- node CANCEL
        bob   -> node 200    of=CANCEL
              31.9 s pass
              0.1 s pass
        alice <- node 487
        alice -> node ACK
        alice -> node CANCEL
        alice <- node 200    of=CANCEL
              40 s pass
    """)
    assert (len(play.forking), play.stage.node.endpoint.kept) == (0, 0)


def test_who_says_nothing_at_all_is_given_up_by_timer_b() -> None:
    """3261-16.7-1: 408; Timer C finds nobody then."""
    play = Play()
    play.play("""
        bob   -> node CONNECT
        bob   -> node REGISTER Contact=<sip:bob@10.0.0.7>
        bob   <- node 200
        alice -> node INVITE to=bob
        alice <- node 100
        bob   <- node INVITE
              32 s pass
        alice <- node 408
        alice -> node ACK
              200 s pass
    """)


def test_who_cannot_be_reached_is_said_to_be_away() -> None:
    play = Play()
    play.play("bob -> node CONNECT\n bob -> node REGISTER\n bob <- node 200\n bob -> node HANGUP")
    play.play("alice -> node INVITE to=bob\n alice <- node 100\n alice <- node 480")


def test_what_is_out_of_order_makes_room_for_another_way() -> None:
    """3261-16.7-1: and a second 503 is the answer, a 500 of ours."""
    play = Play()
    play.play("bob -> node CONNECT\n bob -> node LISTEN\n bob -> node REGISTER\n bob <- node 200")
    play.play("""
        alice -> node INVITE to=bob
        alice <- node 100
        bob   <- node INVITE
        bob   -> node 503
        bob   <- node ACK
        bob   <- node INVITE
        bob   -> node 503
        bob   <- node ACK
        alice <- node 500
        alice -> node ACK
    """)
