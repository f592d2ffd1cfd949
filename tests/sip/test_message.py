from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Malformed
from hereabouts.sip.message import Request, reason_phrase, write_request, write_response
from tests.sip.packets import Rows, a_request, a_response, request


@pytest.mark.parametrize(
    "value, cseq",
    [
        pytest.param("1 OPTIONS", (1, "OPTIONS"), id="the usual"),
        pytest.param("0009   INVITE", (9, "INVITE"), id="RFC 4475 3.1.1.1: zeros and spaces"),
        pytest.param("1\tOPTIONS", (1, "OPTIONS"), id="a tab between them"),
        pytest.param("0 OPTIONS", (0, "OPTIONS"), id="nothing is below it"),
        pytest.param("2147483647 X", (2**31 - 1, "X"), id="3261-8.1.1.5-1: the highest"),
    ],
)
def test_a_cseq_is_read(value: str, cseq: tuple[int, str]) -> None:
    assert a_request(request(rows={"CSeq": value})).cseq == cseq


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(None, id="there is none"),
        pytest.param("", id="it is empty"),
        pytest.param("1", id="no method"),
        pytest.param("OPTIONS", id="no number"),
        pytest.param("OPTIONS 1", id="the wrong way round"),
        pytest.param("1 OPTIONS X", id="three words"),
        pytest.param("-1 X", id="3261-8.1.1.5-1: negative"),
        pytest.param("1.5 X", id="a fraction"),
        pytest.param("\u0665 X", id="a digit of another script"),
        pytest.param("2147483648 X", id="2**31"),
        pytest.param("4294967296 X", id="3261-8.1.1.5-1: 2**32"),
        pytest.param("36893488147419103232 REGISTER", id="RFC 4475 3.1.2.4"),
        pytest.param("9" * 5000 + " X", id="more digits than Python converts"),
    ],
)
def test_an_odd_cseq_is_refused(value: str | None) -> None:
    with pytest.raises(Malformed):
        _ = a_request(request(rows={"CSeq": value})).cseq


@given(st.text(st.characters(codec="ascii", exclude_characters="\r\n")))
def test_any_cseq_raises_only_our_own_error(value: str) -> None:
    with suppress(Malformed):
        _ = Request("X", "sip:h", [], {"cseq": [value]}, b"").cseq


def test_values_come_in_comma_lists_and_rows() -> None:
    """3261-7.3.1-5 and 3261-7.3.1-6: in any mix, and in order."""
    message = a_request(request(rows={"Accept": ["a/1, a/2", "", "a/3"]}))
    assert message.values("accept") == ["a/1", "a/2", "a/3"]
    assert message.values("contact") == []
    assert message.first("accept") == "a/1, a/2"
    assert message.first("contact") is None


def test_without_call_id_it_is_empty() -> None:
    assert a_request(request(rows={"Call-ID": None})).call_id == ""


def test_a_response_copies_what_names_the_request() -> None:
    """3261-8.2.6.2-1: Via in order, From, Call-ID and CSeq byte for byte; the length is added."""
    vias = ["SIP/2.0/UDP a ;branch=1 , SIP/2.0/TCP b", "SIP/2.0/UDP c;x=y"]
    rows: Rows = {
        "Via": vias,
        "From": '"J \\\\\\" R\u00e4" <sip:a@h> ; tag = 1',
        "Call-ID": "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{",
        "CSeq": "0001  OPTIONS",
    }
    asked = a_request(request(rows=rows))
    packet = write_response(asked, 200, to_tag="t", headers=[("Allow", "X")], body=b"abc")
    answer = a_response(packet)
    assert (answer.status, answer.reason, answer.body) == (200, "OK", b"abc")
    assert answer.headers["via"] == vias
    for name in ("from", "call-id", "cseq"):
        assert answer.headers[name] == asked.headers[name]
    assert answer.headers["allow"] == ["X"]
    assert answer.headers["content-length"] == ["3"]
    assert packet.startswith(b"SIP/2.0 200 OK\r\n")


@pytest.mark.parametrize(
    "to, answered",
    [
        pytest.param("<sip:b@h>", "<sip:b@h>;tag=T", id="none yet"),
        pytest.param("sip:b@h;x=1", "sip:b@h;x=1;tag=T", id="a bare URI with parameters"),
        pytest.param("<sip:b@h>;tag=1", "<sip:b@h>;tag=1", id="one already"),
        pytest.param("sip:b@h ;   Tag    = 1", "sip:b@h ;   Tag    = 1", id="one behind spaces"),
        pytest.param("<sip:b@h;tag=1>", "<sip:b@h;tag=1>;tag=T", id="one that is the URI's"),
        pytest.param('";tag=1" <sip:b@h>', '";tag=1" <sip:b@h>;tag=T', id="one that is a name"),
        pytest.param("<sip:b@h>;tagged=1", "<sip:b@h>;tagged=1;tag=T", id="another parameter"),
    ],
)
def test_a_response_has_one_to_tag(to: str, answered: str) -> None:
    """3261-8.2.6.2-1: added if there was none."""
    asked = a_request(request(rows={"To": to}))
    assert a_response(write_response(asked, 200, to_tag="T")).headers["to"] == [answered]


def test_a_response_without_a_tag_of_ours_leaves_to_alone() -> None:
    """3261-8.2.6.2-1: not in a 100."""
    asked = a_request(request())
    assert a_response(write_response(asked, 100)).headers["to"] == ["<sip:bob@example.com>"]


@pytest.mark.parametrize("status, timestamp", [(100, ["54"]), (200, None)])
def test_a_100_tells_when_it_was_asked(status: int, timestamp: list[str] | None) -> None:
    """3261-8.2.6.1-1."""
    asked = a_request(request(rows={"Timestamp": "54"}))
    assert a_response(write_response(asked, status)).headers.get("timestamp") == timestamp


def test_what_the_request_lacks_the_response_lacks_too() -> None:
    asked = a_request(request(rows={"Call-ID": None, "To": None}))
    answer = a_response(write_response(asked, 400, to_tag="T"))
    assert "call-id" not in answer.headers
    assert "to" not in answer.headers


@pytest.mark.parametrize(
    "status, detail, phrase",
    [
        pytest.param(404, "", "Not Found", id="as registered"),
        pytest.param(400, "From is odd", "Bad Request (From is odd)", id="with what is the matter"),
        pytest.param(299, "", "Unknown", id="one that we never send"),
        pytest.param(
            400, "a\r\nX: b\0", "Bad Request (a  X: b )", id="no line break gets into a message"
        ),
        pytest.param(400, "x" * 300, f"Bad Request ({'x' * 200})", id="nor a long story"),
    ],
)
def test_a_reason_phrase_is_one_line(status: int, detail: str, phrase: str) -> None:
    assert reason_phrase(status, detail) == phrase


VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=20).map(
    lambda text: text.strip(" \t")
)
NAMES = st.from_regex(r"X-[A-Za-z0-9\-.!%*_+`'~]{1,12}", fullmatch=True)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6), st.binary(max_size=40))
def test_the_request_we_write_we_can_read(headers: list[tuple[str, str]], body: bytes) -> None:
    message = a_request(write_request("X", "sip:a@h", headers, body))
    assert (message.method, message.uri, message.fault) == ("X", "sip:a@h", None)
    assert message.body == body
    expected: dict[str, list[str]] = {}
    for name, value in headers:
        expected.setdefault(name.lower(), []).append(value)
    expected["content-length"] = [str(len(body))]
    assert message.headers == expected


@given(st.binary(max_size=40).filter(lambda value: not {10, 13} & set(value)))
def test_any_bytes_of_a_header_come_back_as_they_were(value: bytes) -> None:
    """3261-25.1-2: octet-exact, UTF-8 or not."""
    value = value.strip(b" \t")
    packet = request().replace(b"c1\r\n", b"c" + value + b"\r\n")
    answer = write_response(a_request(packet), 200)
    assert b"\r\nCall-ID: c" + value + b"\r\n" in answer


@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("name", ["Via", "From", "To", "Call-ID", "CSeq"])
def test_an_answer_has_no_line_breaks_but_its_own(name: str, line_break: str) -> None:
    """Or whoever asks would write a header of ours."""
    value = f"{a_request(request()).headers[name.lower()][0]}{line_break}Contact: <sip:eve@h>"
    asked = a_request(request(rows={name: value}))
    answer = write_response(asked, 400, to_tag="t")
    assert answer.count(b"\r") == answer.count(b"\n") == answer.count(b"\r\n")
    assert "contact" not in a_response(answer).headers
