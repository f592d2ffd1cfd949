from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.framing import PING, StreamFramer, Unframeable
from hereabouts.sip.reader import read
from tests.sip.packets import a_request, request
from tests.torture.messages import RFC4475

ONE = request("OPTIONS", body=b"")
TWO = request("PUBLISH", body=b"a body\r\n\r\nwith an empty line")


def framer() -> StreamFramer:
    return StreamFramer(max_head=2000, max_body=1000)


def cut(pieces: Iterable[bytes]) -> list[bytes]:
    """All that comes out of a stream that brings these pieces."""
    stream = framer()
    return [found for piece in pieces for found in stream.feed(piece)]


def cut_to_the_end(pieces: Iterable[bytes]) -> tuple[list[bytes], str]:
    """All that comes out, and why no more does."""
    stream = framer()
    found = []
    try:
        for piece in pieces:
            for one in stream.feed(piece):
                found.append(one)  # noqa: PERF402 - what came before the fault counts too
    except Unframeable as fault:
        return found, str(fault)
    return found, ""


@pytest.mark.parametrize(
    "stream, found",
    [
        pytest.param(ONE, [ONE], id="one message"),
        pytest.param(ONE + TWO + ONE, [ONE, TWO, ONE], id="3261-18.3-4: pipelined ones"),
        pytest.param(b"\r\n" + ONE, [ONE], id="5626-5.4-2: a pong is swallowed"),
        pytest.param(ONE + PING + TWO, [ONE, PING, TWO], id="5626-5.4-1: a ping between two"),
        pytest.param(PING * 3, [PING] * 3, id="5626-5.4-1: three pings"),
        pytest.param(b"\r\n\r\n\r\n" + ONE, [PING, ONE], id="3261-7.5-1: line breaks before one"),
        pytest.param(b"\n\r" + ONE, [ONE], id="3261-7.5-1: odd line breaks"),
        pytest.param(
            request(rows={"Content-Length": None}),
            [request(rows={"Content-Length": None})],
            id="no length and no body",
        ),
    ],
)
def test_messages_and_pings_are_cut_out(stream: bytes, found: list[bytes]) -> None:
    assert cut([stream]) == found
    assert cut(stream[place : place + 1] for place in range(len(stream))) == found


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(b"Content-Length: 3", id="the usual"),
        pytest.param(b"l:3", id="compact"),
        pytest.param(b"CONTENT-LENGTH\t :  3  ", id="any case, spaces everywhere"),
        pytest.param(b"Content-Length:\r\n  3", id="folded"),
        pytest.param(b"Content-Length: 3\r\n ", id="folded behind it"),
        pytest.param(b"Content-Length: 3\r\nl: 3", id="said twice"),
        pytest.param(b"Content-Length: 0003", id="leading zeros"),
        pytest.param(b"X: a\r\n l: 9\r\nl: 3", id="a fold that looks like one"),
        pytest.param(b"X-Content-Length: 9\r\nl: 3", id="a header that ends like one"),
    ],
)
def test_the_length_is_found_as_the_reader_finds_it(row: bytes) -> None:
    """3261-18.3-4: framing follows Content-Length."""
    packet = b"X sip:h SIP/2.0\r\n" + row + b"\r\n\r\nabc"
    assert cut([packet + ONE]) == [packet, ONE]
    assert a_request(packet).body == b"abc"
    assert a_request(packet).fault is None


ODD_LENGTHS = [
    pytest.param({"Content-Length": "five"}, 400, id="3261-20.14-1: a word"),
    pytest.param({"Content-Length": "-999"}, 400, id="3261-20.14-1, RFC 4475 3.1.2.3: negative"),
    pytest.param({"Content-Length": "+5"}, 400, id="a sign"),
    pytest.param({"Content-Length": ""}, 400, id="empty"),
    pytest.param({"Content-Length": ["13", "5"]}, 400, id="3261-20.14-1: two that differ"),
    pytest.param({"Content-Length": "9" * 400}, 400, id="more digits than make sense"),
    pytest.param({"Content-Length": None, "Content-Type": "a/b"}, 400, id="3261-18.3-4: missing"),
    pytest.param({"Content-Length": None, "c": "a/b"}, 400, id="3261-18.3-4: missing, compact"),
    pytest.param({"Content-Length": "1001"}, 413, id="3261-21.4.11-1: a body too large"),
    pytest.param({"Subject": "x" * 2000}, 513, id="3261-21.4.11-1: a head too large"),
]


@pytest.mark.parametrize("rows, status", ODD_LENGTHS)
def test_a_stream_that_cannot_be_followed_ends(
    rows: dict[str, str | list[str] | None], status: int
) -> None:
    stream = request(rows=rows)
    for pieces in ([stream], [stream[place : place + 1] for place in range(len(stream))]):
        with pytest.raises(Unframeable) as fault:
            cut(pieces)
        assert fault.value.status == status
        assert fault.value.head.startswith(b"OPTIONS sip:bob@example.com SIP/2.0\r\n")


@pytest.mark.parametrize(
    "first, is_sip",
    [
        pytest.param(b"GET / HTTP/1.1", False, id="another protocol"),
        pytest.param(b"Subject: SIP", False, id="a header, after a miscount"),
        pytest.param(b"GET /\nSIP/2.0", False, id="a version in another line"),
        pytest.param(b"OPTIONS sip:h sip/2.0", True, id="any case"),
        pytest.param(b"OPTIONS sip:h SIP/7.0", True, id="3261-21.5.6-1: a version that gets a 505"),
        pytest.param(b"SIP/2.0 9999 OK", True, id="an odd response, but its end is known"),
    ],
)
def test_what_is_no_sip_cannot_be_followed(first: bytes, *, is_sip: bool) -> None:
    """What it says of its length means nothing; a message that is only odd has an end."""
    message = first + b"\r\nl: 0\r\n\r\n"
    if is_sip:
        assert cut([message + ONE]) == [message, ONE]
    else:
        with pytest.raises(Unframeable):
            cut([message + ONE])


def test_what_came_before_the_fault_is_given() -> None:
    stream = framer().feed(ONE + request(rows={"Content-Length": "x"}))
    assert next(stream) == ONE
    with pytest.raises(Unframeable):
        next(stream)


def test_a_head_without_end_is_not_collected_for_ever() -> None:
    stream = framer()
    for _ in range(20):
        assert list(stream.feed(b"x" * 100)) == []
    with pytest.raises(Unframeable):
        list(stream.feed(b"x"))


@pytest.mark.parametrize("is_over", [False, True])
def test_the_bounds_are_bounds(*, is_over: bool) -> None:
    bare = request(rows={"Subject": ""})
    head = request(rows={"Subject": "x" * (2000 - len(bare) + is_over)})
    body = request(body=b"x" * (1000 + is_over))
    for packet in (head, body):
        if is_over:
            with pytest.raises(Unframeable):
                cut([packet])
        else:
            assert cut([packet]) == [packet]


def test_a_message_that_has_begun_is_pending() -> None:
    """3261-7-2: without the end of the head nothing is complete."""
    stream = framer()
    assert list(stream.feed(ONE[:-2])) == []
    assert stream.pending == len(ONE) - 2
    assert list(stream.feed(ONE[-2:])) == [ONE]
    assert stream.pending == 0


@pytest.mark.parametrize("line_breaks", [b"\r", b"\r\n", b"\r\n\r", b"\n\r\n", b"\r\r"])
def test_line_breaks_alone_are_not_pending(line_breaks: bytes) -> None:
    """5626-5.4-2: after a pong there may be silence for long."""
    stream = framer()
    assert list(stream.feed(line_breaks)) == []
    assert stream.pending == 0
    assert list(stream.feed(ONE[:9])) == []
    assert stream.pending == 9


def test_clerr_waits_for_the_rest() -> None:
    """4475-3.1.2.2-clerr over a stream."""
    stream = StreamFramer(max_head=2000, max_body=10_000)
    assert list(stream.feed(RFC4475["clerr"])) == []
    assert stream.pending == len(RFC4475["clerr"])


PARTS = st.sampled_from([ONE, TWO, PING, b"\r\n", RFC4475["wsinv"], RFC4475["dblreq"]])


@given(st.lists(PARTS, max_size=6), st.lists(st.integers(0, 2000), max_size=12))
def test_it_does_not_matter_how_a_stream_is_cut(parts: list[bytes], places: list[int]) -> None:
    stream = b"".join(parts)
    ends = [*sorted(place % (len(stream) + 1) for place in places), len(stream)]
    starts = [0, *ends[:-1]]
    pieces = [stream[start:end] for start, end in zip(starts, ends, strict=True)]
    found = cut_to_the_end([stream])
    assert cut_to_the_end(pieces) == found
    assert sum(map(len, found[0])) <= len(stream)


@given(
    st.lists(st.binary(max_size=30) | st.sampled_from([b"\r\n\r\n", b"l:", b"\r\nl: 5\r\n\r\n"]))
)
def test_any_bytes_raise_only_our_own_error(pieces: list[bytes]) -> None:
    stream = framer()
    with suppress(Unframeable):
        for piece in pieces:
            assert all(stream.feed(piece))


def test_dblreq_over_a_stream_is_two_requests() -> None:
    """4475-3.1.1.8-dblreq: on a stream what follows the body is the next message."""
    found, end = cut_to_the_end([RFC4475["dblreq"]])
    register, invite = [message for message in found if message != PING]
    assert end == "no SIP version is in the first line"  # the INVITE's body is longer than it says
    assert read(register).headers["cseq"] == ["8 REGISTER"]
    assert read(invite).headers["cseq"] == ["8 INVITE"]
