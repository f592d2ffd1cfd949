"""What passes, fit to be shown: credentials made unreadable, and not a byte more or less of it.

A response of digest can be guessed at as long as nonces are known beside it, so all of an answer
to a challenge goes but what says whose it is and for what. A challenge itself is no secret.
"""

from __future__ import annotations

import re

_CREDENTIALS = re.compile(
    rb"(?<![^\r\n])(?:Proxy-)?(?:Authorization|Authentication-Info)[ \t]*:"
    rb"(?P<value>[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*)",
    re.IGNORECASE,
)
_PART = re.compile(
    rb"(?P<name>[\w-]+)(?P<equals>\s*=\s*)(?P<value>\"(?:[^\"\\]|\\.)*\"?|[^\s,\"]+)"
    rb"|(?P<other>[^\s,]+)",
    re.DOTALL,
)
_SCHEME = re.compile(rb"\s*Digest(?=\s)", re.IGNORECASE)
_HARMLESS = frozenset({b"username", b"realm", b"uri", b"algorithm", b"qop", b"nc", b"userhash"})
"Parameters of an answer that tell nobody how it was computed."

# Of headers that are broken, or inside a body (message/sipfrag), too.
_DIGEST = re.compile(rb"(\b(?:response|rspauth)\s*=\s*\"?)([0-9a-f]{32,})", re.IGNORECASE)
# RFC 3261 section 25.1: userinfo = ( user / telephone-subscriber ) [ ":" password ] "@"
_PASSWORD = re.compile(
    rb"(\bsips?:[\w.!~*'()%&=+$,;?/-]+:)([\w.!~*'()%&=+$,-]+)(?=@)", re.IGNORECASE
)


def mask(packet: bytes) -> bytes:
    """The packet with an `x` in place of each character of a credential.

    Such are the answers to challenges (:rfc:`7616#section-3.4`; of other schemes than Digest all
    of them), what a server proves itself by, and passwords in URIs (:rfc:`3261#section-19.1.1`).
    """
    packet = _CREDENTIALS.sub(_without_answers, packet)
    packet = _DIGEST.sub(_without_second, packet)
    return _PASSWORD.sub(_without_second, packet)


def _without_answers(found: re.Match[bytes]) -> bytes:
    value = found["value"]
    scheme = _SCHEME.match(value)
    is_info = b"uthentication-" in found[0].partition(b":")[0].lower()
    start = scheme.end() if scheme is not None else 0
    # Of a scheme that is not known nothing is known to be harmless.
    part = _without_answer if scheme is not None or is_info else _without_anything
    shown = value[:start] + _PART.sub(part, value[start:])
    return found[0][: -len(value) or None] + shown


def _without_answer(found: re.Match[bytes]) -> bytes:
    name = found["name"]
    if name is None:
        return _without_anything(found)
    if name.lower() in _HARMLESS:
        return found[0]
    return name + found["equals"] + _hidden(found["value"])


def _without_anything(found: re.Match[bytes]) -> bytes:
    return _hidden(found[0])


def _without_second(found: re.Match[bytes]) -> bytes:
    return bytes(found[1]) + _hidden(found[2])


def _hidden(value: bytes) -> bytes:
    """As many `x`; quotes around them stay, and so do line breaks, or rows would run together."""
    return re.sub(rb"[^\"\r\n]", b"x", value)
