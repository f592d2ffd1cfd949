from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Malformed
from hereabouts.sip.endpoint import TAKEN
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.address import Address
from hereabouts.sip.headers.via import Via
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.leaving import Failure
from hereabouts.sip.message import Response
from hereabouts.sip.transactions.machine import State
from tests.sip.driven import Driven, answer_at_once
from tests.sip.packets import TCP, UDP, Rows, a_request, a_response, request, response
from tests.torture.messages import RFC4475

NAT = Flow("UDP", "203.0.113.7", 6000, "198.51.100.1:5060", listener=1)
IPV6 = Flow("UDP", "2001:db8::1", 5060, "[2001:db8::2]:5060", listener=3)
BRANCH = "branch=z9hG4bKa"


def via(sent_by: str, parameters: str = BRANCH) -> str:
    return f"SIP/2.0/UDP {sent_by};{parameters}"


# -- the way back

WAYS_BACK = [
    pytest.param(UDP, via("192.0.2.1:5060"), "192.0.2.1", 5060, None, id="sent-by is the source"),
    pytest.param(UDP, via("192.0.2.1"), "192.0.2.1", 5060, None, id="a port left out is 5060"),
    pytest.param(
        NAT,
        via("192.0.2.1:7000"),
        "203.0.113.7",
        7000,
        {"received": "203.0.113.7"},
        id="3261-18.2.2-1: without rport the port of sent-by",
    ),
    pytest.param(
        NAT,
        via("192.0.2.1:7000", f"{BRANCH};rport"),
        "203.0.113.7",
        6000,
        {"received": "203.0.113.7", "rport": "6000"},
        id="3261-18.2.2-1, 3581-4-2: with rport the source",
    ),
    pytest.param(
        UDP,
        via("192.0.2.1:5060", f"{BRANCH};rport"),
        "192.0.2.1",
        5060,
        {"received": "192.0.2.1", "rport": "5060"},
        id="3581-4-1: received beside rport even when it is no news",
    ),
    pytest.param(
        NAT,
        via("192.0.2.1", f"{BRANCH};rport=9"),
        "203.0.113.7",
        6000,
        {"received": "203.0.113.7", "rport": "6000"},
        id="3581-3-2: a port that the peer wrote is not believed",
    ),
    pytest.param(
        NAT,
        via("192.0.2.1:7000", f"{BRANCH};received=198.18.0.1"),
        "203.0.113.7",
        7000,
        {"received": "203.0.113.7"},
        id="nor an address that it wrote",
    ),
    pytest.param(
        UDP,
        via("foo.invalid"),
        "192.0.2.1",
        5060,
        {"received": "192.0.2.1"},
        id="3261-18.2.1-1: sent-by is a name",
    ),
    pytest.param(
        UDP,
        via("192.0.2.1:7000", f"{BRANCH};maddr=233.252.0.1"),
        "233.252.0.1",
        7000,
        {"maddr": "233.252.0.1"},
        id="3261-18.2.2-1: maddr, with the port of sent-by",
    ),
    pytest.param(
        NAT,
        via("192.0.2.1:7000", f"{BRANCH};maddr=233.252.0.1;rport"),
        "233.252.0.1",
        7000,
        {"maddr": "233.252.0.1", "received": "203.0.113.7", "rport": "6000"},
        id="RFC 3581 section 4: maddr before rport",
    ),
    pytest.param(
        UDP,
        via("192.0.2.1", f"{BRANCH};maddr=[2001:db8::9]"),
        "2001:db8::9",
        5060,
        {"maddr": "[2001:db8::9]"},
        id="maddr in brackets",
    ),
    pytest.param(
        IPV6,
        via("[2001:db8::1]", f"{BRANCH};rport"),
        "2001:db8::1",
        5060,
        {"received": "2001:db8::1", "rport": "5060"},
        id="an IPv6 address",
    ),
]


@pytest.mark.parametrize("flow, row, host, port, parameters", WAYS_BACK)
def test_an_answer_finds_its_way_back(
    flow: Flow, row: str, host: str, port: int, parameters: dict[str, str | None] | None
) -> None:
    driven = Driven(answer_at_once)
    driven.receive(request(via=row), flow)
    _, way, payload = driven.sent[0]
    assert (way.host, way.port, way.listener) == (host, port, flow.listener)
    answered = a_response(payload).headers["via"]
    if parameters is None:
        assert answered == [row]
    else:
        assert Via.parse(answered[0]).parameters == {"branch": "z9hG4bKa", **parameters}


@pytest.mark.parametrize("transport", ["TCP", "TLS", "WS", "WSS"])
def test_a_request_on_a_connection_is_sent_once_and_names_its_transport(transport: str) -> None:
    """7118-5-2: a WebSocket is as reliable as TCP, and Via says WS or WSS."""
    driven = Driven()
    driven.request("NOTIFY", flow=msgspec.structs.replace(TCP, transport=transport))
    driven.wait(40)
    [(at, _, packet)] = driven.sent
    assert at == 0
    assert f"Via: SIP/2.0/{transport} ".encode() in packet
    assert driven.told == [(32.0, Failure.TIMED_OUT)]


def test_on_a_stream_the_answer_goes_by_the_same_connection() -> None:
    """3261-18.2.2-2: whatever Via says."""
    driven = Driven(answer_at_once)
    driven.receive(request(via="SIP/2.0/TCP elsewhere:9;branch=z9hG4bKa;maddr=233.252.0.1"), TCP)
    assert driven.sent[0][1] == TCP


def test_the_hops_before_the_last_are_answered_as_they_came() -> None:
    """3261-8.2.6.2-1: all Via, in order; only the topmost is stamped."""
    rows = ["SIP/2.0/UDP p.example.com;branch=z9hG4bKb , SIP/2.0/TCP  q;x", "SIP/2.0/UDP r"]
    driven = Driven(answer_at_once)
    driven.receive(request(rows={"Via": rows}))
    assert a_response(driven.sent[0][2]).headers["via"] == [
        "SIP/2.0/UDP p.example.com;branch=z9hG4bKb;received=192.0.2.1, SIP/2.0/TCP  q;x",
        "SIP/2.0/UDP r",
    ]


@pytest.mark.parametrize("value", [None, "", "nonsense", "SIP/2.0/UDP"])
def test_without_a_via_there_is_no_way_back(value: str | None) -> None:
    """3261-8.1.1-1: dropped."""
    driven = Driven(answer_at_once)
    with pytest.raises(Malformed):
        driven.receive(request(rows={"Via": value}))
    assert (driven.delivered, driven.sent) == ([], [])


def test_another_version_can_be_answered() -> None:
    """3261-21.5.6-1, with the Via of 4475-3.1.2.16-badvers."""
    driven = Driven(answer_at_once)
    driven.receive(RFC4475["badvers"])
    assert driven.delivered[0].request.fault == "version"
    assert a_response(driven.sent[0][2]).headers["via"][0].startswith("SIP/7.0/UDP c.example.com;")


# -- what belongs to which transaction


@pytest.mark.parametrize(
    "method, row, rows",
    [
        pytest.param("OPTIONS", via("192.0.2.1:5070"), {}, id="another port in sent-by"),
        pytest.param("OPTIONS", via("192.0.2.2:5060"), {}, id="another host in sent-by"),
        pytest.param("OPTIONS", via("192.0.2.1:5060", "branch=z9hG4bKb"), {}, id="another branch"),
        pytest.param("SUBSCRIBE", via("192.0.2.1:5060"), {}, id="another method"),
    ],
)
def test_another_name_is_another_transaction(method: str, row: str, rows: Rows) -> None:
    """3261-17.2.3-1: branch, sent-by and method name it."""
    driven = Driven(answer_at_once)
    driven.receive(request(via=via("192.0.2.1:5060")))
    driven.receive(request(method, via=row, rows=rows))
    assert len(driven.delivered) == 2


@pytest.mark.parametrize(
    "uri, rows",
    [
        pytest.param("sip:bob@example.com", {"CSeq": "2 OPTIONS"}, id="another number"),
        pytest.param("sip:carol@example.com", {"Call-ID": "c2"}, id="other headers"),
    ],
)
def test_the_branch_alone_names_it(uri: str, rows: Rows) -> None:
    """3261-17.2.3-1: whatever else differs, and in any case of sent-by."""
    driven = Driven(answer_at_once)
    driven.receive(request(via=via("Phone.example.com")))
    driven.receive(request(uri=uri, via=via("phone.EXAMPLE.com:5060"), rows=rows))
    assert len(driven.delivered) == 1
    assert driven.sent[0][2] == driven.sent[1][2]


OLD = "SIP/2.0/UDP 192.0.2.1"


@pytest.mark.parametrize("parameters", ["", ";branch=1", ";branch=z9hG4bK", ";branch="])
@pytest.mark.parametrize(
    "uri, changes, is_new",
    [
        pytest.param("sip:b@h", {}, False, id="the same again"),
        pytest.param("sip:c@h", {}, True, id="another Request-URI"),
        pytest.param("sip:b@h", {"Call-ID": "c2"}, True, id="another Call-ID"),
        pytest.param("sip:b@h", {"CSeq": "2 OPTIONS"}, True, id="another number"),
        pytest.param("sip:b@h", {"From": "<sip:a@h>;tag=2"}, True, id="another From tag"),
        pytest.param("sip:b@h", {"Via": f"{OLD};branch=2"}, True, id="another Via"),
        pytest.param("sip:b@h", {"Subject": "x"}, False, id="another header"),
    ],
)
def test_without_a_cookie_the_rules_of_rfc_2543_hold(
    parameters: str, uri: str, changes: Rows, *, is_new: bool
) -> None:
    """3261-17.2.3-2, and 4475-3.2.1-badbranch: the cookie alone names nothing."""
    driven = Driven(answer_at_once)
    row = OLD + parameters
    driven.receive(request(uri="sip:b@h", via=row))
    driven.receive(request(uri=uri, via=row, rows=changes))
    assert len(driven.delivered) == 1 + is_new


def test_without_a_cookie_an_ack_finds_its_invite() -> None:
    """3261-17.2.3-2."""
    driven = Driven()
    driven.receive(request("INVITE", via=OLD))
    driven.respond(405)
    driven.receive(request("ACK", via=OLD, rows={"To": "<sip:bob@example.com>;tag=x"}))
    driven.wait(60)
    assert driven.times == [0]


@pytest.mark.parametrize("row", [via("192.0.2.1:5060"), OLD])
@pytest.mark.parametrize("method", ["INVITE", "SUBSCRIBE"])
def test_a_cancel_finds_what_it_means(method: str, row: str) -> None:
    """3261-9.2-1: by the branch, or by RFC 2543; it is a transaction of its own."""
    driven = Driven()
    driven.receive(request(method, via=row))
    driven.receive(request("CANCEL", via=row))
    first, cancel = driven.delivered
    assert driven.endpoint.matching_server(cancel) is first.transaction
    driven.respond(200)
    assert driven.last.headers["cseq"] == ["1 CANCEL"]
    driven.respond(404, which=0)
    assert driven.last.headers["cseq"] == [f"1 {method}"]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(via("192.0.2.1:5060", "branch=z9hG4bKb"), id="another branch"),
        pytest.param(via("192.0.2.9:5060"), id="another sender"),
        pytest.param(OLD, id="no branch"),
    ],
)
def test_a_cancel_of_something_else_finds_nothing(row: str) -> None:
    """3261-9.2-1: answered 481."""
    driven = Driven()
    driven.receive(request("INVITE", via=via("192.0.2.1:5060")))
    driven.receive(request("CANCEL", via=row))
    assert driven.endpoint.matching_server(driven.delivered[1]) is None


def test_a_cancel_of_itself_finds_nothing() -> None:
    driven = Driven()
    driven.receive(request("CANCEL"))
    assert driven.endpoint.matching_server(driven.delivered[0]) is None


# -- merged requests

OTHER_WAY = via("192.0.2.1:5060", "branch=z9hG4bKb")


def is_last_merged(driven: Driven) -> bool:
    return driven.endpoint.is_merged(driven.delivered[-1])


@pytest.mark.parametrize(
    "changes, is_merged",
    [
        pytest.param({}, True, id="From tag, Call-ID and CSeq are the same"),
        pytest.param({"From": "<sip:alice@example.com>;tag=a2"}, False, id="another From tag"),
        pytest.param({"Call-ID": "c2"}, False, id="another Call-ID"),
        pytest.param({"CSeq": "2 OPTIONS"}, False, id="another number"),
    ],
)
def test_the_same_request_by_another_way_is_merged(changes: Rows, *, is_merged: bool) -> None:
    """3261-8.2.2.2-1: the second is refused (482), the first is not."""
    driven = Driven()
    driven.receive(request())
    assert not is_last_merged(driven)
    driven.receive(request(via=OTHER_WAY, rows=changes))
    assert is_last_merged(driven) is is_merged


def test_asked_again_the_first_is_still_the_first() -> None:
    driven = Driven()
    driven.receive(request())
    driven.receive(request(via=OTHER_WAY))
    for _ in range(2):
        assert [driven.endpoint.is_merged(each) for each in driven.delivered] == [False, True]


def test_while_the_first_lingers_the_second_is_merged_and_then_no_more() -> None:
    driven = Driven()
    driven.receive(request())
    assert not is_last_merged(driven)
    driven.respond(200)
    driven.wait(31)
    driven.receive(request(via=OTHER_WAY))
    assert is_last_merged(driven)
    driven.respond(482)
    driven.wait(2)
    driven.receive(request(via=via("192.0.2.1:5060", "branch=z9hG4bKc")))
    assert not is_last_merged(driven)


# -- answers


def tag(driven: Driven, which: int = -1) -> str | None:
    return Address.parse(a_response(driven.sent[which][2]).headers["to"][0]).tag


def test_all_answers_to_one_request_have_one_to_tag_but_100() -> None:
    """3261-8.2.6.2-1 and 3261-8.2.6.2-2."""
    driven = Driven()
    driven.receive(request("INVITE"))
    for status in (100, 180, 405):
        driven.respond(status)
    assert tag(driven, 0) is None
    assert tag(driven, 1) == tag(driven, 2) is not None


def test_a_server_that_has_forgotten_all_answers_with_the_same_tag() -> None:
    """3261-8.2.6.2-2 across a restart."""
    before, after = Driven(answer_at_once), Driven(answer_at_once)
    before.receive(request())
    after.receive(request())
    assert tag(before) == tag(after)


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(request("PUBLISH"), id="another method"),
        pytest.param(request(uri="sip:carol@example.com"), id="another Request-URI"),
        pytest.param(request(rows={"Call-ID": "c2"}), id="another Call-ID"),
        pytest.param(request(rows={"CSeq": "2 OPTIONS"}), id="another number"),
        pytest.param(request(via=OTHER_WAY), id="another branch"),
    ],
)
def test_another_request_has_another_tag(packet: bytes) -> None:
    """3261-19.3-1."""
    driven = Driven(answer_at_once)
    driven.receive(request())
    other = Driven(answer_at_once)
    other.receive(packet)
    assert tag(driven) != tag(other)


def test_a_stateless_answer_is_not_remembered_but_said_alike() -> None:
    """3261-8.2.7-1: thrice the same with the same tag; an ACK for it brings nothing."""

    def refuse(driven: Driven, incoming: object) -> None:
        driven.endpoint.respond_statelessly(
            driven.delivered[-1], 401, headers=[("WWW-Authenticate", "x")]
        )

    driven = Driven(refuse)
    for _ in range(3):
        driven.receive(request("INVITE"))
    driven.receive(request("ACK"))
    driven.wait(60)
    assert len(driven.delivered) == 3
    assert driven.times == [0, 0, 0]
    assert len({payload for _, _, payload in driven.sent}) == 1
    assert driven.last.headers["www-authenticate"] == ["x"]


def test_a_late_answer_to_what_is_forgotten_is_dropped() -> None:
    driven = Driven()
    driven.receive(request())
    driven.endpoint.respond_statelessly(driven.delivered[0], 401)
    driven.release()
    driven.respond(200)
    assert len(driven.sent) == 1


# -- requests of our own


def test_a_response_of_nobody_is_dropped() -> None:
    """6026-7.3-1: nothing comes of a stray."""
    driven = Driven()
    driven.receive(response(request(via="SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKx")))
    assert (driven.delivered, driven.sent, driven.told) == ([], [], [])


def test_a_response_to_us_without_a_cseq_is_malformed() -> None:
    driven = Driven()
    driven.request()
    with pytest.raises(Malformed):
        driven.receive(response(driven.sent[0][2], 200, {"CSeq": None}))


def test_two_requests_are_told_apart() -> None:
    """3261-17.1.3-1."""
    driven = Driven()
    driven.request()
    driven.request()
    driven.receive(response(driven.sent[1][2], 481))
    driven.wait(60)
    statuses = [getattr(answer, "status", answer) for _, answer in driven.told]
    assert statuses == [481, Failure.TIMED_OUT]


def test_an_answer_that_is_discarded_leaves_its_transaction_alone() -> None:
    driven = Driven()
    driven.receive(request())
    driven.is_held_back = True
    driven.respond(200)
    (_, _, transaction), *_ = driven.held_back
    assert transaction is not None
    driven.endpoint.discarded(transaction, driven.now)
    driven.held_back.clear()
    driven.is_held_back = False
    driven.receive(request())
    assert len(driven.delivered) == 1
    assert [payload[:11] for _, _, payload in driven.sent] == [b"SIP/2.0 200"]


def test_of_two_requests_with_one_name_that_never_leave_the_newer_is_told_of_it() -> None:
    driven = Driven()
    driven.is_held_back = True
    for _ in range(2):
        driven.request("NOTIFY", branch="same")
    for _, _, transaction in driven.held_back:
        assert transaction is not None
        driven.endpoint.discarded(transaction, driven.now)
    assert [answer for _, answer in driven.told] == [Failure.WITHDRAWN]
    assert driven.endpoint.kept == 0


def test_unanswered_requests_leave_no_trace_and_wait_for_few_lengths() -> None:
    driven = Driven(start=98765.4321)
    for _ in range(50):
        driven.request()
        driven.wait(0.1234567)
    driven.wait(40)
    assert len(driven.told) == 50
    assert len(driven.deadlines) == 0
    assert driven.deadlines.lengths == {0.5, 1.0, 2.0, 4.0}


# -- anything at all


@given(st.binary(max_size=60), st.integers(0, 400))
def test_any_bytes_raise_only_our_own_error(damage: bytes, place: int) -> None:
    driven = Driven(answer_at_once)
    packet = request()
    with suppress(Malformed):
        driven.receive(packet[:place] + damage + packet[place + len(damage) :])


STEPS = st.sampled_from(["request", "answer", "again", "ack", "wait", "lose", "hold", "release"])


@given(
    steps=st.lists(STEPS, max_size=25),
    method=st.sampled_from(["INVITE", "OPTIONS"]),
    is_tcp=st.booleans(),
)
def test_whatever_happens_everything_ends(steps: list[str], method: str, *, is_tcp: bool) -> None:
    flow = TCP if is_tcp else UDP
    driven = Driven(max_lingering=3)
    for number, step in enumerate(steps):
        match step:
            case "request":
                driven.receive(request(method, via=f"SIP/2.0/UDP h;branch=z9hG4bK{number}"), flow)
            case "again" if driven.delivered:
                row = driven.delivered[-1].request.headers["via"][0]
                driven.receive(request(method, via=row), flow)
            case "ack" if driven.delivered and method == "INVITE":
                row = driven.delivered[-1].request.headers["via"][0]
                driven.receive(request("ACK", via=row), flow)
            case "answer" if driven.delivered:
                driven.respond(404)
            case "lose" if driven.delivered:
                driven.endpoint.undeliverable(driven.delivered[-1].transaction, driven.now)
            case "wait":
                driven.wait(7)
            case _:
                driven.is_held_back = step == "hold"
                driven.release()
    driven.is_held_back = False
    for which in range(len(driven.delivered)):
        driven.respond(500, which=which)
    driven.release()
    driven.wait(200)
    assert len(driven.deadlines) == 0
    assert all(incoming.transaction.state.name == "TERMINATED" for incoming in driven.delivered)


# -- requests of others, passed on


def passing(driven: Driven) -> None:
    """Have a request of somebody else passed on."""
    driven.request(rows="Via: SIP/2.0/UDP 192.0.2.9\r\n", branch="x1")


def test_a_request_that_is_passed_on_has_the_branch_that_it_is_given() -> None:
    driven = Driven()
    passing(driven)
    assert a_request(driven.sent[0][2]).headers["via"] == [
        "SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKx1;rport",
        "SIP/2.0/UDP 192.0.2.9",
    ]


def test_the_answers_to_notifies_are_taken_out_of_a_burst_each_once() -> None:
    driven = Driven()
    for method in ("NOTIFY", "NOTIFY", "SUBSCRIBE"):
        driven.request(method)
    answers = [response(packet, 200, {"Content-Length": "0"}) for _, _, packet in driven.sent]
    burst = [(packet, UDP) for packet in (answers[0], request(), *answers)]
    senders, left = driven.endpoint.sort_out(burst)
    for told, subject in senders:
        told(subject, TAKEN, driven.now)
    assert left == [burst[1], burst[2], burst[4]]
    assert [getattr(answer, "status", None) for _, answer in driven.told] == [200, 200]
    assert driven.endpoint.kept == 1
    assert [each.state for each in driven.made[:2]] == [State.TERMINATED] * 2
    driven.wait(60)  # neither is sent again, nor given up
    assert {packet for _, _, packet in driven.sent[3:]} == {driven.sent[2][2]}
    assert driven.told[2:] == [(32.0, Failure.TIMED_OUT)]


@pytest.mark.parametrize("status", [200, 480])
def test_its_answer_is_told_whole(status: int) -> None:
    """Even that to a NOTIFY, of which a glance says nothing but that it came."""
    driven = Driven()
    passing(driven)
    driven.receive(response(driven.sent[0][2], status, {"X-New": "y", "Content-Length": "0"}))
    [(_, answer)] = driven.told
    assert isinstance(answer, Response)
    assert (answer.status, answer.headers["x-new"], len(answer.headers["via"])) == (
        status,
        ["y"],
        2,
    )


@pytest.mark.parametrize("vias", [1, 2], ids=["one too few", "one too many"])
def test_an_answer_with_another_number_of_vias_is_dropped(vias: int) -> None:
    """3261-8.1.3.3-1: more than one is not for us; and 16.7 step 3: only one is not for others."""
    driven = Driven()
    if vias == 1:
        passing(driven)
    else:
        driven.request()
    first = a_request(driven.sent[0][2]).headers["via"][0]
    rows = [first, "SIP/2.0/UDP 192.0.2.9"][:vias]
    with pytest.raises(Malformed):
        driven.receive(response(driven.sent[0][2], rows={"Via": rows, "Content-Length": "0"}))
    assert not driven.told


def test_a_request_can_be_answered_with_the_words_of_others() -> None:
    driven = Driven()
    driven.receive(request())
    driven.endpoint.respond_with(driven.delivered[0], 404, b"SIP/2.0 404 Gone\r\n\r\n", driven.now)
    driven.release()
    driven.receive(request())
    driven.endpoint.respond_with(driven.delivered[0], 200, b"SIP/2.0 200 OK\r\n\r\n", driven.now)
    driven.release()
    assert [packet for _, _, packet in driven.sent] == [b"SIP/2.0 404 Gone\r\n\r\n"] * 2


def test_a_request_can_be_left_unanswered() -> None:
    """4320-4.2-1: its transaction is forgotten, and nothing is ever said."""
    driven = Driven()
    driven.receive(request())
    driven.endpoint.leave_unanswered(driven.delivered[0])
    driven.respond(200)
    assert not driven.sent
    driven.receive(request())
    assert len(driven.delivered) == 2
    driven.respond(200)
    driven.endpoint.leave_unanswered(driven.delivered[1])
    driven.receive(request())
    assert len(driven.sent) == 2, "an answer that was given is not taken back"


def test_a_seal_stands_for_its_text_alone() -> None:
    endpoint = Driven().endpoint
    assert endpoint.seal("a") == endpoint.seal("a") != endpoint.seal("b")


# -- calls


def ringing(flow: Flow = UDP) -> Driven:
    """An INVITE of ours, passed on for somebody else, that something was answered to."""
    driven = Driven()
    via = "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKhis\r\n"
    driven.request("INVITE", flow, rows=f"Route: <sip:r1;lr>, <sip:r2;lr>\r\n{via}", branch="b")
    driven.receive(response(driven.sent[0][2], 180, {"Content-Length": "0"}), flow)
    return driven


@pytest.mark.parametrize("flow", [UDP, TCP], ids=["UDP", "TCP"])
def test_a_cancel_goes_as_far_as_the_invite(flow: Flow) -> None:
    """3261-16.6-4; section 9.1: its branch, its Route, its number, and none of the others' Vias."""
    driven = ringing(flow)
    (invite,) = (a_request(packet) for _, _, packet in driven.sent)
    transaction = driven.made[0]
    driven.endpoint.cancel(transaction, "SIP;cause=200")
    driven.release()
    _, way, packet = driven.sent[-1]
    cancel = a_request(packet)
    assert way == flow
    assert (cancel.method, cancel.uri, cancel.body) == ("CANCEL", "sip:them@h", b"")
    assert cancel.headers["via"] == invite.headers["via"][:1]
    assert cancel.headers["cseq"] == ["1 CANCEL"]
    assert cancel.headers["reason"] == ["SIP;cause=200"]
    for name in ("route", "from", "to", "call-id"):
        assert cancel.values(name) == invite.values(name)
    driven.receive(response(packet), flow)
    driven.receive(response(driven.sent[0][2], 487, {"Content-Length": "0"}), flow)
    assert [getattr(answer, "status", None) for _, answer in driven.told] == [180, 487]


def test_a_cancel_is_repeated_like_any_request() -> None:
    """17.1.2.2: Timers E and F are its own, and nobody is told of its end."""
    driven = ringing()
    transaction = driven.made[0]
    driven.endpoint.cancel(transaction)
    driven.release()
    driven.wait(60)
    assert driven.times[1:] == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert len(driven.told) == 1


def test_what_has_ended_is_not_cancelled() -> None:
    driven = ringing()
    transaction = driven.made[0]
    driven.endpoint.abandon(transaction)
    driven.endpoint.cancel(transaction)
    assert not driven.endpoint.outbox
    assert driven.endpoint.kept == 0


def test_a_cancel_whose_turn_fails_is_not_missed() -> None:
    driven = ringing()
    invite = driven.made[0]
    driven.endpoint.cancel(invite)
    ((_, _, cancel),) = driven.endpoint.outbox
    assert cancel is not None
    driven.endpoint.discarded(cancel, driven.now)
    assert driven.endpoint.kept == 1


def test_what_is_abandoned_finds_nobody_any_more() -> None:
    """6026-7.3-1: whatever comes."""
    driven = ringing()
    transaction = driven.made[0]
    driven.endpoint.abandon(transaction)
    driven.receive(response(driven.sent[0][2], 200, {"Content-Length": "0"}))
    driven.wait(60)
    assert len(driven.told) == 1


def acknowledged(driven: Driven) -> list[Incoming]:
    taken: list[Incoming] = []
    driven.endpoint.take_ack = lambda incoming, _now: taken.append(incoming)
    return taken


@pytest.mark.parametrize("row", [via("192.0.2.1:5060", "branch=z9hG4bKack"), OLD])
def test_the_ack_of_a_2xx_is_for_whoever_passes_it_on(row: str) -> None:
    """RFC 6026 section 8.5: by the branch it has none to belong to; by RFC 2543 it may."""
    driven = Driven()
    taken = acknowledged(driven)
    driven.receive(request("INVITE", via=OLD))
    driven.respond(200)
    driven.receive(request("ACK", via=row, rows={"To": "<sip:bob@example.com>;tag=x"}))
    assert [each.request.method for each in taken] == ["ACK"]
    assert len(driven.delivered) == 1
    assert driven.endpoint.kept == 1


def test_the_ack_of_a_refusal_is_for_nobody_else() -> None:
    driven = Driven()
    taken = acknowledged(driven)
    driven.receive(request("INVITE"))
    driven.respond(486)
    driven.receive(request("ACK"))
    driven.receive(request("ACK"))
    assert not taken


def test_an_ack_that_is_too_long_is_dropped() -> None:
    """Nobody answers an ACK."""
    driven = Driven()
    taken = acknowledged(driven)
    driven.receive(request("ACK", rows={"X": "x" * 20_000}))
    assert (taken, driven.sent) == ([], [])
