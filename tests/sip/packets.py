"""Requests and responses as bytes, written by hand: what tests send to layer 1."""

from __future__ import annotations

from collections.abc import Mapping

from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Request, Response
from hereabouts.sip.reader import read

UDP = Flow("UDP", "192.0.2.1", 5060, "198.51.100.1:5060", listener=1)
TCP = Flow("TCP", "192.0.2.1", 40000, "198.51.100.1:5060", listener=2, connection=7)

Rows = Mapping[str, str | list[str] | None]
"Header rows that differ from the usual; `None`: left out."


def request(
    method: str = "OPTIONS",
    uri: str = "sip:bob@example.com",
    rows: Rows | None = None,
    *,
    via: str = "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa",
    body: bytes = b"",
) -> bytes:
    """A request from alice to bob; `rows` replace, add, or (None) leave out."""
    usual = {
        "Via": via,
        "Max-Forwards": "70",
        "From": "<sip:alice@example.com>;tag=a1",
        "To": "<sip:bob@example.com>",
        "Call-ID": "c1",
        "CSeq": f"1 {method}",
        "Content-Length": str(len(body)),
    }
    return _message(f"{method} {uri} SIP/2.0", {**usual, **(rows or {})}, body)


def response(asked: bytes, status: int = 200, rows: Rows | None = None) -> bytes:
    """A response to a request that we have sent, as an honest peer writes it."""
    headers = a_request(asked).headers
    usual: dict[str, str | list[str] | None] = {
        "Via": headers["via"],
        "From": headers["from"],
        "To": f"{headers['to'][0]};tag=b1",
        "Call-ID": headers["call-id"],
        "CSeq": headers["cseq"],
    }
    return _message(f"SIP/2.0 {status} Whatever", {**usual, **(rows or {})}, b"")


def _message(start: str, rows: Rows, body: bytes) -> bytes:
    lines = [start]
    for name, value in rows.items():
        values = [value] if isinstance(value, str) else value or []
        lines += [f"{name}: {each}" for each in values]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body


def a_request(packet: bytes) -> Request:
    """The request in a packet."""
    message = read(packet)
    assert isinstance(message, Request)
    return message


def a_response(packet: bytes) -> Response:
    """The response in a packet."""
    message = read(packet)
    assert isinstance(message, Response)
    return message
