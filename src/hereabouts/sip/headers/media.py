"""Content-Type and Accept: names of document formats (:rfc:`3261#section-20.1`)."""

from __future__ import annotations

import msgspec

from hereabouts.sip.parameters import MalformedHeader, Parameters, parse_parameters, split_values


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
        name, semicolon, parameters = text.partition(";")
        kind, slash, subtype = (part.strip() for part in name.lower().partition("/"))
        if not (kind and slash and subtype):
            raise MalformedHeader(f"{text[:80]!r} is not a media type")
        return cls(f"{kind}/{subtype}", parse_parameters(semicolon + parameters))


def preferred(accepted: list[str] | None, offered: tuple[str, ...]) -> str | None:
    """The one of `offered` that the rows of an Accept header like best; `None`: none of them.

    Without an Accept header (`None`) it is the first. Equal preference is settled by the order
    in which the peer names the formats, a wildcard last.

    Raises:
        MalformedHeader: a row names no media type.
    """
    if accepted is None:
        return offered[0]
    best: tuple[float, int, int] | None = None
    choice = None
    ranges = [MediaType.parse(value) for row in accepted for value in split_values(row) if value]
    for place, wanted in enumerate(ranges):
        for candidate in offered:
            rank = (_quality(wanted), _exactness(wanted.name, candidate), -place)
            if rank[0] > 0 and rank[1] > 0 and (best is None or rank > best):
                best, choice = rank, candidate
    return choice


def _quality(wanted: MediaType) -> float:
    try:
        return float(wanted.parameters.get("q") or 1.0)
    except ValueError:
        return 1.0


def _exactness(wanted: str, candidate: str) -> int:
    if wanted == candidate:
        return 3
    if wanted == candidate.partition("/")[0] + "/*":
        return 2
    return 1 if wanted == "*/*" else 0
