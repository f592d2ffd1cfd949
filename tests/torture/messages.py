"""The torture messages of RFC 4475 and RFC 5118, from the archives in their appendices A."""

from __future__ import annotations

import re
from pathlib import Path

_FOLDER = Path(__file__).parent

RFC4475 = {path.stem: path.read_bytes() for path in sorted(_FOLDER.glob("rfc4475/*.dat"))}
"""Each message under the name that the RFC gives it, byte for byte.

Where the text of the RFC says otherwise (`dblreq`, `intmeth`, `longreq` and `trws` differ in a
character or two), the archive counts. `baddn` ends without the empty line, and `test` is in the
archive alone.
"""

RFC5118_VERBATIM = {path.stem: path.read_bytes() for path in sorted(_FOLDER.glob("rfc5118/*.dat"))}
"Each message as the archive has it: every line ends in LF alone, so that none of them is SIP."


def _with_crlf(verbatim: bytes) -> bytes:
    head, separator, body = verbatim.partition(b"\n\n")
    assert separator or not body
    # Two have no empty line at their end.
    return b"\n".join([head.rstrip(b"\n"), b"", body]).replace(b"\n", b"\r\n")


def _with_its_length(packet: bytes) -> bytes:
    head, separator, body = packet.partition(b"\r\n\r\n")
    length = b"Content-Length: %d" % len(body)
    return re.sub(rb"Content-Length: \d+", length, head) + separator + body


RFC5118_WITH_CRLF = {name: _with_crlf(verbatim) for name, verbatim in RFC5118_VERBATIM.items()}
"The same with CRLF, as the RFC prints them, and with the empty line that two of them lack."

RFC5118 = {name: _with_its_length(packet) for name, packet in RFC5118_WITH_CRLF.items()}
"The same with the lengths that their bodies have: three of the archive's fit neither line end."
