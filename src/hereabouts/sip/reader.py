"""Bytes to messages (:rfc:`3261#section-7`, :rfc:`3261#section-18.3`).

What can be understood enough to be answered becomes a message, its `fault` saying what is wrong;
what cannot raises `Malformed` and is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hereabouts.base.refusal import Malformed
from hereabouts.native.choice import messages as native
from hereabouts.sip.headers.address import Address
from hereabouts.sip.message import COMPACT, MAX_HEADER_ROWS, Headers, Ordinary, Request, Response
from hereabouts.sip.parameters import TOKEN
from hereabouts.sip.uri import SipUri

_FOLD = re.compile(r"(?<![ \t])[ \t]*\r\n[ \t]+")  # looks at each run of spaces once
_VERSION = re.compile(r"SIP/\d+\.\d+", re.IGNORECASE | re.ASCII)
_STATUS = re.compile(
    r"(?P<version>SIP/\d+\.\d+) +(?P<status>\d{3})(?: (?P<reason>.*))?",
    re.IGNORECASE | re.ASCII,
)
_ODD = re.compile(r"[\s<>]")
SINGLE = frozenset({
    "from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type", "event",
    "expires", "subscription-state", "min-expires",
})  # fmt: skip
"Headers of which a message has one row at most, of those we act on."

# Every spelling seen so far, to its long name in lower case: a dictionary look-up instead of
# two string operations a row. Filled with the usual spellings only, so it cannot grow.
_LONG_NAMES = {
    name: name.lower()
    for name in (
        "Via", "From", "To", "Call-ID", "CSeq", "Max-Forwards", "Contact", "Event", "Accept",
        "Expires", "Content-Length", "Content-Type", "User-Agent", "Allow", "Supported", "Route",
        "Record-Route", "Authorization", "SIP-If-Match", "Subscription-State", "Allow-Events",
    )
}  # fmt: skip

_scan: Callable[[bytes], Request | Response | None] | None = None
"The compiled twin of `examine`, where it was built; what is unusual it leaves to it."
if native is not None:
    _spellings = COMPACT | {
        name: name for name in (*SINGLE, *COMPACT.values(), *_LONG_NAMES.values())
    }
    native.prepare(
        _spellings, SINGLE, MAX_HEADER_ROWS, (Request, Ordinary, Response, Address, SipUri)
    )
    _scan = native.scan


def read(packet: bytes) -> Request | Response:
    """The message in a datagram, or cut out of a stream by `framing`.

    Without Content-Length the body runs to the end; with one, what follows it is dropped.

    Raises:
        Malformed: nothing here that could be answered.
    """
    if _scan is not None:
        message = _scan(packet)
        if message is not None:
            return message
    return examine(packet)


def examine(packet: bytes) -> Request | Response:
    """The same, whatever the message looks like, by Python alone.

    Raises:
        Malformed: as above.
    """
    head, separator, body = packet.lstrip(b"\r\n").partition(b"\r\n\r\n")
    text = head.decode("utf-8", "surrogateescape")
    if "\r\n " in text or "\r\n\t" in text:
        text = _FOLD.sub(" ", text)
    rows = text.split("\r\n")
    start = rows.pop(0)
    headers, fault = _index(rows)
    if text.count("\r") != len(rows) or text.count("\n") != len(rows):
        fault = "a line ends in something else than CRLF"
    if not separator:
        fault = fault or "the empty line after the headers is missing"
    length_fault, body = _cut(headers, body)
    fault = fault or length_fault
    if start[:4].upper() == "SIP/":
        return _response(start, rows, headers, body, fault)
    return _request(start, rows, headers, body, fault)


def _index(rows: list[str]) -> tuple[Headers, str | None]:
    headers: Headers = {}
    fault: str | None = None
    if len(rows) > MAX_HEADER_ROWS:
        # Enough to answer it by, and so few that the answer has not too many again.
        fault, rows = "too many headers", rows[: MAX_HEADER_ROWS // 2]
    for row in rows:
        name, colon, value = row.partition(":")
        key = _LONG_NAMES.get(name)
        if key is None:
            key = name.rstrip(" \t").lower()
            key = COMPACT.get(key, key)
            if not colon or not TOKEN.fullmatch(key):
                fault = fault or f"{row[:40]!r} is not a header"
                continue
        value = value.strip(" \t")
        if key not in headers:
            headers[key] = [value]
        elif key in SINGLE and not (key == "content-length" and value == headers[key][0]):
            fault = fault or f"{key} is there more than once"
        else:
            headers[key].append(value)
    return headers, fault


def _cut(headers: Headers, body: bytes) -> tuple[str | None, bytes]:
    """What is wrong with Content-Length, and the body it leaves (:rfc:`3261#section-18.3`)."""
    given = headers.get("content-length")
    if given is None:
        return None, body
    if not (given[0].isascii() and given[0].isdigit() and len(given[0]) < 12):
        return "Content-Length is not a number", b""
    length = int(given[0])
    if length > len(body):
        return "the body is shorter than Content-Length", b""
    return None, body[:length]


def _request(
    start: str, rows: list[str], headers: Headers, body: bytes, fault: str | None
) -> Request:
    if start.endswith(" "):
        fault = fault or "the first line ends in a space"
        start = start.rstrip(" ")
    method, _, rest = start.partition(" ")
    uri, _, version = rest.rpartition(" ")
    if not TOKEN.fullmatch(method) or not _VERSION.fullmatch(version):
        raise Malformed(f"{start[:60]!r} is not the first line of a SIP message")
    if not uri or _ODD.search(uri):
        fault = fault or "the Request-URI has spaces or angle brackets"
    if version.upper() != "SIP/2.0":
        fault = "version"
    return Request(method, uri, rows, headers, body, fault)


def _response(
    start: str, rows: list[str], headers: Headers, body: bytes, fault: str | None
) -> Response:
    found = _STATUS.fullmatch(start)
    if not found or found["version"].upper() != "SIP/2.0" or not "100" <= found["status"] < "700":
        raise Malformed(f"{start[:60]!r} is not a status line")
    if fault:
        raise Malformed(f"a response in which {fault}")
    return Response(int(found["status"]), found["reason"] or "", rows, headers, body)
