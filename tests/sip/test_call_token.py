"""What leads the later requests of a call to its other side, and nobody anywhere else."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Malformed
from hereabouts.sip.call_token import PREFIX, CallTokens, Side
from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Request
from hereabouts.sip.uri import SipUri
from tests.sip.driven import Driven
from tests.sip.packets import a_request, request

CALLER = Flow("UDP", "192.0.2.7", 5060, "192.0.2.1:5060")
CALLEE = Flow("TCP", "2001:db8::7", 40_001, "[2001:db8::1]:5070", 3, 2**51)
ALICE, BOB = "<sip:alice@example.com>;tag=a", "<sip:bob@example.com>;tag=b"


@dataclass
class Desk:
    tokens: CallTokens
    token: str


def asked(sender: str = ALICE, to: str = BOB, call_id: str = "c") -> Request:
    rows = {"From": sender, "To": to, "Call-ID": call_id}
    return a_request(request("BYE", rows=rows))


@pytest.fixture(scope="module")
def desk() -> Desk:
    tokens = CallTokens(Driven().endpoint.seal)
    invite = asked(to="<sip:bob@example.com>")
    return Desk(tokens, tokens.write(invite, CALLER, CALLEE))


WAYS = [
    (asked(), Side(CALLEE, is_to_callee=True), "from the caller"),
    (asked(BOB, ALICE), Side(CALLER, is_to_callee=False), "from the callee"),
    (asked(to="<sip:x@y>;tag=other"), Side(CALLEE, is_to_callee=True), "another branch of it"),
    (asked(call_id="d"), None, "another call"),
    (asked("<sip:alice@example.com>;tag=x", "<sip:bob@example.com>;tag=y"), None, "other ends"),
    (asked("<sip:alice@example.com>", "<sip:bob@example.com>"), None, "no ends at all"),
]


@pytest.mark.parametrize("said, side", [row[:2] for row in WAYS], ids=[row[2] for row in WAYS])
def test_a_token_leads_to_the_other_side(desk: Desk, said: Request, side: Side | None) -> None:
    assert desk.tokens.side(desk.token, said) == side


def test_a_call_without_tags_is_nobodys(desk: Desk) -> None:
    invite = asked("<sip:alice@example.com>", "<sip:bob@example.com>")
    token = desk.tokens.write(invite, CALLER, CALLEE)
    side = desk.tokens.side(token, invite)
    assert side is not None
    assert side.is_to_callee


def test_it_can_stand_in_a_uri(desk: Desk) -> None:
    uri = SipUri.parse(f"sip:{desk.token}@192.0.2.1;lr")
    assert uri.user == desk.token
    assert len(desk.token) < 200


def test_another_node_does_not_know_it(desk: Desk) -> None:
    other = CallTokens(lambda text: f"{len(text):020}")
    assert other.side(desk.token, asked()) is None


@given(st.data())
def test_whoever_changes_it_has_nothing(desk: Desk, data: st.DataObject) -> None:
    """Any other text, and any text at all, is none of ours."""
    at = data.draw(st.integers(0, len(desk.token) - 1))
    letter = data.draw(st.characters(max_codepoint=127))
    changed = desk.token[:at] + letter + desk.token[at + 1 :]
    for text in (changed, desk.token[:at], data.draw(st.text()), PREFIX + data.draw(st.text())):
        with suppress(Malformed):
            assert text == desk.token or desk.tokens.side(text, asked()) is None


flows = st.builds(
    Flow,
    st.sampled_from(["UDP", "TCP", "TLS", "WSS"]),
    st.text(max_size=40),
    st.integers(1, 65535),
    st.text(min_size=1, max_size=40),
    st.integers(0, 100),
    st.integers(0, 2**52),
    st.sampled_from(["", "b.example"]),
)


@given(flows, flows)
def test_what_we_write_we_can_read(caller: Flow, callee: Flow) -> None:
    tokens = CallTokens(Driven().endpoint.seal)
    token = tokens.write(asked(), caller, callee)
    assert tokens.side(token, asked()) == Side(callee, is_to_callee=True)
    assert tokens.side(token, asked(BOB, ALICE)) == Side(caller, is_to_callee=False)
