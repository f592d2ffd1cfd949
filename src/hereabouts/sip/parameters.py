"""`;name=value` lists and comma lists, as most headers have them (:rfc:`3261#section-25.1`)."""

from __future__ import annotations

import re

from hereabouts.base.refusal import Malformed

Parameters = dict[str, str | None]
"Names in lower case; values as they stood, quotes included; `None`: a name without a value."

TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
# A quoted string that does not end runs to the end: so nothing is searched twice.
_QUOTED = r'"(?:[^"\\]|\\.?)*(?:"|\Z)'
_COMMA = re.compile(rf"{_QUOTED}|<[^>]*(?:>|\Z)|,", re.DOTALL)
_SEMICOLON = re.compile(rf"{_QUOTED}|;", re.DOTALL)

_USUAL = frozenset({"branch", "rport", "received", "tag", "lr", "transport", "expires", "q", "id"})
"Names that need no second look, as they mostly come."


CACHED = 256
"Texts shorter than this are kept when they were read: what is longer comes from no phone."


class MalformedHeader(Malformed):
    """A header value that breaks its grammar."""


def split_values(text: str) -> list[str]:
    """The values of a comma list, stripped; commas in quotes and in angle brackets do not count."""
    if "," not in text:
        return [text.strip()]
    if '"' not in text and "<" not in text:
        return [value.strip() for value in text.split(",")]
    return [value.strip() for value in _split(text, _COMMA)]


def parse_parameters(text: str) -> Parameters:
    """The parameters in `text`, which begins at the first `;` or is empty.

    Raises:
        MalformedHeader: a name is missing or comes twice (:rfc:`3261#section-7.3.1`).
    """
    if not text:
        return {}
    parameters: Parameters = {}
    pieces = text.split(";") if '"' not in text else _split(text, _SEMICOLON)
    for piece in pieces[1:]:
        name, equals, value = piece.partition("=")
        if name not in _USUAL:
            name = name.strip().lower()
            if not name and not equals:
                continue  # two semicolons, or one at the end: there is nothing between
            if not TOKEN.fullmatch(name):
                raise MalformedHeader(f"parameter {name!r} is empty or odd")
        if name in parameters:
            raise MalformedHeader(f"parameter {name!r} is there twice")
        parameters[name] = value.strip() if equals else None
    return parameters


def _split(text: str, separators: re.Pattern[str]) -> list[str]:
    """What stands between the separators that no quotes or angle brackets hide."""
    ends = [found.start() for found in separators.finditer(text) if found[0] in ",;"]
    starts = [0, *(end + 1 for end in ends)]
    return [text[start:end] for start, end in zip(starts, [*ends, len(text)], strict=True)]


def write_parameters(parameters: Parameters) -> str:
    """The parameters as they stand in a message, each with its semicolon."""
    parts: list[str] = []
    for name, value in parameters.items():
        parts += (";", name) if value is None else (";", name, "=", value)
    return "".join(parts)


def unquote(text: str) -> str:
    """The content of a quoted string, escapes undone; any other text as it is."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    return text


def quote(text: str) -> str:
    """`text` as a quoted string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def parse_seconds(text: str | None) -> int | None:
    """A delta-seconds value, at most 2**32 - 1; `None` if absent or not a number.

    Larger numbers are read as the largest, as :rfc:`3261#section-20.19` bounds them.
    """
    if text is None or not (text.isascii() and text.isdigit()):
        return None
    if len(text) < 10:
        return int(text)
    return min(int(text.lstrip("0")[:11] or "0"), 2**32 - 1)
