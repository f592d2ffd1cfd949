"""Who vouches for whom (RFC 3325 section 5)."""

from __future__ import annotations

import pytest

from hereabouts.sip.domains import Domains
from hereabouts.sip.flow import WITHIN, Flow
from hereabouts.sip.trust import Trust, hides_identity, is_told
from tests.sip.driven import Driven
from tests.sip.packets import a_request, request

DOMAINS = Domains(("a.example",), frozenset({"192.0.2.1"}))
TRUST = Trust(
    {"192.0.2.12": frozenset({"b.example"})},
    frozenset({"192.0.2.13"}),
    frozenset({"192.0.2.12"}),
    frozenset({"b.example", "a.example"}),
    frozenset({"a.example"}),
)
PEER = Flow("TCP", "192.0.2.12", 40_000, "192.0.2.1:5060", 0, 7)
OURS = Flow("UDP", "192.0.2.13", 5060, "192.0.2.1:5060")
FORGED = Flow("UDP", "192.0.2.12", 5060, "192.0.2.1:5060")
PAGE = Flow("WS", "192.0.2.13", 41_000, "192.0.2.1:8088", 0, 8)
B_BY_TLS = Flow(
    "TLS", "203.0.113.9", 42_000, "192.0.2.1:5061", 0, 9, "", ("x.example", "b.example")
)
A_BY_TLS = Flow("TLS", "203.0.113.9", 42_000, "192.0.2.1:5061", 0, 9, "", ("a.example",))
C_BY_TLS = Flow("TLS", "192.0.2.14", 42_000, "192.0.2.1:5061", 0, 9, "", ("c.example",))
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
    (PAGE, "<sip:alice@192.0.2.1>", None, "nor a page that somebody looks at on such a server"),
    (B_BY_TLS, f"<{BOB}>", BOB, "SEC-3261-26.3.2-1: a certificate speaks for its domain"),
    (B_BY_TLS, "<sip:carol@c.example>", None, "SEC-3261-26.3.2-1: and for no other"),
    (C_BY_TLS, "<sip:carol@c.example>", None, "SEC-3261-26.3.2-1: unless it is no peer's"),
    (A_BY_TLS, f"<{BOB}>", BOB, "one of a domain of ours speaks for whom it has authenticated"),
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


PRIVACY = [
    (None, False, "nothing is asked"),
    ("id", True, "the identity"),
    ("header; ID ;critical", True, "among others, in capitals"),
    ("none", False, "none at all"),
    ("header;user;session", False, "other privacy than we could give"),
    ("idle", False, "another word"),
]


@pytest.mark.parametrize("row, is_hidden", [r[:2] for r in PRIVACY], ids=[r[2] for r in PRIVACY])
def test_who_asks_that_his_identity_be_hidden(row: str | None, *, is_hidden: bool) -> None:
    """RFC 3325 section 9.3."""
    asked = a_request(request("SUBSCRIBE", rows={"Privacy": row}))
    assert hides_identity(asked) is is_hidden


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


STRANGERS = [
    (C_BY_TLS, "sip:carol@c.example", "SEC-3261-26.3.2-1: its certificate is proof enough"),
    (C_BY_TLS, BOB, "SEC-3261-26.3.2-1: of its own users alone"),
    (A_BY_TLS, "sip:alice@a.example", "that of our own domain is none: any of our web servers has"),
    (STRANGER, "sip:carol@c.example", "an address proves nothing"),
]


@pytest.mark.parametrize(
    "flow, asserted", [row[:2] for row in STRANGERS], ids=[row[2] for row in STRANGERS]
)
def test_where_domains_find_each_other_each_speaks_for_its_users(flow: Flow, asserted: str) -> None:
    engine = Driven()
    rows = {"P-Asserted-Identity": f"<{asserted}>", "From": f"<{asserted}>;tag=1"}
    engine.receive(request("SUBSCRIBE", rows=rows), flow)
    trust, [incoming] = Trust(believes_strangers=True), engine.delivered
    expected = asserted if asserted == "sip:carol@c.example" and flow is C_BY_TLS else None
    assert trust.identity(incoming, DOMAINS) == expected
    assert trust.claimed(incoming, DOMAINS) == expected


PROVING = Flow("TLS", "192.0.2.14", 5061, "192.0.2.1:5061", domain="c.example")
TOLD = [
    (PEER, None, True, "a server that the operator has named"),
    (PEER, "id", True, "section 9.3: whatever the sender wishes"),
    (PROVING, None, True, "section 7: who has to prove his domain"),
    (PROVING, "id", False, "section 7: unless the sender wishes otherwise"),
    (STRANGER, None, False, "nobody else"),
]


@pytest.mark.parametrize(
    "flow, privacy, told", [row[:3] for row in TOLD], ids=[row[3] for row in TOLD]
)
def test_who_is_told_who_asks(flow: Flow, privacy: str | None, *, told: bool) -> None:
    asked = a_request(request("SUBSCRIBE", rows={"Privacy": privacy} if privacy else {}))
    assert is_told(flow, asked, frozenset({PEER.host})) is told
