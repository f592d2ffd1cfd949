"""Messages of phones, spoilt: strategies for input that nobody would send, and somebody does."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from tests.interop.phones import (
    LIST_SUBSCRIBE,
    PUBLISHES,
    RAW_LINE_END,
    REFRESH,
    REGISTERS,
    REMOVAL,
    STRAY_NOTIFY,
    SUBSCRIBES,
)

Spoil = Callable[[bytes], bytes]

CREDENTIALS = """\
Authorization: Digest username="{alice}", realm="{domain}", nonce="01a209d5f2b669", \
uri="sip:{domain}", response="0123456789abcdef0123456789abcdef", cnonce="c", nc=00000001, qop=auth
"""

OTHERS = [
    """
OPTIONS sip:{domain} SIP/2.0
Via: SIP/2.0/{transport} {host}:{own};branch=z9hG4bK{unique};rport, SIP/2.0/UDP {host}:9
From: "a \\" b" <sip:{bob}@{domain};x=y?h=v>;tag=o{unique}
To: <sip:{domain}>
Call-ID: {unique}
CSeq: 1 OPTIONS
Require: nothing, "quoted"
Accept: application/*;q=0.5, */*;q=0.1
Subject:
 a folded
\tline
Content-Length: 0

""",
    """
CANCEL sip:{alice}@{domain} SIP/2.0
Via: SIP/2.0/{transport} {host}:{own};branch=z9hG4bK{unique}
From: <sip:{bob}@{domain}>;tag=c{unique}
To: <sip:{alice}@{domain}>
Call-ID: {unique}
CSeq: 1 CANCEL
Content-Length: 0

""",
    """
ACK sip:{alice}@{domain} SIP/2.0
Via: SIP/2.0/{transport} {host}:{own};branch=z9hG4bK{unique}
From: <sip:{bob}@{domain}>;tag=a{unique}
To: <sip:{alice}@{domain}>
Call-ID: {unique}
CSeq: 1 ACK
Content-Length: 0

""",
    """
INVITE sip:{alice}@{domain} SIP/2.0
Via: SIP/2.0/{transport} {host}:{own};branch=z9hG4bK{unique}
From: <sip:{bob}@{domain}>;tag=i{unique}
To: <sip:{alice}@{domain}>
Call-ID: {unique}
CSeq: 1 INVITE
Contact: <sip:{bob}@{host}:{own}>
Content-Length: 0

""",
    """
SIP/2.0 200 OK
Via: SIP/2.0/{transport} {host}:{port};branch=z9hG4bK{unique};rport
From: <sip:{alice}@{domain}>;tag=r{unique}
To: <sip:{bob}@{domain}>;tag=s{unique}
Call-ID: {unique}
CSeq: 1 NOTIFY
Content-Length: 0

""",
]

SEEDS = [
    *(each.text for each in SUBSCRIBES),
    *(each.text for each in PUBLISHES),
    *(each.text for each in REGISTERS),
    *(each.text.replace("Max-Forwards:", f"{CREDENTIALS}Max-Forwards:") for each in REGISTERS),
    *(LIST_SUBSCRIBE, REFRESH, REMOVAL, STRAY_NOTIFY, RAW_LINE_END),
    *OTHERS,
]
"Messages as phones send them, for `Wire.write`."

ODD = st.sampled_from(
    [
        b"", b"\0", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\r\n ", b",", b";", b"=", b'"', b"\\",
        b"<", b">", b"@", b"%", b"%00", b"%zz", b":", b" ", b"\t", b"\xff\xfe", b"\xc3\x28",
        "\u202e\u0416".encode(), b"-1", b"4294967296", b"9" * 40, b"A" * 3000, b";tag=",
        b";branch=", b";received=", b"&amp;", b"<!DOCTYPE a [<!ENTITY b 'c'>]>&b;", b"</presence>",
        b"]]>", b"<a xmlns=''>", b"sips:", b"tel:+1", b"[::1]", b"[", b"*", b"?x=y", b"SIP/2.0 ",
    ]
)  # fmt: skip
"Pieces that parsers trip over."


def _place(share: float, size: int) -> int:
    return int(share * size)


def _insert(share: float, piece: bytes) -> Spoil:
    def spoil(packet: bytes) -> bytes:
        at = _place(share, len(packet))
        return packet[:at] + piece + packet[at:]

    return spoil


def _replace(share: float, length: int, piece: bytes) -> Spoil:
    def spoil(packet: bytes) -> bytes:
        at = _place(share, len(packet))
        return packet[:at] + piece + packet[at + length :]

    return spoil


def _cut(share: float) -> Spoil:
    return lambda packet: packet[: _place(share, len(packet))]


def _repeat(share: float, length: int, times: int) -> Spoil:
    def spoil(packet: bytes) -> bytes:
        at = _place(share, len(packet))
        return packet[:at] + packet[at : at + length] * times + packet[at + length :]

    return spoil


SHARES = st.floats(0, 1, exclude_max=True)
PIECES = st.one_of(ODD, st.binary(max_size=6))

ANYWHERE = st.one_of(
    st.builds(_insert, SHARES, PIECES),
    st.builds(_replace, SHARES, st.integers(1, 30), PIECES),
    st.builds(_repeat, SHARES, st.integers(1, 60), st.integers(2, 40)),
    st.builds(_cut, SHARES),
)
"Damage to any byte of a message."

_GUARDED = (b"via", b"v", b"contact", b"m", b"route", b"record-route")


def _in_row(share: float, damage: Spoil) -> Spoil:
    """Damage to the value of one row, or to the first line; where we are sent to is kept."""

    def spoil(packet: bytes) -> bytes:
        head, separator, body = packet.partition(b"\r\n\r\n")
        rows = head.split(b"\r\n")
        at = _place(share, len(rows))
        name, colon, value = rows[at].partition(b":")
        if name.lower() not in _GUARDED:
            value = damage(value).replace(b"\r", b"").replace(b"\n", b"")
            rows[at] = name + colon + value
        return b"\r\n".join(rows) + separator + body

    return spoil


def _with_rows(share: float, times: int) -> Spoil:
    """One row so many times: none, or again."""

    def spoil(packet: bytes) -> bytes:
        head, separator, body = packet.partition(b"\r\n\r\n")
        rows = head.split(b"\r\n")
        at = _place(share, len(rows))
        rows[at : at + 1] = [rows[at]] * times
        return b"\r\n".join(rows) + separator + body

    return spoil


def _in_body(damage: Spoil) -> Spoil:
    """Damage to the body; Content-Length says how long it is now."""

    def spoil(packet: bytes) -> bytes:
        head, separator, body = packet.partition(b"\r\n\r\n")
        body = damage(body)
        rows = [
            b"Content-Length: %d" % len(body)
            if row.lower().startswith((b"content-length:", b"l:"))
            else row
            for row in head.split(b"\r\n")
        ]
        return b"\r\n".join(rows) + separator + body

    return spoil


def _as_row(share: float, row: bytes) -> Spoil:
    def spoil(packet: bytes) -> bytes:
        head, separator, body = packet.partition(b"\r\n\r\n")
        rows = head.split(b"\r\n")
        rows.insert(1 + _place(share, len(rows)), row)
        return b"\r\n".join(rows) + separator + body

    return spoil


# All of them stay on this machine: a server sends NOTIFYs where Contact and Record-Route say.
ODD_ROWS = st.sampled_from(
    [
        b"Contact: *", b"Contact: <sip:a@127.0.0.1:0>", b"Contact: <sip:a@127.0.0.1:99999>",
        b"Contact: <sip:a@127.0.0.1:65535;transport=sctp>", b"Contact: <mailto:a@127.0.0.1>",
        b"Contact: <sip:[::1]:9>", b"Contact: <sip:127.0.0.1:9;transport=udp;lr>;expires=-1",
        b"Contact: <sips:a@127.0.0.1:9>", b"Contact: <sip:a@127.0.0.1:9>, <sip:b@127.0.0.1:9>",
        b"Contact:", b"Contact: <sip:a@127.0.0.1:9", b"Contact: <sip:a@[::1>",
        b"Record-Route: <sip:127.0.0.1:9>", b"Record-Route: <sip:127.0.0.1:9;lr>, <tel:1>",
        b"Record-Route: <sip:127.0.0.1:0;lr>", b"Record-Route: ,", b"Record-Route: <sip:[::1]>",
        b"Record-Route: <sip:127.0.0.1:9;transport=tcp;lr>", b"Route: <sip:127.0.0.1:9;lr>",
        b"Via: SIP/2.0/UDP 127.0.0.1:0;branch=z9hG4bKx", b"Via: SIP/3.0/UDP 127.0.0.1",
        b"Via: SIP/2.0/UDP 127.0.0.1:99999", b"Via: SIP/2.0/UDP", b"Via: ,",
        b"Via: SIP/2.0/UDP 127.0.0.1;maddr=127.0.0.1", b"Expires: 4294967296", b"Expires: x",
        b"Require: x", b"Event: presence;id=1", b"Event: presence.winfo", b"SIP-If-Match: a, b",
        b"SIP-If-Match:", b"Content-Encoding: gzip", b"Content-Type: text/xml;charset=x",
        b"Content-Length: 999999999", b"Content-Length: -1", b"Max-Forwards: 0", b"CSeq: 1",
        b"Accept: ;", b"Accept:", b"Authorization: Digest", b"Authorization: Basic YTpi",
        b'Authorization: Digest username="', b"Supported: eventlist", b"Suppress-If-Match: *",
    ]
)  # fmt: skip
"Header rows that break a rule each, or hardly not."

SHAPED = st.one_of(
    st.builds(_in_row, SHARES, ANYWHERE),
    st.builds(_with_rows, SHARES, st.sampled_from([0, 2, 300])),
    st.builds(_in_body, ANYWHERE),
    st.builds(_as_row, SHARES, ODD_ROWS),
)
"Damage that leaves a message where it is read far: the addresses that answers go to are kept."


def spoilt(damage: st.SearchStrategy[Spoil]) -> st.SearchStrategy[tuple[str, list[Spoil]]]:
    """A message, and what is done to its bytes."""
    return st.tuples(st.sampled_from(SEEDS), st.lists(damage, min_size=1, max_size=4))


def apply(damages: list[Spoil], packet: bytes) -> bytes:
    """The packet after all that is done to it."""
    for damage in damages:
        packet = damage(packet)
    return packet
