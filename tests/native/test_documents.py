"""The compiled presence documents: what is ordinary they read, compose and write as Python does."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Timestamp
from hereabouts.base.xml import XML, Attribute, Node, Tree, parse
from hereabouts.native.choice import documents as native
from hereabouts.native.choice import load
from hereabouts.presence.composition import Published, compose
from hereabouts.presence.pidf.document import (
    Basic,
    Contact,
    Device,
    Document,
    MalformedDocument,
    Note,
    Person,
    PresenceTuple,
)
from hereabouts.presence.pidf.namespaces import DATA_MODEL, PIDF, PREFIXES, RPID
from hereabouts.presence.pidf.reader import read
from hereabouts.presence.pidf.writer import write, write_timeless
from tests.interop.spoilt import ANYWHERE, Spoil, apply
from tests.native.twins import documents_by
from tests.native.ways import Way, built
from tests.presence.pidf.generated import documents
from tests.presence.pidf.samples import SAMPLES, published

pytestmark = built

EXAMPLES = 200
ALICE = "sip:alice@example.com"
CLASSES = (Tree, Node, Attribute, Document, PresenceTuple, Person, Device, Note, Contact)
OPEN = PresenceTuple("t1", Basic.OPEN)


def unprepared() -> Any:  # noqa: ANN401 - the module as it is when it is loaded
    """The module once more, without what `presence.pidf` has taught it."""
    before = sys.modules.pop("hereabouts.native.documents")
    try:
        return load("documents", {})
    finally:
        sys.modules["hereabouts.native.documents"] = before


def said(body: bytes, way: Way = Way.PYTHON) -> Document | str:
    """The document in a body, by Python alone or not; or why there is none."""
    with documents_by(way):
        try:
            return read(body)
        except MalformedDocument as fault:
            return str(fault)


def agree_on_reading(body: bytes) -> bool:
    """Whether the compiled reader understands this document itself; both must say the same."""
    assert native is not None
    try:
        tree = parse(body)
    except Malformed:
        return False
    found = native.understand(tree)
    assert found is None or found == said(body)
    assert said(body, Way.NATIVE) == said(body)
    return found is not None


def agree_on_writing(document: Document) -> bool:
    """Whether the compiled writer writes this document itself; both must write the same."""
    assert native is not None
    with documents_by(Way.PYTHON):
        expected = [write(document), write_timeless(document)]
    found = [native.write(document), native.write_timeless(document)]
    for each, other in zip(found, expected, strict=True):
        assert each in (None, other)
    with documents_by(Way.NATIVE):
        assert [write(document), write_timeless(document)] == expected
    return None not in found


def agree_on_composing(document: Document) -> bool:
    """Whether a publication that is the only one is composed in C; both must compose the same."""
    assert native is not None
    with documents_by(Way.PYTHON):
        expected = compose(ALICE, [Published("5lot", document, Timestamp(1.0))])
    found = native.compose(ALICE, "5lot", document)
    assert found in (None, expected)
    with documents_by(Way.NATIVE):
        assert compose(ALICE, [Published("5lot", document, Timestamp(1.0))]) == expected
    return found is not None


# --- reading


@pytest.mark.parametrize("name", SAMPLES)
def test_what_publishers_send_is_understood_as_python_understands_it(name: str) -> None:
    agree_on_reading(SAMPLES[name])


def test_what_most_publishers_send_is_understood_in_c() -> None:
    understood = [name for name in SAMPLES if agree_on_reading(SAMPLES[name])]
    assert len(understood) > len(SAMPLES) // 2, understood


TUPLE = '<tuple id="t1"><status><basic>open</basic></status>{}</tuple>'
PERSON = '<dm:person id="p1">{}</dm:person>'

UNDERSTOOD = [
    pytest.param("", id="nothing at all"),
    pytest.param(TUPLE.format(""), id="a tuple"),
    pytest.param(TUPLE.replace("open", "closed"), id="a closed one"),
    pytest.param(TUPLE.format("<contact>sip:a@b</contact>"), id="a contact"),
    pytest.param(TUPLE.format("<contact> sip:a@b\n</contact>"), id="white space around it"),
    pytest.param(TUPLE.format("<contact>\u00a0s\u00a0</contact>"), id="a space of another kind"),
    *[
        pytest.param(TUPLE.format(f"<contact priority='{each}'>s</contact>"), id=f"priority {each}")
        for each in ("0", "1", "0.", "1.", "0.5", "0.125", "1.000", " 0.8 ", "")
    ],
    pytest.param(TUPLE.format("<note>x</note><note xml:lang='fi'>y</note>"), id="notes"),
    pytest.param(TUPLE.format("<note xml:lang='en-GB'> \u00e4 </note>"), id="a note as it is"),
    *[
        pytest.param(TUPLE.format(f"<timestamp>{each}</timestamp>"), id=f"date {each}")
        for each in (
            "2026-03-01T08:15:30Z", " 2026-03-01T08:15:30Z ", "2026-03-01T08:15:30",
            "2026-03-01T08:15:30.2Z", "2026-03-01T08:15:30.123456+02:00", "2024-02-29T23:59:59Z",
            "2000-02-29T00:00:00-13:59", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "",
        )
    ],
    pytest.param(TUPLE.format("<rpid:x/><dm:y>z</dm:y><a xmlns='u'/><b xmlns=''/>"), id="others"),
    pytest.param(TUPLE.replace("<basic>open</basic>", "<rpid:x/>"), id="a status of others"),
    pytest.param(PERSON.format(""), id="a person"),
    pytest.param(PERSON.format("<rpid:activities><rpid:away/></rpid:activities>"), id="activities"),
    pytest.param(PERSON.format("<dm:note>x</dm:note><note>y</note>"), id="notes of a person"),
    pytest.param('<dm:device id="d"><dm:deviceID>u</dm:deviceID></dm:device>', id="a device"),
    pytest.param("<note>x</note><rpid:x/><y/><z xmlns='u'/>", id="what is about all of them"),
    pytest.param(TUPLE.format("") + PERSON.format(""), id="two occurrences"),
]  # fmt: skip


@pytest.mark.parametrize("content", UNDERSTOOD)
def test_the_ordinary_is_understood(content: str) -> None:
    assert agree_on_reading(published(content.format("")))


LEFT_TO_PYTHON = [
    pytest.param("<tuple id='t1'/>", id="no status"),
    pytest.param("<tuple id='t1'><status/></tuple>", id="an empty status"),
    *[
        pytest.param(TUPLE.replace("open", each).format(""), id=f"basic {each!r}")
        for each in ("unknown", "?", " open", "OPEN", "", "maybe")
    ],
    *[
        pytest.param(TUPLE.replace("t1", each).format(""), id=f"id {each!r}")
        for each in ("", "1", "a b", "\u00e4", "-a")
    ],
    pytest.param(TUPLE.replace(" id='t1'", "").replace(' id="t1"', "").format(""), id="no id"),
    pytest.param(TUPLE.format("") * 2, id="one id twice"),
    pytest.param(TUPLE.format("") + PERSON.replace("p1", "t1").format(""), id="and of two kinds"),
    pytest.param(TUPLE.format("<contact> </contact>"), id="an empty contact"),
    *[
        pytest.param(TUPLE.format(f"<contact priority='{each}'>s</contact>"), id=f"priority {each}")
        for each in ("2", "1.1", "0.1234", ".5", "0,5", "\u0660", "-0", "1.0000")
    ],
    *[
        pytest.param(TUPLE.format(f"<timestamp>{each}</timestamp>"), id=f"date {each}")
        for each in (
            "yesterday", "2026-03-01t08:15:30z", "2026-02-29T08:15:30Z", "1900-02-29T08:15:30Z",
            "2026-13-01T08:15:30Z", "2026-00-01T08:15:30Z", "2026-04-31T08:15:30Z",
            "2026-03-01T24:00:00Z", "2026-03-01T08:60:30Z", "2026-03-01T08:15:60Z",
            "0000-01-01T00:00:00Z", "2026-03-01 08:15:30Z", "2026-03-01T08:15:30.Z",
            "2026-03-01T08:15:30.1234567Z", "2026-03-01T08:15:30+14:00",
            "2026-03-01T08:15:30+14:01",
            "2026-03-01T08:15:30+1:00", "2026-03-01T08:15", "\u0662026-03-01T08:15:30Z",
        )
    ],
    pytest.param(TUPLE.format("<note xml:lang='e'>x</note>"), id="a language that is none"),
    pytest.param(TUPLE.format("<note xml:lang='zh-Hant'>x</note>"), id="a long language"),
    pytest.param('<dm:device id="d"/>', id="a device that says not which"),
    pytest.param(TUPLE.format("<note>x</note>" * 65), id="too many notes"),
    pytest.param("".join(TUPLE.replace("t1", f"t{n}").format("") for n in range(65)), id="tuples"),
]  # fmt: skip


@pytest.mark.parametrize("content", LEFT_TO_PYTHON)
def test_the_unusual_is_left_to_python(content: str) -> None:
    assert not agree_on_reading(published(content))


@pytest.mark.parametrize(
    "body",
    [
        b"<presence/>",
        f"<x xmlns='{PIDF}' entity='a'/>".encode(),
        f"<presence xmlns='{PIDF}'/>".encode(),
        f"<presence xmlns='{PIDF}' entity=' '/>".encode(),
        f"<presence xmlns='{PIDF}' entity='a' xml:lang='?'/>".encode(),
    ],
)
def test_what_is_no_document_about_somebody_is_left_to_python(body: bytes) -> None:
    assert not agree_on_reading(body)


@settings(max_examples=EXAMPLES)
@given(documents())
def test_what_was_written_is_understood_the_same(document: Document) -> None:
    agree_on_reading(write(document))


PARTS = st.lists(
    st.sampled_from([each.values[0] for each in (*UNDERSTOOD, *LEFT_TO_PYTHON)]), max_size=4
)


@settings(max_examples=EXAMPLES)
@given(PARTS, PARTS)
def test_any_parts_are_understood_the_same(parts: list[str], inner: list[str]) -> None:
    agree_on_reading(published("".join([*parts, TUPLE.replace("t1", "t").format("".join(inner))])))


@settings(max_examples=EXAMPLES)
@given(st.sampled_from(list(SAMPLES.values())), st.lists(ANYWHERE, max_size=3))
def test_damage_is_understood_the_same(document: bytes, damages: list[Spoil]) -> None:
    agree_on_reading(apply(damages, document))


@pytest.mark.parametrize("other", [None, 5, "<presence/>", b"", Node("", "a"), Tree(None)])  # type: ignore[arg-type]
def test_what_is_no_tree_is_left_to_python(other: object) -> None:
    assert native is not None
    assert native.understand(other) is None


# --- writing


@settings(max_examples=EXAMPLES)
@given(documents())
def test_documents_of_every_shape_are_written_the_same(document: Document) -> None:
    agree_on_writing(document)


def about(*extensions: Node, **fields: Any) -> Document:  # noqa: ANN401 - fields of a document
    """A document that has these extensions in its tuple."""
    return Document(ALICE, (replace(OPEN, extensions=extensions),), **fields)


WRITTEN = [
    pytest.param(Document(ALICE), id="nothing"),
    pytest.param(Document('sip:"<&>\t\n\r@h'), id="markup in the entity"),
    pytest.param(
        Document(ALICE, notes=(Note("<&>\r\n\t\"'\u00e4\U0001f600\ufffd"),)), id="and in text"
    ),
    pytest.param(Document(ALICE, (replace(OPEN, basic=None),)), id="no basic status"),
    pytest.param(Document(ALICE, (replace(OPEN, contact=Contact("s", "0.5")),)), id="a contact"),
    pytest.param(Document(ALICE, (replace(OPEN, timestamp="2026-03-01T08:15:30Z"),)), id="a date"),
    pytest.param(Document(ALICE, persons=(Person("p", notes=(Note("x", "fi"),)),)), id="a person"),
    pytest.param(Document(ALICE, devices=(Device("d", "urn:1"), Device("e", ""))), id="devices"),
    pytest.param(about(Node("urn:x", "a"), Node("urn:y", "b")), id="no prefixes wanted"),
    pytest.param(about(Node("urn:x", "a"), prefixes=(("urn:x", "q"),)), id="a prefix wanted"),
    pytest.param(about(Node(RPID, "a", (Attribute(XML, "lang", "fi"),))), id="an attribute of xml"),
    pytest.param(about(Node(RPID, "a", (Attribute(PIDF, "b", "'\"<"),), "t")), id="and of PIDF"),
    pytest.param(about(Node(RPID, "\u00e4", text="\u00f6")), id="what is not ASCII"),
    pytest.param(about(Node(RPID, "a", children=(Node(RPID, "b", tail="t"),))), id="a tail"),
]


@pytest.mark.parametrize("document", WRITTEN)
def test_the_ordinary_is_written_in_c(document: Document) -> None:
    assert agree_on_writing(document)


DEEP = Node(RPID, "a")
for _ in range(32):
    DEEP = Node(RPID, "a", children=(DEEP,))

PYTHON_WRITES = [
    pytest.param(Document(ALICE, notes=(Note("\x00"),)), id="what no XML can hold"),
    pytest.param(Document(ALICE, notes=(Note("\uffff"),)), id="nor this"),
    pytest.param(Document(ALICE, notes=(Note("\ud800"),)), id="half a character"),
    pytest.param(Document(ALICE, notes=(Note("x" * 17_000),)), id="a long text"),
    pytest.param(about(Node("", "a")), id="an element of no namespace"),
    pytest.param(about(Node(PIDF, "a")), id="one of PIDF"),
    pytest.param(about(Node("urn:\u00e4", "a")), id="a namespace that is not ASCII"),
    pytest.param(about(DEEP), id="deep nesting"),
    pytest.param(about(*[Node(f"urn:{n}", "a") for n in range(17)]), id="many namespaces"),
    pytest.param(about(Node("u" * 2100, "a")), id="a long namespace"),
]
ODDLY_WANTED = [
    pytest.param("rpid", id="a prefix that is fixed"),
    pytest.param("XMLish", id="one that begins with xml"),
    pytest.param("", id="none"),
    pytest.param("1", id="a digit"),
    pytest.param("\u00e4", id="one that is not ASCII"),
]


@pytest.mark.parametrize("document", PYTHON_WRITES)
def test_the_unusual_is_written_by_python(document: Document) -> None:
    assert not agree_on_writing(document)


@pytest.mark.parametrize("prefix", ODDLY_WANTED)
def test_a_prefix_that_cannot_be_given_is_left_to_python(prefix: str) -> None:
    assert not agree_on_writing(about(Node("urn:x", "a"), prefixes=(("urn:x", prefix),)))


@pytest.mark.parametrize("names", [("q", "q"), ("ns1", ""), ("", "ns1")])
def test_prefixes_that_meet_are_told_apart(names: tuple[str, str]) -> None:
    nodes = (Node("urn:x", "a"), Node("urn:y", "b"), Node("urn:z", "c"))
    wanted = tuple(zip(("urn:x", "urn:y"), names, strict=True))
    agree_on_writing(about(*nodes, prefixes=wanted))


@settings(max_examples=EXAMPLES)
@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_written_the_same(text: str, other: str) -> None:
    node = Node(RPID, "a", (Attribute("", "b", other),), text)
    agree_on_writing(about(node, notes=(Note(other),)))


# --- composing


@settings(max_examples=EXAMPLES)
@given(documents())
def test_documents_of_every_shape_are_composed_the_same(document: Document) -> None:
    agree_on_composing(document)


CLASS = Node(RPID, "class", text="work")
IDENTIFIED = Node(RPID, "mood", (Attribute("", "id", "m1"),))

COMPOSED = [
    pytest.param(Document(ALICE), True, id="nothing"),
    pytest.param(
        Document(ALICE, (OPEN,), (Person("p"),), (Device("d", "u"),)), True, id="one each"
    ),
    pytest.param(Document(ALICE, notes=(Note("x"),), others=(Node(RPID, "a"),)), True, id="others"),
    pytest.param(Document(ALICE, prefixes=(("urn:x", "q"),)), True, id="prefixes"),
    pytest.param(Document(ALICE, (OPEN, replace(OPEN, id="t2"))), False, id="two tuples"),
    pytest.param(Document(ALICE, (), (Person("p"), Person("q"))), False, id="two persons"),
    pytest.param(Document(ALICE, (), (), (Device("d", "u"),) * 2), False, id="one device twice"),
    pytest.param(Document(ALICE, notes=(Note("x"), Note("x"))), False, id="one note twice"),
    pytest.param(Document(ALICE, others=(Node(RPID, "a"),) * 2), False, id="one element twice"),
    pytest.param(Document(ALICE, persons=(Person("p", (CLASS,)),)), False, id="a class"),
    pytest.param(about(IDENTIFIED), False, id="an identifier"),
    pytest.param(about(Node(RPID, "a", children=(IDENTIFIED,))), False, id="one further in"),
    pytest.param(about(Node("urn:x", "a", (Attribute("", "id", "1"),))), False, id="of others"),
    pytest.param(Document(ALICE, others=(IDENTIFIED,)), False, id="one beside the tuples"),
    pytest.param(about(DEEP), False, id="deep nesting"),
]


@pytest.mark.parametrize("document, is_plain", COMPOSED)
def test_what_has_but_one_of_each_is_composed_in_c(document: Document, *, is_plain: bool) -> None:
    assert agree_on_composing(document) is is_plain


@pytest.mark.parametrize(
    "arguments", [(), (ALICE, "1"), (ALICE, b"1", Document(ALICE)), (1, "", 2)]
)
def test_it_is_told_of_whom_and_of_what(arguments: Any) -> None:  # noqa: ANN401
    assert native is not None
    with pytest.raises(TypeError):
        native.compose(*arguments)


# --- what it keeps, and what it is taught


def test_nothing_stays_behind() -> None:
    assert native is not None
    trees = [parse(body) for body in SAMPLES.values()]
    made = [read(body) for body in SAMPLES.values()]
    made += [each for row in (*WRITTEN, *PYTHON_WRITES) for each in row.values]  # type: ignore[misc]

    def work() -> int:
        assert native is not None
        for tree in trees:
            native.understand(tree)
        for document in made:
            native.write(document)
            native.compose(ALICE, "1", document)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    work()
    tracemalloc.start()
    try:
        before = work()
        after = max(work() for _ in range(5))
    finally:
        tracemalloc.stop()
    assert after - before < 1000


def test_nothing_of_ours_is_held() -> None:
    assert native is not None
    shared = (Document, Note, Basic.OPEN, (), "", ALICE, DATA_MODEL)
    bodies = [parse(body) for body in SAMPLES.values()]
    before = [sys.getrefcount(each) for each in shared]
    for tree in bodies * 100:
        document = native.understand(tree)
        native.compose(ALICE, "1", document)
        native.write_timeless(document)
    del document
    for each, count in zip(shared, before, strict=True):
        assert abs(sys.getrefcount(each) - count) < 50


def test_untaught_it_gives_everything_back() -> None:
    module = unprepared()
    assert module.understand(parse(SAMPLES["pjsua"])) is None
    assert module.write(Document(ALICE)) is None
    assert module.compose(ALICE, "1", Document(ALICE)) is None


class Boxed:
    """Has a field of a name that is asked for, but no slot."""

    root = 5


class Slotted:
    """Has slots that may be empty, or hold anything."""

    __slots__ = ("attributes", "children", "name", "namespace", "tail", "text")


@pytest.mark.parametrize(
    "arguments",
    [
        ((), 1, 2, {}),
        (CLASSES[:-1], 1, 2, {}),
        ((*CLASSES, Tree), 1, 2, {}),
        (list(CLASSES), 1, 2, {}),
        (CLASSES, 1, 2, ()),
        ((Boxed, *CLASSES[1:]), 1, 2, {}),
        ((Node, *CLASSES[1:]), 1, 2, {}),
        ((5, *CLASSES[1:]), 1, 2, {}),
    ],
)
def test_it_is_taught_classes_with_slots(arguments: Any) -> None:  # noqa: ANN401
    with pytest.raises((TypeError, AttributeError)):
        unprepared().prepare(*arguments)


def test_fields_that_are_not_what_they_must_be_are_left_to_python() -> None:
    module = unprepared()
    module.prepare((Tree, Slotted, *CLASSES[2:]), Basic.OPEN, Basic.CLOSED, PREFIXES)
    odd: Any = Slotted()
    assert module.understand(Tree(odd)) is None
    for name, value in (("namespace", PIDF), ("name", "presence"), ("text", ""), ("tail", "")):
        setattr(odd, name, value)
    odd.attributes, odd.children = (Attribute("", "entity", ALICE),), [odd]
    assert module.understand(Tree(odd)) is None
    odd.children = (5,)
    assert module.understand(Tree(odd)) is None
    odd.children = ()
    assert module.understand(Tree(odd)) == Document(ALICE)
    odd.name = 5
    assert module.understand(Tree(odd)) is None


ODD_DOCUMENTS: list[Any] = [
    Document(5),  # type: ignore[arg-type]
    Document(ALICE, [OPEN]),  # type: ignore[arg-type]
    Document(ALICE, (5,)),  # type: ignore[arg-type]
    Document(ALICE, (replace(OPEN, basic=5),)),
    Document(ALICE, (replace(OPEN, contact=5),)),
    Document(ALICE, (replace(OPEN, extensions=(5,)),)),
    Document(ALICE, notes=(Note("x", 5),)),  # type: ignore[arg-type]
    about(Node(RPID, "a", (5,))),  # type: ignore[arg-type]
    about(Node("urn:x", "a"), prefixes=(("urn:x", 5),)),
    about(Node("urn:x", "a"), prefixes=(("urn:x", b"x"),)),
    msgspec.structs.replace(OPEN),
    None,
]


@pytest.mark.parametrize("document", ODD_DOCUMENTS)
def test_documents_that_are_none_are_left_to_python(document: object) -> None:
    assert native is not None
    assert native.write(document) is None
