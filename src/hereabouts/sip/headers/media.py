"""Content-Type and Accept: names of document formats (:rfc:`3261#section-20.1`)."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from hereabouts.sip.parameters import (
    CACHED,
    MalformedHeader,
    Parameters,
    parse_parameters,
    split_values,
)

_QUALITY = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


class MediaType(msgspec.Struct, frozen=True):
    """A document format, such as `application/pidf+xml`."""

    name: str
    "Type and subtype, in lower case."
    parameters: Parameters

    @classmethod
    def parse(cls, text: str) -> MediaType:
        """The format that `text` names.

        Raises:
            MalformedHeader: there is no slash with something on both sides.
        """
        return _parse(text) if len(text) < CACHED else _read(text)


@lru_cache(maxsize=256)  # it is nearly always the same
def _parse(text: str) -> MediaType:
    return _read(text)


def _read(text: str) -> MediaType:
    name, semicolon, parameters = text.partition(";")
    kind, slash, subtype = (part.strip() for part in name.lower().partition("/"))
    if not (kind and slash and subtype):
        raise MalformedHeader(f"{text[:80]!r} is not a media type")
    return MediaType(f"{kind}/{subtype}", parse_parameters(semicolon + parameters))


def preferred(accepted: str | None, offered: tuple[str, ...]) -> str | None:
    """The one of `offered` that an Accept header likes best; `None`: none of them.

    Without an Accept header (`None`) it is the first. Of its ranges that mean a format the most
    exact one counts. Equal preference is settled by the order in which the peer names the
    formats, a wildcard last.

    Raises:
        MalformedHeader: a part of it is no media type.
    """
    if accepted is None:
        return offered[0]
    ranges = [MediaType.parse(value) for value in split_values(accepted) if value]
    ranked = [(_rank(ranges, candidate), candidate) for candidate in offered]
    best, choice = max(ranked, key=lambda pair: pair[0])
    return choice if best[0] > 0 else None


def _rank(ranges: list[MediaType], candidate: str) -> tuple[float, int, int]:
    """Quality, exactness and place of the range that says most exactly what it thinks of it."""
    exactness, place, quality = max(
        (
            (_exactness(wanted.name, candidate), -place, _quality(wanted))
            for place, wanted in enumerate(ranges)
        ),
        default=(0, 0, 0.0),
    )
    return (quality if exactness else 0.0, exactness, place)


def _quality(wanted: MediaType) -> float:
    q = wanted.parameters.get("q")
    return float(q) if q and _QUALITY.fullmatch(q) else 1.0


def _exactness(wanted: str, candidate: str) -> int:
    if wanted == candidate:
        return 3
    if wanted == candidate.partition("/")[0] + "/*":
        return 2
    return 1 if wanted == "*/*" else 0
