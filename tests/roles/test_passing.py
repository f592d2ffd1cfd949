"""A request on its way through: what is checked, what is sent, and who hears of the end."""

from __future__ import annotations

import msgspec
import pytest

from hereabouts.base.units import Seconds
from hereabouts.config import PresenceMode, PresenceSettings, SipSettings
from hereabouts.roles.passing import Terms
from hereabouts.sip.flow import Flow
from hereabouts.sip.transactions.machine import Timers
from tests.roles.realm import A, Realm


def test_what_is_over_is_remembered_as_long_as_messages_may_come() -> None:
    assert Terms(Timers(t1=0.25)).memory == 32


TRYING = [
    (0.5, 4.0, 3.5, "4320-4.1-2: Timer E of the sender reaches T2"),
    (0.1, 0.5, 0.7, "or would go beyond it"),
]


@pytest.mark.parametrize(
    "t1, t2, after", [row[:3] for row in TRYING], ids=[row[3] for row in TRYING]
)
def test_a_sender_is_told_to_wait_for_a_silent_server(
    t1: Seconds, t2: Seconds, after: Seconds
) -> None:
    """4320-4.1-3: once, and nothing else is made up."""
    realm = Realm()
    site = realm.stage.sites["a"]
    site.settings = msgspec.structs.replace(site.settings, sip=SipSettings(t1=t1, t2=t2))
    realm.play(f"""
        power   -> a OFF
        power   -> a ON
        wire    -> b MUTE
        watcher -> a SUBSCRIBE to=bob@b.example
                {after - 0.01:.2f} s pass
                0.01 s pass
        watcher <- a 100
                100 s pass
    """)
    assert not realm.proxy.relays.all()


def test_a_retransmission_after_a_crash_makes_no_second_subscription() -> None:
    """The next hop knows it again: by the same branch it names the same dialog."""
    realm = Realm()
    realm.play("""
        watcher -> a SUBSCRIBE to=bob@b.example
        watcher x- a 200
        watcher x- a NOTIFY
        power   -> a OFF
        power   -> a ON
        watcher -> a AGAIN
        watcher <- a 200
                5 s pass
        watcher <- a NOTIFY
        watcher -> a 200
    """)
    first, again = realm.asked("a", "b")
    assert first.headers["via"][0] == again.headers["via"][0]
    assert len(realm.stage.sites["b"].server.agent.notifier.deliveries) == 1


def test_a_request_with_a_broken_route_is_refused() -> None:
    realm = Realm()
    realm.play("""
        watcher -> a SUBSCRIBE to=bob@b.example Route=<tel:1>
        watcher <- a 400
        watcher -> a SUBSCRIBE to=bob@b.example Route=<sip:a.example;lr>,<tel:1>
        watcher <- a 400
    """)
    assert not realm.stage.wire


OURS = [
    ("<sip:a.example;lr>", "our domain"),
    ("<sip:192.0.2.11;lr>", "our address"),
    ("<sip:192.0.2.11:5060;lr>", "and port"),
    ("<sip:phone@192.0.2.11;transport=tcp;lr>", "a phone's own way to write it"),
]


@pytest.mark.parametrize("route", [row[0] for row in OURS], ids=[row[1] for row in OURS])
def test_a_route_to_us_is_taken_out(route: str) -> None:
    """Phones keep one to their server (3261-16.4-1)."""
    realm = Realm()
    realm.play(f"""
        watcher -> a SUBSCRIBE to=bob@b.example Route={route}
        watcher <- a 200
        watcher <- a NOTIFY
        watcher -> a 200
    """)
    [subscribe] = realm.asked("a", "b")
    assert "route" not in subscribe.headers


def test_a_route_to_another_port_of_our_machine_is_not_ours() -> None:
    realm = Realm()
    realm.play("""
        watcher -> a SUBSCRIBE to=bob@b.example Route=<sip:192.0.2.11:5070;lr>
        watcher <- a 404
    """)


def test_a_strict_router_that_hides_what_is_no_sip_address_is_refused() -> None:
    """3261-16.4-1: the last Route is the Request-URI then, and must be one that we can read."""
    realm = Realm()
    packet = (
        "SUBSCRIBE sip:x@192.0.2.11;lr SIP/2.0\r\n"
        "Via: SIP/2.0/UDP watcher.example.net;branch=z9hG4bK1\r\nRoute: <tel:1>\r\n"
        "From: <sip:watcher@a.example>;tag=1\r\nTo: <sip:bob@b.example>\r\nCall-ID: c\r\n"
        "CSeq: 1 SUBSCRIBE\r\nContact: <sip:w@h>\r\nEvent: presence\r\n\r\n"
    )
    flow = Flow("UDP", "watcher.example.net", 5060, f"{A}:5060")
    site = realm.stage.sites["a"]
    site.settings = msgspec.structs.replace(
        site.settings, presence=PresenceSettings(mode=PresenceMode.PROXY)
    )
    realm.play("power -> a OFF\npower -> a ON")
    [(_, _, answer)] = realm.stage.tell("a", packet.encode(), flow, realm.now)
    assert answer.startswith(b"SIP/2.0 400")
