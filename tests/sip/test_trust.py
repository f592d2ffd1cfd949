"""Who vouches for whom (RFC 3325 section 5)."""

from __future__ import annotations

import pytest

from hereabouts.sip.domains import Domains
from hereabouts.sip.flow import WITHIN, Flow
from hereabouts.sip.trust import Trust
from tests.sip.driven import Driven
from tests.sip.packets import request

DOMAINS = Domains(("a.example",), frozenset({"192.0.2.1"}))
TRUST = Trust(
    {"192.0.2.12": frozenset({"b.example"})},
    frozenset({"192.0.2.13"}),
    frozenset({"192.0.2.12"}),
)
PEER = Flow("TCP", "192.0.2.12", 40_000, "192.0.2.1:5060", 0, 7)
OURS = Flow("UDP", "192.0.2.13", 5060, "192.0.2.1:5060")
FORGED = Flow("UDP", "192.0.2.12", 5060, "192.0.2.1:5060")
STRANGER = Flow("UDP", "192.0.2.14", 5060, "192.0.2.1:5060")
BOB = "sip:bob@b.example"

VOUCHED = [
    (PEER, f"<{BOB}>", BOB, "a peer speaks for its domain"),
    (PEER, f'"Bob" <{BOB};x=y>', BOB, "in the canonical form"),
    (PEER, f"<{BOB}>, <tel:+358501234>", BOB, "a number may stand beside it (section 9.1)"),
    (PEER, "<sip:carol@c.example>", None, "not for another"),
    (PEER, "<sip:alice@a.example>", None, "and least of all for ours"),
    (PEER, "<sip:alice@192.0.2.1>", None, "by whatever name"),
    (OURS, "<sip:alice@192.0.2.1>", "sip:alice@a.example", "a server of our domain for our users"),
    (OURS, "<sip:carol@c.example>", "sip:carol@c.example", "and for whom it has authenticated"),
    (FORGED, f"<{BOB}>", None, "nor one who only writes the address of a peer on a datagram"),
    (STRANGER, f"<{BOB}>", None, "a stranger for nobody"),
    (STRANGER, "<sip:alice@a.example>", None, "not for himself either"),
    (PEER, f"<{BOB}>, <sip:rob@b.example>", None, "two identities are none"),
    (PEER, "<tel:+358501234>", None, "a number alone says nothing to us"),
    (PEER, ">", None, "nor does what is no address"),
    (PEER, "<sip:@>", None, "or no URI"),
    (PEER, None, None, "a peer who says nothing is asked like anybody"),
    (WITHIN, None, "sip:user@a.example", "our own parts say it in From"),
    (WITHIN, f"<{BOB}>", BOB, "or outright"),
]


@pytest.mark.parametrize(
    "flow, asserted, identity", [row[:3] for row in VOUCHED], ids=[row[3] for row in VOUCHED]
)
def test_who_is_believed(flow: Flow, asserted: str | None, identity: str | None) -> None:
    engine = Driven()
    rows = {"From": "<sip:user@192.0.2.1>;tag=1"}
    if asserted is not None:
        rows["P-Asserted-Identity"] = asserted
    engine.receive(request("SUBSCRIBE", rows=rows), flow)
    assert TRUST.identity(engine.delivered[0], DOMAINS) == identity


def test_a_part_of_ours_that_is_nobody_is_not_known() -> None:
    engine = Driven()
    engine.receive(request("SUBSCRIBE", rows={"From": "<tel:1>;tag=1"}), WITHIN)
    assert TRUST.identity(engine.delivered[0], DOMAINS) is None


CLAIMED = [
    (PEER, f"<{BOB}>", BOB, "a peer speaks for its domain"),
    (PEER, "<sip:alice@a.example>", None, "and not for ours"),
    (OURS, "<sip:alice@192.0.2.1>", "sip:alice@a.example", "a server of our domain for ours"),
    (FORGED, f"<{BOB}>", None, "a peer by streams is none on a datagram"),
    (STRANGER, f"<{BOB}>", None, "a stranger for nobody"),
    (PEER, "<tel:+358501234>", None, "a number says nothing to us"),
]


@pytest.mark.parametrize(
    "sender, who, identity", [row[:3] for row in CLAIMED], ids=[row[3] for row in CLAIMED]
)
def test_a_server_may_speak_for_whoever_calls(sender: Flow, who: str, identity: str | None) -> None:
    driven = Driven()
    driven.receive(request("INVITE", rows={"From": f"{who};tag=1"}), sender)
    assert TRUST.claimed(driven.delivered[0], DOMAINS) == identity
