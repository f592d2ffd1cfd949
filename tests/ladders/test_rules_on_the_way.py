"""A watcher's own rules where his subscriptions pass by his own server: what goes out and in."""

from __future__ import annotations

import pytest

from hereabouts.sip.reader import read
from tests.ladders.conftest import Connect, Network, routed
from tests.ladders.policies import cpl, delete_on, put_on
from tests.ladders.test_two_domains import HOMES, TO_A, TO_B, A, B

WATCHER = "sip:watcher@a.example"


@pytest.fixture
def network(connect: Connect) -> Network:
    nodes = {
        "a": (A, routed("a.example", A, routing=TO_B, notify_interval=0)),
        "b": (B, routed("b.example", B, routing=TO_A, notify_interval=0)),
    }
    return connect(nodes, HOMES)


def showing(rule: str) -> bytes:
    return cpl("incoming-notification", rule)


def leaving(rule: str) -> bytes:
    return cpl("outgoing-subscription", rule)


def notified(basic: str, cseq: int, state: str = "active") -> str:
    return f"""
        watcher <- a NOTIFY    state={state} basic={basic} cseq={cseq}
        watcher -> a 200
    """


def subscribe(basic: str = "closed", cseq: int = 1) -> str:
    return f"""
        watcher -> a SUBSCRIBE to=bob@b.example Expires=7200
        watcher <- a 200
        {notified(basic, cseq)}
    """


def publish(basic: str) -> str:
    return f"""
        bob     -> b PUBLISH   to=bob basic={basic} Expires=7200
        bob     <- b 200
    """


def test_a_subscribe_that_his_rules_forbid_does_not_leave(network: Network) -> None:
    put_on(network, "a", WATCHER, leaving('<reject status="486" reason="Not now"/>'))
    network.play("""
        watcher -> a SUBSCRIBE to=bob@b.example
        watcher <- a 486
        watcher -> a SUBSCRIBE to=bob@b.example Expires=0
        watcher <- a 486
    """)
    assert not network.stage.wire
    assert not network.stage.sites["a"].server.proxy.relays.all()


def test_a_rule_that_comes_later_stops_the_refresh_and_not_the_end(network: Network) -> None:
    network.play(subscribe())
    put_on(network, "a", WATCHER, leaving('<reject status="403"/>'))
    network.play("""
        watcher -> a SUBSCRIBE to=bob@b.example Expires=600
        watcher <- a 403
        watcher -> a SUBSCRIBE to=bob@b.example Expires=0
        watcher <- a 200
        watcher <- a NOTIFY    state=terminated reason=timeout cseq=2
        watcher -> a 200
    """)


def test_the_other_domains_users_have_no_rules_here(network: Network) -> None:
    """What arrives from a peer is judged by its own domain."""
    put_on(network, "b", WATCHER, leaving('<reject status="403"/>'))
    put_on(network, "b", WATCHER, showing("<p:suppress/>"))
    network.play(subscribe() + publish("open") + notified("open", 2))


def test_what_he_does_not_want_to_see_is_answered_for_him(network: Network) -> None:
    """Suppress is a 200 of ours; what must be sent goes on, and shows what he has seen before."""
    network.play(subscribe())
    put_on(network, "a", WATCHER, showing("<p:suppress/>"))
    network.play(publish("open") + "10 s pass")
    network.play("""
        watcher -> a SUBSCRIBE to=bob@b.example Expires=7200
        watcher <- a 200
        watcher <- a NOTIFY    state=active basic=closed cseq=3
        watcher -> a 200
    """)
    network.play(publish("closed") + publish("open"))
    [delivery] = network.stage.sites["b"].server.agent.notifier.deliveries.values()
    assert not delivery.in_flight
    delete_on(network, "a", WATCHER)
    network.play(notified("open", 5) + publish("closed") + notified("closed", 6))


def test_the_first_notify_goes_on_with_nothing_in_it(network: Network) -> None:
    """Nothing was shown before it: the neutral document, in the place of the presentity's."""
    put_on(network, "a", WATCHER, showing("<p:suppress/>"))
    network.play(publish("open"))
    network.play(subscribe("closed"))
    delete_on(network, "a", WATCHER)
    network.play(notified("open", 2))
    network.play(publish("closed") + notified("closed", 3))
    network.play("""
        watcher -> a SUBSCRIBE to=bob@b.example Expires=0
        watcher <- a 200
        watcher <- a NOTIFY    state=terminated cseq=4
        watcher -> a 200
    """)


THROTTLE = '<p:throttle interval="PT10M"><p:deliver/></p:throttle>'


def test_he_is_shown_changes_at_his_own_pace(network: Network) -> None:
    put_on(network, "a", WATCHER, showing(THROTTLE))
    network.play(subscribe() + "100 s pass" + publish("open") + "100 s pass")
    network.play(publish("closed") + publish("open") + "399 s pass")
    network.play("1 s pass" + notified("open", 4))
    shown = read(network.stage.peer("watcher").heard[-1])
    assert shown.first("subscription-state") == "active;expires=6600"
    network.play("600 s pass" + publish("closed") + notified("closed", 5))


def test_what_must_be_sent_shows_what_he_has_seen_and_the_rest_follows(network: Network) -> None:
    """With a CSeq of ours; what follows counts on from it, and the notifier never knows."""
    put_on(network, "a", WATCHER, showing(THROTTLE))
    network.play(subscribe() + "100 s pass" + publish("open"))
    network.play(
        """
        watcher -> a SUBSCRIBE to=bob@b.example Expires=7200
        watcher <- a 200
        watcher <- a NOTIFY    state=active basic=closed cseq=3
        watcher -> a 200
                499 s pass
                1 s pass
    """
        + notified("open", 4)
    )
    network.play("600 s pass" + publish("closed") + notified("closed", 5))
    assert not network.stage.sites["b"].diary.faults


def test_a_held_notify_survives_a_restart(network: Network) -> None:
    put_on(network, "a", WATCHER, showing(THROTTLE))
    network.play(subscribe() + "100 s pass" + publish("open"))
    network.play(
        """
        power   -> a OFF
        power   -> a ON
                499 s pass
                1 s pass
    """
        + notified("open", 2)
    )


def test_a_watcher_without_a_connection_is_shown_the_newest_when_he_is_back(
    network: Network,
) -> None:
    """The notifier is answered 200 meanwhile, or it would end the subscription."""
    network.play("watcher -> a CONNECT" + subscribe())
    network.play("watcher -> a HANGUP" + publish("open") + publish("closed") + publish("open"))
    network.play(
        """
                60 s pass
        watcher -> a CONNECT
        watcher -> a REGISTER
        watcher <- a 200
    """
        + notified("open", 4)
    )


def test_a_watcher_who_does_not_come_back_is_given_up(network: Network) -> None:
    network.play("watcher -> a CONNECT" + subscribe())
    network.play("watcher -> a HANGUP" + publish("open") + "120 s pass")
    assert not network.stage.sites["a"].server.proxy.relays.all()
    network.play(publish("closed"))
    assert not network.stage.sites["b"].server.agent.notifier.deliveries


def test_one_who_subscribes_again_is_shown_what_was_held(network: Network) -> None:
    network.play("watcher -> a CONNECT" + subscribe())
    network.play("watcher -> a HANGUP" + publish("open"))
    network.play("""
        watcher -> a CONNECT
        watcher -> a SUBSCRIBE to=bob@b.example Expires=7200
        watcher <- a NOTIFY    state=active basic=open cseq=2
        watcher -> a 200
        watcher <- a 200
        watcher <- a NOTIFY    state=active basic=open cseq=3
        watcher -> a 200
    """)
