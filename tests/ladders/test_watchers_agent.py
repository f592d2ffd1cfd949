"""Watchers' agents (W-PAs) on whole nodes: figures 3.2 to 3.4, by the flow within a node."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hereabouts.config import Peer, Role, RoutingSettings, Settings, WatcherMode, WatcherSettings
from hereabouts.roles.server import PresenceServer
from tests.ladders.conftest import Begin, Connect, Network, Play, routed
from tests.ladders.policies import cpl, delete, put

A, B = "192.0.2.11", "192.0.2.13"
HOMES = {"alice": "a.example", "carol": "b.example"}


def rows(server: PresenceServer, watcher: str) -> list[dict[str, Any]]:
    assert server.watching is not None
    return server.watching.rows(watcher)


def seen(play: Play, watcher: str = "sip:bob@example.com") -> list[tuple[Any, ...]]:
    """State and note of each presentity in the list."""
    application = play.stage.node.application
    assert isinstance(application, PresenceServer)
    return [(row["state"], row["basic"]) for row in rows(application, watcher)]


LISTED = """
    operator -> node presentities_add user=bob presentity=alice
    operator <- node OK
"""


def test_a_watcher_sees_by_his_agent_what_a_presentity_publishes(ladder: Play) -> None:
    ladder.play(f"""
        alice    -> node PUBLISH basic=open
        alice    <- node 200
        {LISTED}
    """)
    assert seen(ladder) == [("active", "open")]
    ladder.play("""
        alice    -> node PUBLISH basic=closed
        alice    <- node 200
                 5 s pass
    """)
    assert seen(ladder) == [("active", "closed")]


def test_nobody_need_speak_sip_to_be_watched_and_to_watch(ladder: Play) -> None:
    ladder.play(f"""
        operator -> node presence_set user=alice basic=open
        operator <- node OK
        {LISTED}
        operator -> node presentities_show user=bob
        operator <- node OK
        operator -> node presentities_remove user=bob presentity=alice
        operator <- node OK
    """)
    assert seen(ladder) == []
    assert not ladder.stage.agent.notifier.deliveries


def test_a_list_survives_a_restart_with_fresh_dialogs(ladder: Play) -> None:
    ladder.play(f"""
        alice    -> node PUBLISH basic=open Expires=3600
        alice    <- node 200
        {LISTED}
    """)
    before = set(ladder.stage.agent.notifier.deliveries)
    ladder.play("""
        power    -> node OFF
        power    -> node ON
                 1 s pass
    """)
    assert seen(ladder) == [("active", "open")]
    ladder.play("""
        alice    -> node PUBLISH basic=closed
        alice    <- node 200
                 6 s pass
    """)
    assert seen(ladder) == [("active", "closed")]
    after = set(ladder.stage.agent.notifier.deliveries)
    assert len(after) == 1, "the old dialog is over: nobody takes its NOTIFYs"
    assert before.isdisjoint(after)


def test_what_is_listed_while_authentication_is_on_needs_no_password(begin: Begin) -> None:
    play = begin({"alice": "a", "bob": "b"})
    play.play(f"""
        operator -> node presence_set user=alice basic=open
        operator <- node OK
        {LISTED}
        operator -> node presentities_add user=nobody presentity=alice
        operator <- node ERROR
        operator -> node presentities_add user=bob presentity=nobody
        operator <- node OK
    """)
    assert [state for state, _ in seen(play)] == ["active", "terminated"]


def test_a_user_who_is_removed_watches_no_more(begin: Begin) -> None:
    play = begin({"alice": "a", "bob": "b"})
    play.play(f"""
        {LISTED}
        operator -> node user_remove user=bob
        operator <- node OK
                 1 s pass
    """)
    assert seen(play) == []
    assert not play.stage.agent.notifier.deliveries


def test_a_pending_watcher_is_shown_that_he_waits(begin: Begin) -> None:
    play = begin(profile="private")
    play.play(f"""
        operator -> node presence_set user=alice basic=open
        operator <- node OK
        {LISTED}
    """)
    assert seen(play) == [("pending", "closed")]
    play.play("""
        operator -> node watchers_decide user=alice watcher=bob decision=allow
        operator <- node OK
    """)
    assert seen(play) == [("active", "open")]


NOBODY = cpl("incoming-subscription", '<reject status="403"/>')


def test_who_was_rejected_asks_again_as_soon_as_the_policy_is_gone(ladder: Play) -> None:
    put(ladder, "alice", NOBODY)
    ladder.play(LISTED)
    assert seen(ladder) == [("terminated", "closed")]
    delete(ladder, "alice")
    ladder.play("0 s pass")
    assert seen(ladder) == [("active", "closed")]


def test_who_was_rejected_asks_again_as_soon_as_he_is_approved(ladder: Play) -> None:
    decided = (
        "operator -> node watchers_decide user=alice watcher=bob decision={}\n operator <- node OK"
    )
    ladder.play(decided.format("reject") + LISTED)
    assert seen(ladder) == [("terminated", "closed")]
    ladder.play(decided.format("allow"))
    assert seen(ladder) == [("active", "closed")]


def test_a_user_who_comes_later_is_watched_at_once(begin: Begin) -> None:
    play = begin({"bob": "b"})
    play.play(LISTED)
    assert seen(play) == [("terminated", None)]
    play.play("operator -> node user_add user=alice password=a\n operator <- node OK")
    assert seen(play) == [("active", "closed")]


# -- his own rules

NEVER_ALICE = cpl("outgoing-subscription", '<reject status="403" reason="Not her"/>')

QUIET = cpl("incoming-notification", "<p:suppress/>")


def held(play: Play) -> object:
    """Why something is kept from Bob."""
    application = play.stage.node.application
    assert isinstance(application, PresenceServer)
    [row] = rows(application, "sip:bob@example.com")
    return row["withheld"]


def test_what_his_own_policy_rejects_is_not_asked_for_until_it_is_gone(ladder: Play) -> None:
    """Figure 3.2, steps 1-1 to 1-4."""
    put(ladder, "bob", NEVER_ALICE)
    ladder.play(f"""
        operator -> node presence_set user=alice basic=open
        operator <- node OK
        {LISTED}
    """)
    assert seen(ladder) == [("terminated", None)]
    assert str(held(ladder)).startswith("Rejected (403)")
    assert not ladder.stage.agent.notifier.deliveries
    delete(ladder, "bob")
    ladder.play("1 s pass")
    assert seen(ladder) == [("active", "open")]


def test_a_policy_that_comes_later_ends_what_it_rejects(ladder: Play) -> None:
    ladder.play(f"""
        operator -> node presence_set user=alice basic=open
        operator <- node OK
        {LISTED}
    """)
    put(ladder, "bob", NEVER_ALICE)
    ladder.play("1 s pass")
    assert seen(ladder)[0][0] == "terminated"
    assert not ladder.stage.agent.notifier.deliveries


def test_what_his_own_policy_suppresses_is_not_shown_until_it_is_gone(ladder: Play) -> None:
    """Figure 3.4, steps 11-1 to 11-4."""
    ladder.play(f"""
        operator -> node presence_set user=alice basic=open
        operator <- node OK
        {LISTED}
    """)
    put(ladder, "bob", QUIET)
    ladder.play("""
                 10 s pass
        operator -> node presence_set user=alice basic=closed
        operator <- node OK
                 10 s pass
    """)
    assert seen(ladder) == [("active", "open")]
    assert held(ladder)
    delete(ladder, "bob")
    ladder.play("1 s pass")
    assert seen(ladder) == [("active", "closed")]


# -- two domains


def watchers_server(mode: WatcherMode) -> Settings:
    theirs = RoutingSettings(peers=(Peer("a.example", "TCP", A, 5060),))
    settings = routed("b.example", B, role=Role.WATCHER, routing=theirs)
    return msgspec.structs.replace(settings, watcher=WatcherSettings(mode))


def begin_two(connect: Connect, mode: WatcherMode) -> Network:
    ours = RoutingSettings(peers=(Peer("b.example", "TCP", B, 5060),))
    nodes = {
        "a": (A, routed("a.example", A, routing=ours, notify_interval=0)),
        "b": (B, watchers_server(mode)),
    }
    return connect(nodes, HOMES)


WATCHES = """
    operator -> b presentities_add user=carol presentity=alice@a.example
    operator <- b OK
"""


def carols(network: Network) -> list[tuple[Any, ...]]:
    found = rows(network.stage.sites["b"].server, "sip:carol@b.example")
    return [(row["state"], row["basic"]) for row in found]


def test_an_agent_watches_a_presentity_of_another_domain(connect: Connect) -> None:
    network = begin_two(connect, WatcherMode.AGENT)
    network.play(f"""
        operator -> a presence_set user=alice basic=open
        operator <- a OK
        {WATCHES}
    """)
    assert carols(network) == [("active", "open")]
    network.play("""
        operator -> a presence_set user=alice basic=closed
        operator <- a OK
    """)
    assert carols(network) == [("active", "closed")]
    [delivery] = network.stage.sites["a"].server.agent.notifier.deliveries.values()
    assert delivery.subscription.watcher == "sip:carol@b.example"


@pytest.mark.parametrize("cut", ["a", "b"])
def test_either_server_is_cut_off_and_the_watcher_learns_the_truth(
    connect: Connect, cut: str
) -> None:
    network = begin_two(connect, WatcherMode.AGENT)
    network.play(f"""
        operator -> a presence_set user=alice basic=open
        operator <- a OK
        {WATCHES}
        power    -> {cut} OFF
                 20 s pass
        power    -> {cut} ON
        operator -> a presence_set user=alice basic=closed
        operator <- a OK
                 400 s pass
    """)
    assert carols(network) == [("active", "closed")]


def test_a_watchers_server_in_proxy_mode_watches_for_nobody(connect: Connect) -> None:
    network = begin_two(connect, WatcherMode.PROXY)
    network.play(f"""
        {WATCHES}
        operator -> b presentities_show user=carol
        operator <- b ERROR
    """)
    assert not network.stage.wire
