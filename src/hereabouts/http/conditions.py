"""Entity-tags, and the conditions that a request sets on them (RFC 9110 sections 8.8.3 and 13)."""

from __future__ import annotations

import re

import msgspec

from hereabouts.http.message import Problem, Request

_TAGS = re.compile(r'\s*(?:(?P<weak>W/)?"(?P<tag>[\x21\x23-\x7e\x80-\xff]*)")?\s*(?:,|\Z)')

ANY = "*"


class Condition(msgspec.Struct, frozen=True, gc=False):
    """What a header such as If-Match names."""

    tags: frozenset[str]
    "Without quotes."
    is_any: bool = False
    "`*`: whatever is there."

    def names(self, entity_tag: str | None) -> bool:
        """Whether it names this; `None`: there is nothing."""
        return entity_tag is not None and (self.is_any or entity_tag in self.tags)


def condition(request: Request, header: str) -> Condition | None:
    """The condition that this header sets, if it is there.

    A weak tag names nothing in If-Match, where comparison is strong (RFC 9110 section 13.1.1).

    Raises:
        Problem: 400, it cannot be read.
    """
    text = request.headers.get(header)
    if text is None:
        return None
    if text.strip() == ANY:
        return Condition(frozenset(), is_any=True)
    tags, at = set(), 0
    while at < len(text):
        found = _TAGS.match(text, at)
        if found is None:
            raise Problem(400, f'{header} is * or a list of entity-tags in quotes, as in "a1b2"')
        is_strong = not found["weak"] or header != "if-match"
        if found["tag"] is not None and is_strong:
            tags.add(found["tag"])
        at = found.end()
    return Condition(frozenset(tags))


def quoted(entity_tag: str) -> str:
    """The entity-tag as ETag shows it."""
    return f'"{entity_tag}"'
