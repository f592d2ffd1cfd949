"""RFC 5626 and RFC 3327 at the server: bindings by flows, their end, and the way along a Path."""

from __future__ import annotations

import pytest

from hereabouts.sip.feature import PRESENCE_AGENT
from tests.ladders.conftest import Play
from tests.ladders.script import Note
from tests.sip.packets import Rows, a_request, a_response, request

DEVICE = "<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"


def contact(place: str, number: int = 1) -> str:
    return f'<sip:bob@{place}>;+sip.instance="{DEVICE}";reg-id={number}'


FIRST, AGAIN, OTHER = contact("a.invalid"), contact("b.invalid"), contact("b.invalid", 2)


def test_a_device_that_comes_back_is_the_same_and_is_told_so(ladder: Play) -> None:
    """5626-6-1: from a new port, by a new connection, there is one binding; with reg-id 2, two."""
    ladder.play(f"""
        bob -> node CONNECT
        bob -> node REGISTER Contact={FIRST} Supported=outbound
        bob <- node 200      Require=outbound Flow-Timer=120 Contact={FIRST};expires=600
        bob -> node HANGUP
        bob -> node CONNECT
        bob -> node REGISTER Contact={AGAIN} Supported=outbound
        bob <- node 200      Contact={AGAIN};expires=600
        bob -> node REGISTER Contact={OTHER} Supported=outbound,path
        bob <- node 200      Contact={AGAIN};expires=600,{OTHER};expires=600
    """)


def test_a_binding_ends_with_its_connection(ladder: Play) -> None:
    """5626-7-1: the flow is gone, and the binding with it; a plain one lives on."""
    ladder.play(f"""
        bob -> node CONNECT
        bob -> node REGISTER Contact={FIRST} Supported=outbound
        bob <- node 200
        bob -> node REGISTER Contact=<sip:bob@bob.example.net>
        bob <- node 200
        bob -> node HANGUP
        bob -> node REGISTER Contact=none
        bob <- node 200      Contact=<sip:bob@bob.example.net>;expires=600
    """)


def test_whoever_watches_is_told_of_the_end_of_a_connection(ladder: Play) -> None:
    """The death of a flow is known to the layers above: a registration shows as open."""
    ladder.play(f"""
        watcher -> node SUBSCRIBE to=bob
        watcher <- node 200
        watcher <- node NOTIFY   says=nothing
        watcher -> node 200
        bob     -> node CONNECT
        bob     -> node REGISTER Contact={FIRST} Supported=outbound
        bob     <- node 200
        watcher <- node NOTIFY   basic=open
        watcher -> node 200
                10 s pass
        bob     -> node HANGUP
        watcher <- node NOTIFY   basic=closed
        watcher -> node 200
    """)


@pytest.mark.parametrize("supported, status", [("outbound", 439), ("path", 200)])
def test_who_registers_by_a_proxy_without_outbound_is_told(
    ladder: Play, supported: str, status: int
) -> None:
    """5626-6-2: two hops and no Path with `ob`; who does not ask for it gets a plain binding."""
    rows: Rows = {
        "Via": [f"SIP/2.0/UDP {host}.example.net;branch=z9hG4bK{host}" for host in ("p", "bob")],
        "To": "<sip:bob@example.com>",
        "From": "<sip:bob@example.com>;tag=b",
        "Contact": contact("a.invalid"),
        "Supported": supported,
    }
    stage, now = ladder.stage, ladder.now
    packet = request("REGISTER", "sip:example.com", rows)
    stage.node.receive(packet, stage.flow(stage.peer("p")), now)
    [sent] = stage.handle_timer(now)
    answer = a_response(sent.message)
    assert (answer.status, "require" in answer.headers) == (status, False)


def test_a_server_says_that_it_knows_of_flows_and_paths(ladder: Play) -> None:
    """RFC 5626 section 11.4, RFC 3327 section 4."""
    ladder.play("""
        bob -> node OPTIONS
        bob <- node 200     Supported=outbound,path
        bob -> node OPTIONS Require=outbound,path
        bob <- node 200
    """)


PATH = "<sip:token@alice-proxy.example.net;lr;ob>"


def test_an_agent_behind_a_proxy_is_reached_along_its_path(ladder: Play) -> None:
    """RFC 3327 sections 5.3 and 5.4, 5626-7-1: Route, and the flow that the REGISTER came by."""
    ladder.play(f"""
        alice-proxy -> node REGISTER Contact=<sip:alice@a.invalid>;{PRESENCE_AGENT} Path={PATH}
        alice-proxy <- node 200       Path={PATH}
    """)
    [sent] = ladder.stage.say("watcher", "node", Note("SUBSCRIBE"), ladder.now)
    subscribe = a_request(sent.message)
    assert sent.peer == "alice-proxy"
    assert subscribe.uri == "sip:alice@example.com"
    assert subscribe.headers["route"] == [PATH]
