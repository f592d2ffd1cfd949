from __future__ import annotations

from collections.abc import Iterator

import pytest

from hereabouts.base.refusal import Malformed
from hereabouts.sip import hop
from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Request
from hereabouts.sip.reader import read
from hereabouts.sip.transactions import INVITE_CLIENT
from hereabouts.sip.transactions.machine import State, Transaction
from tests.native.twins import values_by
from tests.native.ways import WAYS
from tests.sip.packets import UDP, response

COOKIE = "z9hG4bKa"


@pytest.fixture(params=WAYS, scope="module", autouse=True)
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    with values_by(request.param):
        yield


def asked(*vias: str, method: str = "SUBSCRIBE") -> Request:
    headers = {"via": list(vias), "from": ["<sip:a@h>"], "call-id": ["c"], "cseq": ["7 X"]}
    return Request(method, "sip:b@h", [], headers, b"")


STAMPED = [
    ("SIP/2.0/UDP 192.0.2.1:40000;branch=b", "", "nothing is to be said"),
    ("SIP/2.0/UDP 10.0.0.1;branch=b", ";received=192.0.2.1", "it came from elsewhere"),
    ("SIP/2.0/UDP h;rport;branch=b", ";received=192.0.2.1", "a port is asked for"),
]


@pytest.mark.parametrize("row, added", [r[:2] for r in STAMPED], ids=[r[2] for r in STAMPED])
def test_where_a_request_came_from_is_entered(row: str, added: str) -> None:
    via, rows, _ = hop.stamp(asked(row, "SIP/2.0/UDP other"), UDP)
    expected = row.replace(";rport", f";rport={UDP.port}") + added
    assert rows == [expected, "SIP/2.0/UDP other"]
    assert str(via) == expected


def test_a_request_without_a_via_cannot_be_answered() -> None:
    request = asked()
    with pytest.raises(Malformed):
        hop.stamp(request, UDP)


NAMES = [
    ("INVITE", f"SIP/2.0/UDP H:1;branch={COOKIE}", "INVITE z9hG4bKa h:1", "host in small letters"),
    ("ACK", f"SIP/2.0/UDP h:1;branch={COOKIE}", "INVITE z9hG4bKa h:1", "an ACK is the INVITE's"),
    ("BYE", f"SIP/2.0/TLS h;branch={COOKIE}", "BYE z9hG4bKa h:5061", "the port of the transport"),
]


@pytest.mark.parametrize("method, row, name", [n[:3] for n in NAMES], ids=[n[3] for n in NAMES])
def test_a_transaction_is_named_by_branch_and_sent_by(method: str, row: str, name: str) -> None:
    """3261-17.2.3-1."""
    assert hop.stamp(asked(row, method=method), UDP)[2] == name


@pytest.mark.parametrize("branch", ["", ";branch=1", ";branch=z9hG4bK"])
def test_or_of_an_old_peer_by_all_that_tells_it_apart(branch: str) -> None:
    """3261-17.2.3-2."""
    name = hop.stamp(asked(f"SIP/2.0/UDP 192.0.2.1{branch}"), UDP)[2]
    assert name == f"SUBSCRIBE sip:b@h <sip:a@h> c 7 SIP/2.0/UDP 192.0.2.1{branch}"


def test_a_request_of_ours_names_our_end_first() -> None:
    flow = Flow("TCP", "192.0.2.9", 5060, "198.51.100.1:5060")
    packet = hop.request_bytes("NOTIFY", "sip:w@h", "To: x\r\n", b"body", flow, COOKIE)
    assert packet == (
        b"NOTIFY sip:w@h SIP/2.0\r\nVia: SIP/2.0/TCP 198.51.100.1:5060;branch=z9hG4bKa;rport\r\n"
        b"To: x\r\nContent-Length: 4\r\n\r\nbody"
    )


def test_an_ack_goes_as_far_as_its_invite_with_the_to_of_the_answer() -> None:
    rows = (
        "Route: <sip:p;lr>\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\n"
        "Call-ID: c\r\nCSeq: 3 INVITE\r\n"
    )
    invite = hop.request_bytes("INVITE", "sip:b@h", rows, b"", UDP, COOKIE)
    transaction = Transaction(INVITE_CLIENT, "INVITE", COOKIE, UDP, State.COMPLETED, payload=invite)
    refusal = read(response(invite, 486, {"To": "<sip:b@h>;tag=2"}))
    ack = read(hop.acknowledgement(transaction, refusal))  # type: ignore[arg-type]
    assert isinstance(ack, Request)
    assert (ack.method, ack.uri, ack.cseq) == ("ACK", "sip:b@h", (3, "ACK"))
    assert ack.headers["to"] == ["<sip:b@h>;tag=2"]
    assert ack.headers["route"] == ["<sip:p;lr>"]
    assert ack.headers["via"][0].startswith("SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKa")
