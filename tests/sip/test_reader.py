from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.sip import reader
from hereabouts.sip.admission import check_grammar
from hereabouts.sip.headers.address import Address, parse_addresses
from hereabouts.sip.headers.via import Via
from hereabouts.sip.message import COMPACT, MAX_HEADER_ROWS, write_request
from hereabouts.sip.reader import SINGLE, read
from hereabouts.sip.uri import SipUri
from tests.native.ways import WAYS, Way
from tests.sip.packets import a_request, a_response, request, response
from tests.torture.messages import RFC4475


@pytest.fixture(params=WAYS, scope="module", autouse=True)
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if request.param is Way.PYTHON:
            patch.setattr(reader, "_scan", None)
        yield


def test_a_request_is_read() -> None:
    message = a_request(request("MESSAGE", "sip:bob@h", {"Subject": "x"}, body=b"abc\r\n\r\n"))
    assert (message.method, message.uri, message.body) == ("MESSAGE", "sip:bob@h", b"abc\r\n\r\n")
    assert message.fault is None
    assert message.headers["subject"] == ["x"]
    assert message.rows[0] == "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa"


def test_a_response_is_read() -> None:
    message = a_response(response(request(), 480, {"Retry-After": "5"}))
    assert (message.status, message.reason) == (480, "Whatever")
    assert message.headers["retry-after"] == ["5"]


@pytest.mark.parametrize(
    "old, new",
    [
        pytest.param("Subject: x", "Subject   :   x", id="3261-7.3.1-2: spaces at the colon"),
        pytest.param("Subject: x", "Subject\t:\tx\t", id="3261-7.3.1-2: tabs at the colon"),
        pytest.param("Subject: x", "sUBJECT:x", id="3261-7.3.1-3: names have no case"),
        pytest.param("Subject: x", "s: x", id="3261-7.3.3-1: the compact name"),
        pytest.param("Subject: x", "S: x", id="3261-7.3.3-1: in capitals"),
        pytest.param("Subject: x", "Subject:\r\n x", id="3261-7.3.1-1: folded with a space"),
        pytest.param("Subject: x", "Subject: \t\r\n\t x", id="3261-7.3.1-1: folded with a tab"),
        pytest.param("Subject: x", "Subject: x\r\n ", id="3261-7.3.1-1: folded to nothing"),
        pytest.param("SIP/2.0\r\n", "sip/2.0\r\n", id="3261-7.1-1: the version has no case"),
        pytest.param("OPTIONS sip:b", "\r\n\r\nOPTIONS sip:b", id="3261-7.5-1: line breaks first"),
    ],
)
def test_spellings_of_the_same_message(old: str, new: str) -> None:
    packet = request(rows={"Subject": "x"}, body=b"body")
    assert old.encode() in packet
    message = a_request(packet.replace(old.encode(), new.encode(), 1))
    assert message.headers == a_request(packet).headers
    assert (message.fault, message.body) == (None, b"body")


def test_a_fold_within_a_value_is_one_space() -> None:
    """3261-7.3.1-1: folded lines equal one space."""
    message = a_request(request(rows={"Subject": "a  \r\n\t b\r\n  c"}))
    assert message.headers["subject"] == ["a b c"]


@pytest.mark.parametrize("compact", "iemlcfsktvou")
def test_compact_names_are_understood(compact: str) -> None:
    """3261-7.3.3-1: RFC 3261's, and those of RFC 6665."""
    message = a_request(f"X sip:h SIP/2.0\r\n{compact}: 0\r\n\r\n".encode())
    assert list(message.headers) == [COMPACT[compact]]


def test_rows_of_one_header_keep_their_order_under_all_its_names() -> None:
    """3261-7.3.1-6 and 3261-7.3.3-2."""
    packet = b"X sip:h SIP/2.0\r\nVia: 1\r\nv: 2\r\nVIA : 3\r\n\r\n"
    assert a_request(packet).headers["via"] == ["1", "2", "3"]


def test_unknown_headers_are_left_alone() -> None:
    """3261-8.2.2-1: also where they would be malformed if anybody knew them."""
    rows = {"X-Foo": ";;,,;;", "Date": "nonsense"}
    message = a_request(request(rows=rows))
    assert message.fault is None
    assert message.headers["x-foo"] == [";;,,;;"]


@pytest.mark.parametrize(
    "packet, body",
    [
        pytest.param(request(body=b"abcdef"), b"abcdef", id="as long as it says"),
        pytest.param(request(rows={"Content-Length": "3"}, body=b"abcdef"), b"abc", id="18.3-1"),
        pytest.param(request(rows={"Content-Length": None}, body=b"abc"), b"abc", id="18.3-3"),
        pytest.param(
            request(rows={"Content-Length": ["3", "3"]}, body=b"abc"), b"abc", id="said twice"
        ),
        pytest.param(request(rows={"Content-Length": "0003"}, body=b"abc"), b"abc", id="zeros"),
    ],
)
def test_the_body_ends_where_it_should(packet: bytes, body: bytes) -> None:
    """3261-18.3-1, 3261-18.3-3: what follows Content-Length is dropped; without, to the end."""
    message = a_request(packet)
    assert (message.fault, message.body) == (None, body)


FAULTS = [
    pytest.param(request().replace(b"\r\n\r\n", b""), "empty line", id="3261-7-2"),
    pytest.param(request().replace(b"\r\n\r\n", b"\r\n"), "not a header", id="3261-7-2: nearly"),
    pytest.param(request(rows={"Content-Length": "9"}), "shorter", id="3261-18.3-2"),
    pytest.param(request(rows={"Content-Length": "five"}), "number", id="3261-20.14-1: a word"),
    pytest.param(request(rows={"Content-Length": "-1"}), "number", id="3261-20.14-1: negative"),
    pytest.param(request(rows={"Content-Length": ""}), "number", id="3261-20.14-1: empty"),
    pytest.param(request(rows={"Content-Length": "9" * 5000}), "number", id="too many digits"),
    pytest.param(
        request(rows={"Content-Length": ["13", "5"]}, body=b"x" * 13), "once", id="RFC 4475 3.3.9"
    ),
    pytest.param(request(rows={"Max-Forwards": ["70", "5"]}), "once", id="RFC 4475 3.3.8"),
    pytest.param(request().replace(b"Call-ID", b"f"), "once", id="once under two names"),
    pytest.param(request().replace(b"To:", b"To"), "not a header", id="a row without a colon"),
    pytest.param(request().replace(b"To:", b"T o:"), "not a header", id="a space in a name"),
    pytest.param(request().replace(b"To:", b":"), "not a header", id="no name"),
    pytest.param(request().replace(b"c1\r\n", b"c1\n"), "CRLF", id="3261-7-1: a lone LF"),
    pytest.param(request().replace(b"c1\r\n", b"c\r1\r\n"), "CRLF", id="3261-7-1: a lone CR"),
    pytest.param(request().replace(b"SIP/2.0\r\n", b"SIP/3.0\r\n"), "version", id="3261-21.5.6-1"),
    pytest.param(request(uri="<sip:bob@h>"), "Request-URI", id="3261-7.1-2: brackets"),
    pytest.param(request(uri="sip:bob@h; lr"), "Request-URI", id="3261-7.1-2: a space"),
    pytest.param(request(uri="sip:bob@h;\tlr"), "Request-URI", id="3261-7.1-2: a tab"),
    pytest.param(request(uri=" sip:bob@h "), "Request-URI", id="two spaces"),
    pytest.param(request(uri=""), "Request-URI", id="no URI"),
    pytest.param(request().replace(b"/2.0\r\n", b"/2.0 \r\n"), "space", id="a space at the end"),
    pytest.param(
        request(rows={f"X-{n}": "" for n in range(MAX_HEADER_ROWS)}), "many", id="too many rows"
    ),
]


@pytest.mark.parametrize("packet, fault", FAULTS)
def test_what_is_wrong_with_a_request_is_said(packet: bytes, fault: str) -> None:
    said = a_request(packet).fault
    assert said is not None
    assert fault in said


def test_a_request_of_too_many_rows_keeps_those_that_it_is_answered_by() -> None:
    rows = {f"X-{n}": "" for n in range(MAX_HEADER_ROWS)}
    found = a_request(request(rows=rows)).headers
    assert {"via", "from", "to", "call-id", "cseq"} <= found.keys()
    assert len(found) < MAX_HEADER_ROWS


@pytest.mark.parametrize("name", sorted(SINGLE))
def test_headers_that_we_act_on_come_once(name: str) -> None:
    assert a_request(f"X sip:h SIP/2.0\r\n{name}: 0\r\n{name}: 1\r\n\r\n".encode()).fault


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\r\n\r\n", id="a ping"),
        pytest.param(b"\0\1\0\0\x21\x12\xa4\x42", id="a STUN request"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="HTTP"),
        pytest.param(b"OPTIONS\r\n\r\n", id="a method alone"),
        pytest.param(b"OPTIONS sip:h\r\n\r\n", id="no version"),
        pytest.param(b"OPTIONS sip:h SIP/2\r\n\r\n", id="half a version"),
        pytest.param(b"OPT(IONS sip:h SIP/2.0\r\n\r\n", id="a method that is no token"),
        pytest.param("OPTIONS sip:h \u017fIP/2.0\r\n\r\n".encode(), id="an s only in capitals"),
        pytest.param(b"SIP/2.0\r\n\r\n", id="a version alone"),
        pytest.param(b"SIP/2.0 OK\r\n\r\n", id="a response without status"),
        pytest.param(b"SIP/3.0 200 OK\r\n\r\n", id="3261-21.5.6-1: a response of another version"),
        pytest.param(b"SIP/2.0 099 X\r\n\r\n", id="3261-8.1.3.2-1: a status below 100"),
        pytest.param(b"SIP/2.0 700 X\r\n\r\n", id="3261-8.1.3.2-1: a status above 699"),
        pytest.param(b"SIP/2.0 2000 X\r\n\r\n", id="a status of four digits"),
        pytest.param("SIP/2.0 2\u066600 X\r\n\r\n".encode(), id="a digit of another script"),
        pytest.param(response(request(), 200, {"Content-Length": "999"}), id="3261-18.3-2"),
        pytest.param(response(request()).replace(b"To:", b"To"), id="a response with a fault"),
    ],
)
def test_what_cannot_be_answered_is_malformed(packet: bytes) -> None:
    with pytest.raises(Malformed):
        read(packet)


@pytest.mark.parametrize(
    "line, reason",
    [
        pytest.param(b"SIP/2.0 100 ", "", id="RFC 4475 3.1.1.13: an empty reason"),
        pytest.param(b"SIP/2.0 100", "", id="not even the space"),
        pytest.param(b"sip/2.0 299 A  B", "A  B", id="a status nobody knows"),
        pytest.param(
            b"SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe",
            "= 2**3 * 5**2 \u043d\u043e",
            id="3261-25.1-2, RFC 4475 3.1.1.12",
        ),
    ],
)
def test_any_reason_will_do(line: bytes, reason: str) -> None:
    assert a_response(line + b"\r\n\r\n").reason == reason


TOKENS = st.from_regex(r"[A-Za-z0-9\-.!%*_+`'~]{1,12}", fullmatch=True)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)
PACKETS = st.builds(
    write_request,
    TOKENS,
    st.from_regex(r"[!-;=?-~]{1,20}", fullmatch=True),
    st.lists(st.tuples(TOKENS.filter(lambda name: name not in "lL"), VALUES), max_size=8),
    st.binary(max_size=20),
)


@given(PACKETS)
def test_the_rows_of_a_message_are_the_message(packet: bytes) -> None:
    message = read(packet)
    head = "\r\n".join(message.rows).encode("utf-8", "surrogateescape")
    start = packet.partition(b"\r\n")[0]
    assert start + b"\r\n" + head + b"\r\n\r\n" + message.body == packet


@given(
    st.binary()
    | st.binary().map(b"X sip:h SIP/2.0\r\n".__add__)
    | st.binary().map(b"SIP/2.0 200 \r\n".__add__)
)
def test_any_bytes_raise_only_our_own_error(packet: bytes) -> None:
    with suppress(Malformed):
        read(packet)


@given(st.integers(0, len(request()) - 1), st.binary(max_size=3))
def test_a_damaged_request_raises_only_our_own_error(place: int, damage: bytes) -> None:
    packet = request()
    with suppress(Malformed):
        read(packet[:place] + damage + packet[place + len(damage) :])


def test_a_datagram_full_of_spaces_is_unfolded_in_one_pass() -> None:
    # Anything but one pass would keep this test busy for a long time.
    packet = request(rows={"Subject": f"a{' ' * 500_000}b\r\n c"})
    assert len(a_request(packet).headers["subject"][0]) == 500_000 + 4


# -- torture messages of RFC 4475: what the reader says to each

ACCEPTED = [
    pytest.param("wsinv", id="4475-3.1.1.1-wsinv: folds and spaces everywhere"),
    pytest.param("intmeth", id="4475-3.1.1.2-intmeth: unusual characters"),
    pytest.param("esc01", id="4475-3.1.1.3-esc01: escapes"),
    pytest.param("lwsdisp", id="4475-3.1.1.6-lwsdisp: no space before the bracket"),
    pytest.param("longreq", id="4475-3.1.1.7-longreq: long values"),
    pytest.param("dblreq", id="4475-3.1.1.8-dblreq: octets after the body"),
    pytest.param("semiuri", id="4475-3.1.1.9-semiuri: a semicolon in the user part"),
    pytest.param("escruri", id="4475-3.1.2.11-escruri: headers in the URI, which we ignore"),
    pytest.param("baddate", id="4475-3.1.2.12-baddate: a Date that we do not need"),
    pytest.param("regbadct", id="4475-3.1.2.13-regbadct: a Contact for the registrar to refuse"),
    pytest.param("badaspec", id="4475-3.1.2.14-badaspec: spaces around a URI, which we ignore"),
    pytest.param("badbranch", id="4475-3.2.1-badbranch: a branch for the endpoint to judge"),
    pytest.param("escnull", id="4475-3.1.1.4-escnull: escaped nulls"),
    pytest.param("esc02", id="4475-3.1.1.5-esc02: % that escapes nothing"),
    pytest.param("transports", id="4475-3.1.1.10-transports: transports nobody has"),
    pytest.param("mpart01", id="4475-3.1.1.11-mpart01: octets of any kind in the body"),
    pytest.param("unkscm", id="4475-3.3.2-unkscm: a scheme for the server to refuse"),
    pytest.param("novelsc", id="4475-3.3.3-novelsc: another"),
    pytest.param("unksm2", id="4475-3.3.4-unksm2: the same in To and Contact"),
    pytest.param("bext01", id="4475-3.3.5-bext01: extensions for the server to refuse"),
    pytest.param("invut", id="4475-3.3.6-invut: a body of a type that nobody knows"),
    pytest.param("regaut01", id="4475-3.3.7-regaut01: credentials of a scheme nobody knows"),
    pytest.param("zeromf", id="4475-3.3.11-zeromf: no hops left"),
    pytest.param("cparam01", id="4475-3.3.12-cparam01: a parameter of the Contact"),
    pytest.param("cparam02", id="4475-3.3.13-cparam02: a parameter of its URI"),
    pytest.param("regescrt", id="4475-3.3.14-regescrt: a header in its URI"),
    pytest.param("sdp01", id="4475-3.3.15-sdp01: an Accept for the server to refuse"),
    pytest.param("inv2543", id="4475-3.4.1-inv2543: neither branch nor From tag nor length"),
]

REFUSED = [
    pytest.param("badinv01", "is not a Via", id="4475-3.1.2.1-badinv01: commas of nothing"),
    pytest.param("clerr", "shorter", id="4475-3.1.2.2-clerr: a body that does not end"),
    pytest.param("ncl", "not a number", id="4475-3.1.2.3-ncl: a negative length"),
    pytest.param("scalar02", "CSeq is 2", id="4475-3.1.2.4-scalar02: numbers too large"),
    pytest.param("quotbal", "not an address", id="4475-3.1.2.6-quotbal: quotes that do not end"),
    pytest.param("ltgtruri", "Request-URI", id="4475-3.1.2.7-ltgtruri: brackets"),
    pytest.param("lwsruri", "Request-URI", id="4475-3.1.2.8-lwsruri: a space in the URI"),
    pytest.param("lwsstart", "Request-URI", id="4475-3.1.2.9-lwsstart: two spaces"),
    pytest.param("trws", "space", id="4475-3.1.2.10-trws: spaces at the end"),
    pytest.param("baddn", "not a header", id="4475-3.1.2.15-baddn: without the empty line"),
    pytest.param("badvers", "^$", id="4475-3.1.2.16-badvers: another version"),
    pytest.param("mismatch01", "method in CSeq", id="4475-3.1.2.17-mismatch01"),
    pytest.param("mismatch02", "method in CSeq", id="4475-3.1.2.18-mismatch02"),
    pytest.param("insuf", "is missing", id="4475-3.3.1-insuf: no Call-ID, From and To"),
    pytest.param("multi01", "more than once", id="4475-3.3.8-multi01: headers there twice"),
    pytest.param("mcl01", "more than once", id="4475-3.3.9-mcl01: two lengths"),
]


@pytest.mark.parametrize("name", ACCEPTED)
def test_torture_that_is_accepted(name: str) -> None:
    message = a_request(RFC4475[name])
    assert message.fault is None
    check_grammar(message)
    Via.parse(message.values("via")[0])


@pytest.mark.parametrize("name, why", REFUSED)
def test_torture_that_is_read_to_be_refused(name: str, why: str) -> None:
    with pytest.raises(Refusal, match=why) as refusal:
        check_grammar(a_request(RFC4475[name]))
    assert refusal.value.status == (505 if name == "badvers" else 400)


def test_a_comma_in_a_name_without_quotes_is_no_address() -> None:
    """4475-3.1.2.15-baddn, with the empty line that the archive's lacks."""
    with pytest.raises(Refusal, match="not an address"):
        check_grammar(a_request(RFC4475["baddn"] + b"\r\n"))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("bigcode", id="4475-3.1.2.19-bigcode: a status beyond all numbers"),
        pytest.param("test", id="4475-x-test: no version in the first line"),
    ],
)
def test_torture_that_is_malformed(name: str) -> None:
    with pytest.raises(Malformed):
        read(RFC4475[name])


@pytest.mark.parametrize(
    "name, reason",
    [
        pytest.param(
            "unreason",
            "= 2**3 * 5**2 \u043d\u043e \u0441\u0442\u043e \u0434\u0435\u0432\u044f\u043d\u043e"
            "\u0441\u0442\u043e \u0434\u0435\u0432\u044f\u0442\u044c - \u043f\u0440\u043e\u0441"
            "\u0442\u043e\u0435",
            id="4475-3.1.1.12-unreason: a reason in UTF-8",
        ),
        pytest.param("noreason", "", id="4475-3.1.1.13-noreason: none"),
        pytest.param("bcast", "OK", id="4475-3.3.10-bcast: a Via that is everybody's"),
    ],
)
def test_torture_that_is_a_response(name: str, reason: str) -> None:
    message = a_response(RFC4475[name])
    assert (message.reason, message.cseq) == (reason, (35, "INVITE"))


def test_scalarlg_is_dropped_for_its_cseq() -> None:
    """4475-3.1.2.5-scalarlg: the rest of it need not be understood."""
    with pytest.raises(Malformed):
        _ = a_response(RFC4475["scalarlg"]).cseq


def test_what_wsinv_says_is_understood() -> None:
    """4475-3.1.1.1-wsinv."""
    message = a_request(RFC4475["wsinv"])
    assert message.cseq == (9, "INVITE")
    assert [str(Via.parse(value)) for value in message.values("via")] == [
        "SIP/2.0/UDP 192.0.2.2;branch=390skdjuw",
        "SIP/2.0/TCP spindle.example.com;branch=z9hG4bK9ikj8",
        "SIP/2.0/UDP 192.168.255.111;branch=z9hG4bK30239",
    ]
    assert Address.parse(message.headers["to"][0]).tag == "1918181833n"
    assert Address.parse(message.headers["from"][0]).tag == "98asjd8"
    (contact,) = parse_addresses(message.headers["contact"])
    assert contact.parameters == {"newparam": "newvalue", "secondparam": None, "q": "0.33"}
    assert message.headers["subject"] == [""]
    assert message.headers["newfangledheader"] == ["newfangled value continued newfangled value"]
    assert len(message.body) == 150


def test_what_intmeth_says_is_understood() -> None:
    """4475-3.1.1.2-intmeth."""
    message = a_request(RFC4475["intmeth"])
    uri = SipUri.parse(message.uri)
    assert uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    assert uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    assert message.cseq == (139122385, "!interesting-Method0123456789_*+`.%indeed'~")
    assert Address.parse(message.headers["from"][0]).tag == "_token~1'+`*%!-."
    assert Address.parse(message.headers["to"][0]).uri.endswith(";;*@example.com")


def test_what_esc01_says_is_understood() -> None:
    """4475-3.1.1.3-esc01 and 3261-19.1.2-1: escapes are undone once."""
    message = a_request(RFC4475["esc01"])
    assert SipUri.parse(message.uri).user == "sips%3Auser%40example.com"
    to = Address.parse(message.headers["to"][0]).sip_uri
    assert to.address_of_record == "sip:user@example.com"
    contact = parse_addresses(message.headers["contact"])[0].sip_uri
    assert contact.equals(SipUri.parse("sip:caller@host5.example.net;lr;name=value%2541"))
    assert not contact.equals(SipUri.parse("sip:caller@host5.example.net;lr;name=valueA"))


def test_dblreq_is_one_request() -> None:
    """4475-3.1.1.8-dblreq and 3261-18.3-1."""
    message = a_request(RFC4475["dblreq"])
    assert (message.method, message.body) == ("REGISTER", b"")


def test_longreq_is_whole() -> None:
    """4475-3.1.1.7-longreq."""
    message = a_request(RFC4475["longreq"])
    assert len(message.headers["via"]) == 34
    assert len(Address.parse(message.headers["from"][0]).tag or "") == 155
