"""The compiled reader of XML: ordinary documents it reads as Python does; it leaves the others."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hereabouts.base.xml import Attribute, Node, Tree
from hereabouts.native.choice import load, trees
from tests.interop.spoilt import ANYWHERE, Spoil, apply
from tests.native.documents import DEEP, ORDINARY, UNUSUAL, nested
from tests.native.twins import agree_on_document as agree
from tests.native.ways import built
from tests.presence.pidf.samples import SAMPLES

pytestmark = built

EXAMPLES = 500
DOCUMENTS = list(SAMPLES.values())


def unprepared() -> Any:  # noqa: ANN401 - the module as it is when it is loaded
    """The module once more, without what `base.xml` has taught it."""
    before = sys.modules.pop("hereabouts.native.trees")
    try:
        return load("trees", {})
    finally:
        sys.modules["hereabouts.native.trees"] = before


# --- what it reads itself


@pytest.mark.parametrize("name", SAMPLES)
def test_what_publishers_send_is_read_as_python_reads_it(name: str) -> None:
    assert agree(SAMPLES[name])


@pytest.mark.parametrize("text", ORDINARY)
def test_the_ordinary_is_read_as_python_reads_it(text: str) -> None:
    assert agree(text.encode())


def test_names_that_share_a_place_are_told_apart() -> None:
    for first in range(0, 5000, 250):
        names = "".join(f"<n{each}/>" for each in range(first, first + 250))
        assert agree(f"<a>{names}</a>".encode())


# --- what it leaves to Python


@pytest.mark.parametrize("document", UNUSUAL)
def test_the_unusual_is_left_to_python(document: bytes) -> None:
    assert not agree(document)


@pytest.mark.parametrize("depth, is_read", [(2, True), (1, False), (0, False), (-1, False)])
def test_the_depth_that_is_allowed_is_the_callers(depth: int, is_read: bool) -> None:  # noqa: FBT001
    assert agree(nested(2), maximum_depth=depth) is is_read


@pytest.mark.parametrize("depth", [2**31, -(2**31), 2**63, -(2**63) - 1])
def test_any_number_is_a_depth(depth: int) -> None:
    agree(nested(2), maximum_depth=depth)
    agree(nested(DEEP + 1), maximum_depth=depth)


@pytest.mark.parametrize("other", ["<a/>", bytearray(b"<a/>"), None, 5])
def test_what_is_no_bytes_is_left_to_python(other: Any) -> None:  # noqa: ANN401
    assert trees is not None
    assert trees.read(other, DEEP) is None


@pytest.mark.parametrize("arguments", [(), (b"<a/>",), (b"<a/>", "2"), (b"<a/>", 2, 2)])
def test_it_is_asked_for_a_document_and_its_depth(arguments: Any) -> None:  # noqa: ANN401
    assert trees is not None
    with pytest.raises(TypeError):
        trees.read(*arguments)


# --- any bytes


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_part_of_a_document_is_one_to_agree_on(document: bytes) -> None:
    for end in range(len(document) + 1):
        agree(document[:end])


@settings(max_examples=EXAMPLES)
@given(st.sampled_from(DOCUMENTS), st.lists(ANYWHERE, max_size=4))
def test_damage_is_agreed_on(document: bytes, damages: list[Spoil]) -> None:
    agree(apply(damages, document))


MARKUP = [
    "<a>", "</a>", "<p:b ", "<p:b>", "</p:b>", "<b", "xmlns:p='u'", " xmlns='u'", " xmlns='v'",
    " c=''", " p:c='d'", " q:c=''", " xmlns:q='v'", ">", "/>", "<b/>", "<!--", "-->", "<![CDATA[",
    "]]>", "&lt;", "&#0;", "&#32;", "<!DOCTYPE a", "[", "]>", "<?xml version='1.0'?>", "x", " ",
    "\n", "\r", "\u00e4", "\u00a0", "\ufeff", "\0", " xml:lang='fi'", " xmlns=''", "<?a b?>",
    "<", "&", "&amp", ";", "&#x", "41", "]", "-", ":", "=", "'", '"', "/", " xmlns:q='u'", "\ufffe",
]  # fmt: skip
PIECES = st.lists(st.sampled_from(MARKUP), max_size=12)


@settings(max_examples=EXAMPLES)
@given(PIECES, st.binary(max_size=3))
def test_any_pieces_are_agreed_on(pieces: list[str], others: bytes) -> None:
    agree("".join(pieces).encode() + others)


@settings(max_examples=EXAMPLES)
@given(PIECES, st.integers(0, 100))
def test_pieces_in_a_document_are_agreed_on(pieces: list[str], place: int) -> None:
    document = b"<a xmlns:p='u'><p:b>x</p:b> <p:b c='d'> </p:b>\n<p:d><a/></p:d></a>"
    agree(document[:place] + "".join(pieces).encode() + document[place:])


CHARACTERS = st.lists(
    st.sampled_from(["&#%d;", "&#x%x;", "%c", "&amp;", "&gt;", "\t", "\r", "\n", "]", ">", "x"]),
    max_size=8,
)
NUMBERS = st.one_of(st.integers(0, 300), st.integers(0xD7F0, 0xE010), st.integers(0xFFF0, 0x110010))


@settings(max_examples=EXAMPLES)
@given(CHARACTERS, NUMBERS)
def test_any_characters_are_agreed_on(pieces: list[str], number: int) -> None:
    number_or_less = min(number, sys.maxunicode)
    text = "".join(
        piece % (number_or_less if piece == "%c" else number) if "%" in piece else piece
        for piece in pieces
    ).encode(errors="surrogatepass")
    agree(b"<a>%b</a>" % text)
    agree(b"<a b='%b'/>" % text)
    agree(b"<a xmlns='%b'/>" % text)


DECLARED = st.lists(st.tuples(st.sampled_from(["", "p", "q", "xml"]), st.sampled_from("uvw")))
NAMED = st.lists(st.sampled_from(["a", "p:a", "q:a", "p:b", "xml:a", ":a", "p:q:a"]), max_size=4)


@settings(max_examples=EXAMPLES)
@given(st.lists(st.tuples(NAMED, DECLARED), min_size=1, max_size=3))
def test_any_namespaces_are_agreed_on(
    levels: list[tuple[list[str], list[tuple[str, str]]]],
) -> None:
    document = "<p:c/>"
    for names, declared in levels:
        spaces = "".join(f" xmlns{prefix and ':'}{prefix}='{uri}'" for prefix, uri in declared)
        own = "".join(f" {name}=''" for name in names[1:])
        tag = names[0] if names else "b"
        document = f"<{tag}{own}{spaces}>{document}</{tag}><d/>"
    agree(f"<e xmlns:p='u' xmlns:q='v'>{document}</e>".encode())


CHILDREN = st.recursive(
    st.sampled_from(["<b/>", "<p:b/>", "<q:b q:c='1' p:d='2'/>", "<b xmlns='w'>x</b>", " ", "\n"]),
    lambda inner: st.lists(inner, max_size=4).map(lambda parts: f"<p:c>{''.join(parts)}</p:c>"),
)


@settings(max_examples=EXAMPLES)
@given(st.lists(CHILDREN, max_size=4))
def test_elements_in_any_order_are_read(parts: list[str]) -> None:
    assert agree(f"<a xmlns:p='u' xmlns:q='v'>{''.join(parts)}</a>".encode())


# --- what it keeps


def test_nothing_stays_behind_of_documents_read_or_not() -> None:
    assert trees is not None
    parts = [document[:end] for document in DOCUMENTS for end in range(0, len(document), 7)]

    def read_all() -> int:
        for document in (*DOCUMENTS, *parts):
            trees.read(document, DEEP)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    read_all()
    tracemalloc.start()
    try:
        before = read_all()
        after = max(read_all() for _ in range(5))
    finally:
        tracemalloc.stop()
    assert after - before < 1000


def test_nothing_of_ours_is_held_longer_than_the_tree() -> None:
    assert trees is not None
    shared = (Tree, Node, Attribute, (), "")
    trees.read(DOCUMENTS[0], DEEP)
    before = [sys.getrefcount(each) for each in shared]
    for document in DOCUMENTS * 100:
        trees.read(document, DEEP)
        trees.read(document[:-9], DEEP)
    for each, count in zip(shared, before, strict=True):
        assert abs(sys.getrefcount(each) - count) < 50


# --- what it is taught


def test_untaught_it_reads_nothing() -> None:
    assert unprepared().read(b"<a/>", DEEP) is None


@pytest.mark.parametrize("place", range(3))
def test_what_its_classes_raise_is_raised(place: int) -> None:
    classes: list[type] = [Tree, Node, Attribute]
    classes[place] = int
    module = unprepared()
    module.prepare(*classes)
    for _ in range(1000):
        with pytest.raises(TypeError):
            module.read(b"<a><b c=''/></a>", DEEP)


def test_it_can_be_taught_again() -> None:
    module = unprepared()
    for kind in (list, tuple):
        module.prepare(lambda *parts, kind=kind: kind(parts), Node, Attribute)
    assert module.read(b"<a/>", DEEP) == (Node("", "a"), ())


def test_it_can_be_asked_while_it_reads() -> None:
    module = unprepared()
    again = [b"<p:a xmlns:p='u'>y</p:a>", b"<a>"]

    def node(*parts: Any) -> object:  # noqa: ANN401
        while again:
            module.read(again.pop(), DEEP)
        return Node(*parts)

    module.prepare(Tree, node, Attribute)
    document = b"<a xmlns:p='v'><p:b>x</p:b></a>"
    assert trees is not None
    assert module.read(document, DEEP) == trees.read(document, DEEP)
    assert not again
