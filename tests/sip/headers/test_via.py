from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.headers.via import Via
from hereabouts.sip.parameters import MalformedHeader
from tests.native.twins import values_by
from tests.native.ways import WAYS


@pytest.fixture(params=WAYS, scope="module", autouse=True)
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    with values_by(request.param):
        yield


@pytest.mark.parametrize(
    "text, via",
    [
        pytest.param(
            "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKa;rport",
            Via("UDP", "192.0.2.1", 5070, {"branch": "z9hG4bKa", "rport": None}),
            id="the usual",
        ),
        pytest.param(
            "sip / 2.0 / tcp   spindle.example.com   ; branch  =   z9hG4bK9ikj8",
            Via("TCP", "spindle.example.com", None, {"branch": "z9hG4bK9ikj8"}),
            id="RFC 4475 3.1.1.1: spaces everywhere",
        ),
        pytest.param(
            "SIP/2.0/UDP [2001:db8::9:1]:5060;received=[2001:db8::9:255]",
            Via("UDP", "[2001:db8::9:1]", 5060, {"received": "[2001:db8::9:255]"}),
            id="RFC 5118 4.5: an IPv6 address",
        ),
        pytest.param("SIP/2.0/UDP h : 5060", Via("UDP", "h", 5060, {}), id="spaces at the colon"),
        pytest.param("SIP/2.0/UDP h;;", Via("UDP", "h", None, {}), id="semicolons too many"),
        pytest.param(
            "SIP/2.0/UNKNOWN h", Via("UNKNOWN", "h", None, {}), id="a transport nobody knows"
        ),
        pytest.param(
            "SIP/7.0/UDP c.example.com;branch=z9hG4bKa",
            Via("UDP", "c.example.com", None, {"branch": "z9hG4bKa"}, "7.0"),
            id="3261-21.5.6-1: another version, as it must be answered",
        ),
    ],
)
def test_a_via_is_read(text: str, via: Via) -> None:
    assert Via.parse(text) == via


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("SIP/2.0/UDP", id="no host"),
        pytest.param("SIP/2.0/UDP ;branch=a", id="parameters and no host"),
        pytest.param("HTTP/1.1 h", id="another protocol"),
        pytest.param("SIP/2.0 h", id="no transport"),
        pytest.param("SIP/2.0/UDP h:x", id="a port that is no number"),
        pytest.param("SIP/2.0/UDP h:65536", id="a port beyond all: no answer can be sent there"),
        pytest.param("SIP/2.0/UDP h:0", id="port 0: the same"),
        pytest.param("SIP/2.0/UDP h:0", id="port 0"),
        pytest.param("SIP/2.0/UDP h:65536", id="a port too high"),
        pytest.param("SIP/2.0/UDP h:\u0665", id="a digit of another script"),
        pytest.param("SIP/2.0/UDP h i", id="two hosts"),
        pytest.param("SIP/2.0/UDP h, SIP/2.0/UDP i", id="two hops where one belongs"),
        pytest.param("SIP/2.0/UDP h;branch=a;branch=b", id="3261-7.3.1-7: two branches"),
    ],
)
def test_what_is_no_via_is_refused(text: str) -> None:
    with pytest.raises(MalformedHeader):
        Via.parse(text)


@pytest.mark.parametrize(
    "text, sent_by",
    [
        pytest.param("SIP/2.0/UDP Host.example.com", "host.example.com:5060", id="no port"),
        pytest.param("SIP/2.0/TLS h", "h:5061", id="no port over TLS"),
        pytest.param("SIP/2.0/WS h", "h:80", id="no port over a WebSocket"),
        pytest.param("SIP/2.0/SCTP h", "h:5060", id="a transport that we do not have"),
        pytest.param("SIP/2.0/UDP h:5060", "h:5060", id="the default port written out"),
    ],
)
def test_sent_by_has_a_port_in_any_case(text: str, sent_by: str) -> None:
    assert Via.parse(text).sent_by == sent_by


def test_an_empty_branch_is_none() -> None:
    assert Via.parse("SIP/2.0/UDP h;branch=").branch is None
    assert Via.parse("SIP/2.0/UDP h;branch").branch is None
    assert Via.parse("SIP/2.0/UDP h").branch is None
    assert Via.parse("SIP/2.0/UDP h;branch=A").branch == "A"


TOKENS = st.from_regex(r"[A-Za-z0-9\-.!%*_+`'~]{1,12}", fullmatch=True)
VIAS = st.builds(
    Via,
    st.sampled_from(["UDP", "TCP", "TLS", "WS", "WSS", "X-1"]),
    st.from_regex(r"[A-Za-z0-9.\-]{1,12}|\[[0-9a-f:]{2,12}\]", fullmatch=True),
    st.none() | st.integers(1, 65535),
    st.dictionaries(TOKENS.map(str.lower), st.none() | TOKENS, max_size=4),
    st.from_regex(r"[0-9]\.[0-9]", fullmatch=True),
)


@given(VIAS)
def test_the_via_we_write_we_can_read(via: Via) -> None:
    assert Via.parse(str(via)) == via


@given(st.text() | st.text(" /;=:[]h\t").map("SIP/2.0/UDP ".__add__))
def test_any_text_raises_only_our_own_error(text: str) -> None:
    with suppress(MalformedHeader):
        Via.parse(text)


SPACES = " " * 60_000
HOSTILE = [f"SIP/2.0/UDP h{SPACES}x", f"SIP/2.0/UDP{SPACES}", f"SIP{SPACES}", f"{SPACES}SIP/2.0/"]


@pytest.mark.parametrize("text", HOSTILE, ids=["host", "transport", "protocol", "start"])
def test_a_datagram_full_of_spaces_is_refused_in_one_pass(text: str) -> None:
    # Anything but one pass would keep this test busy for minutes.
    with pytest.raises(MalformedHeader):
        Via.parse(text)
