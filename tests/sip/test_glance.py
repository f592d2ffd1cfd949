from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Malformed
from hereabouts.sip import glance
from hereabouts.sip.headers.via import Via
from hereabouts.sip.message import Response
from hereabouts.sip.reader import read
from tests.native.ways import WAYS, Way
from tests.sip.packets import TCP, Rows, request, response

VIA = "SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKword1;rport=5060;received=192.0.2.9"
NOTIFY = request("NOTIFY", via=VIA)


@pytest.fixture(params=WAYS, scope="module", autouse=True)
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if request.param is Way.PYTHON:
            patch.setattr(glance, "notify_taken", glance.search)
        yield


def taken(rows: Rows | None = None, status: int = 200) -> tuple[str, str] | None:
    return glance.notify_taken(response(NOTIFY, status, {**(rows or {}), "Content-Length": "0"}))


@pytest.mark.parametrize("status", [200, 202, 299])
def test_a_success_is_taken_at_a_glance(status: int) -> None:
    assert taken(status=status) == ("198.51.100.1:5060", "z9hG4bKword1")


def test_over_a_stream_too() -> None:
    row = f"SIP/2.0/TCP {TCP.local};branch=z9hG4bKword1;rport"
    assert taken({"Via": row}) == (TCP.local, "z9hG4bKword1")


@pytest.mark.parametrize(
    "rows, status",
    [
        pytest.param({}, 481, id="a refusal"),
        pytest.param({}, 100, id="a provisional answer"),
        pytest.param({"CSeq": "1 SUBSCRIBE"}, 200, id="the answer to another method"),
        pytest.param({"Via": [VIA, VIA]}, 200, id="3261-8.1.3.3-1: two Via rows"),
        pytest.param({"Via": f"{VIA}, {VIA}"}, 200, id="3261-8.1.3.3-1: two in a row"),
        pytest.param({"v": VIA}, 200, id="3261-8.1.3.3-1: another under its compact name"),
        pytest.param({"Via": "SIP/2.0/UDP h;rport;branch=z9hG4bKa"}, 200, id="another order"),
        pytest.param({"Via": "SIP/2.0/UDP h;branch=1"}, 200, id="no cookie"),
        pytest.param({"Subject": "x\r\n CSeq: 1 NOTIFY", "CSeq": None}, 200, id="a fold"),
    ],
)
def test_what_looks_different_is_left_to_the_reader(rows: Rows, status: int) -> None:
    assert taken(rows, status) is None


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(response(NOTIFY), id="no Content-Length"),
        pytest.param(response(NOTIFY, 200, {"Content-Length": "3"}) + b"abc", id="a body"),
        pytest.param(response(NOTIFY, 200, {"Content-Length": "0"}) + b"x", id="octets too many"),
        pytest.param(response(NOTIFY, 200, {"Content-Length": "0"})[:-2], id="an end that lacks"),
        pytest.param(NOTIFY, id="a request"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_ends_differently_is_left_to_the_reader(packet: bytes) -> None:
    assert glance.notify_taken(packet) is None


@given(st.integers(0, 300), st.integers(0, 6), st.text("\r\n ;,=:viaVIA2z0NOTIFY", max_size=6))
def test_what_is_taken_says_to_the_reader_the_same(place: int, removed: int, new: str) -> None:
    packet = response(NOTIFY, 200, {"Content-Length": "0"})
    packet = packet[:place] + new.encode() + packet[place + removed :]
    found = glance.notify_taken(packet)
    with suppress(Malformed):
        message = read(packet)
        if found is not None:
            assert isinstance(message, Response)
            (row,) = message.values("via")
            via = Via.parse(row)
            said = Via.parse(f"SIP/2.0/{via.transport} {found[0]}")  # a port may have zeros first
            assert said.sent_by == via.sent_by
            assert found[1] == via.branch
            assert (message.status // 100, message.cseq[1]) == (2, "NOTIFY")
