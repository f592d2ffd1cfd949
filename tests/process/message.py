"""SIP as the test's peers speak it: written apart from the server's, so that both can be wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TAG = re.compile(r";tag=([^;>\s]+)")


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a response."""

    first: str
    "Its first line."
    headers: dict[str, list[str]]
    "By name in lower case, in the order of their rows."
    body: str

    @classmethod
    def parse(cls, packet: bytes) -> Message:
        """The message that `packet` spells."""
        head, _, body = packet.decode().partition("\r\n\r\n")
        first, *rows = head.split("\r\n")
        headers: dict[str, list[str]] = {}
        for row in rows:
            name, _, value = row.partition(":")
            headers.setdefault(name.lower(), []).append(value.strip())
        return cls(first, headers, body)

    @property
    def status(self) -> int:
        """The status code of a response; 0 for a request."""
        return int(self.first.split(" ")[1]) if self.first.startswith("SIP/2.0 ") else 0

    @property
    def branch(self) -> str:
        """The transaction it belongs to."""
        return self["via"].partition(";branch=")[2].partition(";")[0]

    @property
    def cseq(self) -> int:
        """The number in CSeq."""
        return int(self["cseq"].split()[0])

    @property
    def to_tag(self) -> str:
        """The tag of To; empty if it has none."""
        found = _TAG.search(self["to"])
        return found[1] if found else ""

    def __getitem__(self, name: str) -> str:
        """The first row of a header."""
        return self.headers[name][0]

    def accepted(self) -> bytes:
        """The 200 that answers this request."""
        rows = [f"Via: {value}" for value in self.headers["via"]]
        rows += [f"{name}: {self[name]}" for name in ("from", "to", "call-id", "cseq")]
        return "\r\n".join(["SIP/2.0 200 OK", *rows, "Content-Length: 0", "", ""]).encode()


def request(line: str, rows: list[str], body: str = "") -> bytes:
    """A request with this first line and these header rows; `body` is a presence document."""
    kind = ["Content-Type: application/pidf+xml"] if body else []
    length = f"Content-Length: {len(body.encode())}"
    rows = [f"{line} SIP/2.0", *rows, "Max-Forwards: 70", *kind, length, "", body]
    return "\r\n".join(rows).encode()


def document(presentity: str, note: str) -> str:
    """A presence document that says `note`."""
    return (
        f'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{presentity}">'
        f'<tuple id="t"><status><basic>open</basic></status><note>{note}</note></tuple></presence>'
    )


class Stream:
    """Messages out of the bytes of one connection."""

    def __init__(self) -> None:
        self._kept = b""

    def feed(self, arrived: bytes) -> Iterator[Message]:
        """The messages that are complete now."""
        self._kept += arrived
        while True:
            head, end, rest = self._kept.partition(b"\r\n\r\n")
            found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            length = int(found[1]) if found else 0
            if not end or len(rest) < length:
                return
            yield Message.parse(head + end + rest[:length])
            self._kept = rest[length:]
