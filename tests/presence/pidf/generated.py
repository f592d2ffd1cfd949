"""Documents of every shape, as hypothesis makes them."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st
from msgspec.structs import replace

from hereabouts.base.xml import XML, Attribute, Node
from hereabouts.presence.pidf.document import (
    Basic,
    Contact,
    Device,
    Document,
    Note,
    Person,
    PresenceTuple,
)
from hereabouts.presence.pidf.namespaces import PIDF

NAMESPACES = ["urn:one", "urn:two", "http://three.example/?a&b", "urn:ietf:params:xml:ns:pidf:caps"]

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("&<>\"'\t\n\r]"),
    max_size=12,
)
WORD = st.sampled_from(["a", "b", "c1", "long-name", "x.y", "Z_"])
LANGUAGE = st.sampled_from(["", "en", "fi", "zh-Hant"])
TIMESTAMP = st.sampled_from(["", "2026-03-01T08:15:30Z", "2026-03-01T08:15:30.25+02:00"])
NOTES = st.lists(st.builds(Note, TEXT, LANGUAGE), max_size=2).map(tuple)


def _attribute_names(namespaces: Iterable[str]) -> st.SearchStrategy[tuple[str, str]]:
    return st.tuples(st.sampled_from(list(namespaces)), WORD)


@st.composite
def nodes(draw: st.DrawFn, namespaces: tuple[str, ...], depth: int = 2) -> Node:
    names = draw(
        st.lists(_attribute_names(["", PIDF, *NAMESPACES]) | st.just((XML, "lang")), max_size=2)
    )
    attributes = tuple(
        Attribute(*name, draw(LANGUAGE if name[0] == XML else TEXT))
        for name in dict.fromkeys(names)
    )
    children = (
        draw(st.lists(nodes(("", PIDF, *NAMESPACES), depth - 1), max_size=2)) if depth else []
    )
    text = draw(TEXT)
    if children:
        # White space alone between elements is not kept; with one word among it, all of it is.
        is_mixed = draw(st.booleans())
        text = f"{text}word" if is_mixed else ""
        tails = [draw(TEXT) if is_mixed else "" for _ in children]
        children = [replace(each, tail=tail) for each, tail in zip(children, tails, strict=True)]
    namespace = draw(st.sampled_from(namespaces))
    return Node(namespace, draw(WORD), attributes, text, tuple(children))


EXTENSIONS = st.lists(nodes(tuple(NAMESPACES)), max_size=2).map(tuple)
CONTACT = st.builds(Contact, WORD, st.sampled_from(["", "0", "0.5", "0.125", "1.000"]))

TUPLES = st.builds(
    PresenceTuple, WORD, st.sampled_from(Basic), EXTENSIONS, EXTENSIONS, st.none() | CONTACT, NOTES,
    TIMESTAMP,
)  # fmt: skip
PERSONS = st.builds(Person, WORD, EXTENSIONS, NOTES, TIMESTAMP)
DEVICES = st.builds(Device, WORD, WORD, EXTENSIONS, NOTES, TIMESTAMP)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document whose identifiers are unique, as they are in one that was read."""
    tuples = draw(st.lists(TUPLES, max_size=2))
    persons = draw(st.lists(PERSONS, max_size=2))
    devices = draw(st.lists(DEVICES, max_size=2))
    numbers = iter(range(6))

    def own(name: str) -> str:
        return f"{name}_{next(numbers)}"

    return Document(
        f"sip:{draw(WORD)}@example.com",
        tuple(replace(each, id=own(each.id)) for each in tuples),
        tuple(replace(each, id=own(each.id)) for each in persons),
        tuple(replace(each, id=own(each.id)) for each in devices),
        draw(NOTES),
        draw(EXTENSIONS),
        tuple((namespace, draw(WORD)) for namespace in draw(st.sets(st.sampled_from(NAMESPACES)))),
    )
