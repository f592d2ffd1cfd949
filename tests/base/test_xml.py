from __future__ import annotations

import contextlib
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Malformed
from hereabouts.base.xml import (
    XML,
    Attribute,
    DoctypeRefused,
    MalformedXml,
    NestedTooDeep,
    Node,
    Tree,
    parse,
)
from tests.native.twins import documents_by
from tests.native.ways import WAYS


@pytest.fixture(params=WAYS, scope="module", autouse=True)
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    with documents_by(request.param):
        yield


def _node(name: str, text: str = "") -> Node:
    return Node("", name, text=text)


@pytest.mark.parametrize(
    "text, root",
    [
        pytest.param("<a/>", _node("a"), id="an empty element"),
        pytest.param("<a> x </a>", _node("a", " x "), id="text is kept as it stands"),
        pytest.param("<a> </a>", _node("a", " "), id="text of spaces alone too"),
        pytest.param(
            "<a>\n <b/>\n <c/>\n</a>",
            Node("", "a", children=(_node("b"), _node("c"))),
            id="white space that sets elements apart goes",
        ),
        pytest.param(
            "<a>\u00a0<b/></a>",
            Node("", "a", text="\u00a0", children=(_node("b"),)),
            id="a space that is none to XML is text",
        ),
        pytest.param(
            "<a>x <b/> y</a>",
            Node("", "a", text="x ", children=(Node("", "b", tail=" y"),)),
            id="text between elements stays where it is",
        ),
        pytest.param(
            "<a>x<!-- no --><?no no?>y<![CDATA[<&]]></a>",
            _node("a", "xy<&"),
            id="comments and instructions go, CDATA is text",
        ),
        pytest.param(
            '<p:a xmlns:p="urn:x" p:b="1" c="2"/>',
            Node("urn:x", "a", (Attribute("urn:x", "b", "1"), Attribute("", "c", "2"))),
            id="prefixes stand for namespaces",
        ),
        pytest.param(
            '<a xml:lang="fi"/>',
            Node("", "a", (Attribute(XML, "lang", "fi"),)),
            id="the prefix xml needs no declaration",
        ),
        pytest.param(
            '<a xmlns="urn:x"><b xmlns=""/></a>',
            Node("urn:x", "a", children=(_node("b"),)),
            id="a default namespace can end",
        ),
        pytest.param("<a>&lt;&amp;&#228;</a>", _node("a", "<&\u00e4"), id="what XML itself names"),
    ],
)
def test_elements_become_values(text: str, root: Node) -> None:
    assert parse(text.encode()).root == root


def test_the_first_prefix_of_each_namespace_is_known() -> None:
    tree = parse(b'<p:a xmlns:p="urn:x" xmlns="urn:y"><c/><q:b xmlns:q="urn:x" r="" p:s=""/></p:a>')
    assert tree.prefixes == (("urn:x", "p"),)


def test_an_attribute_is_found_by_name_and_namespace() -> None:
    root = parse(b'<a id="1" xml:id="2"/>').root
    assert (root.attribute("id"), root.attribute("id", XML), root.attribute("x")) == (
        "1",
        "2",
        None,
    )


A_UMLAUT = Node("", "a", text="\u00e4")


@pytest.mark.parametrize(
    "body, charset",
    [
        pytest.param("<a>\u00e4</a>".encode(), None, id="UTF-8 where nothing is said"),
        pytest.param("\ufeff<a>\u00e4</a>".encode(), None, id="a byte order mark is accepted"),
        pytest.param("\ufeff<a>\u00e4</a>".encode(), "UTF-8", id="with the charset said as well"),
        pytest.param("<a>\u00e4</a>".encode(), '"utf-8"', id="a quoted charset"),
        pytest.param(
            '<?xml version="1.0" encoding="ISO-8859-1"?><a>\u00e4</a>'.encode("latin-1"),
            None,
            id="the declaration holds where no charset is said",
        ),
        pytest.param(
            '<?xml version="1.0" encoding="ISO-8859-1"?><a>\u00e4</a>'.encode(),
            "UTF-8",
            id="the charset beats the declaration",
        ),
        pytest.param(
            '<?xml version="1.0" encoding="UTF-8"?><a>\u00e4</a>'.encode("latin-1"),
            "iso-8859-1",
            id="whichever of the two is right",
        ),
        pytest.param("\ufeff<a>\u00e4</a>".encode("utf-16-le"), None, id="UTF-16 by its mark"),
        pytest.param(
            '\ufeff<?xml version="1.0" encoding="UTF-16"?><a>\u00e4</a>'.encode("utf-16-be"),
            None,
            id="UTF-16, high byte first",
        ),
        pytest.param("<a>\u00e4</a>".encode("utf-16-be"), "utf-16be", id="UTF-16 by its charset"),
    ],
)
def test_the_character_set_is_that_of_the_message_then_of_the_document(
    body: bytes, charset: str | None
) -> None:
    assert parse(body, charset=charset).root == A_UMLAUT


BOMB = b"""<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;">]>
<a>&d;</a>"""


@pytest.mark.parametrize(
    "body, why",
    [
        pytest.param(BOMB, "line 1: a DOCTYPE is not accepted", id="entities that multiply"),
        pytest.param(
            b'<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
            "line 2: a DOCTYPE is not accepted",
            id="a file as entity",
        ),
        pytest.param(
            b'<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>',
            "line 1: a DOCTYPE is not accepted",
            id="a definition elsewhere",
        ),
        pytest.param(
            b'<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1/b">%b;]><a/>',
            "line 1: a DOCTYPE is not accepted",
            id="a parameter entity",
        ),
        pytest.param(
            "\ufeff<!DOCTYPE a><a/>".encode("utf-16-le"),
            "line 1: a DOCTYPE is not accepted",
            id="a DOCTYPE in another encoding",
        ),
        pytest.param(b"<a>&b;</a>", "line 1: undefined entity", id="an entity nobody defined"),
        pytest.param(
            b"<a>" * 33 + b"</a>" * 33,
            "line 1: elements are nested deeper than 32",
            id="deep nesting",
        ),
        pytest.param(
            b"<a>" * 20_000, "line 1: elements are nested deeper than 32", id="far deeper"
        ),
        pytest.param(
            b'<a b="' + b"x" * 65_536 + b'"/>',
            "the document is longer than 65536 bytes",
            id="a huge attribute",
        ),
        pytest.param(b"<a>\n<b></a>", "line 2: mismatched tag", id="tags that do not match"),
        pytest.param(b"<a><b/>", "line 1: no element found", id="an end that never comes"),
        pytest.param(b"", "line 1: no element found", id="nothing"),
        pytest.param(b"<a/><b/>", "line 1: junk after document element", id="two roots"),
        pytest.param(b"<a b='1' b='2'/>", "line 1: duplicate attribute", id="one name twice"),
        pytest.param(b"<p:a/>", "line 1: unbound prefix", id="a prefix without a namespace"),
        pytest.param(b"<a>\x00</a>", "line 1: not well-formed", id="a character that XML has not"),
        pytest.param(b"<a>\xff</a>", "byte 3 is not utf-8", id="not the encoding it should be"),
        pytest.param(
            b'<?xml version="1.0" encoding="x-unknown"?><a/>',
            "the character set 'x-unknown' is not one we read",
            id="an unknown encoding",
        ),
    ],
)
def test_what_cannot_be_read_safely_is_refused_with_a_reason(body: bytes, why: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse(body)
    assert str(refused.value).startswith(why)


@pytest.mark.parametrize(
    "body, refusal, line",
    [
        pytest.param(b"\n<!DOCTYPE a>\n<a/>", DoctypeRefused, 2, id="a DOCTYPE"),
        pytest.param(b"<a>\n" * 33, NestedTooDeep, 33, id="deep nesting"),
        pytest.param(b"<a>\n\n</b>", MalformedXml, 3, id="not well-formed"),
        pytest.param(b"\xff", MalformedXml, None, id="not a text, so without lines"),
    ],
)
def test_a_refusal_says_of_what_kind_it_is_and_where(
    body: bytes, refusal: type[MalformedXml], line: int | None
) -> None:
    with pytest.raises(MalformedXml) as refused:
        parse(body)
    assert (type(refused.value), refused.value.line) == (refusal, line)
    assert str(refused.value).endswith(refused.value.why)


def test_the_line_of_each_element_is_told_to_those_who_ask() -> None:
    document = b"<a>\n<b/><c>\n\n<d\n e=''/></c>\n</a>"
    assert parse(document, with_lines=True).lines == (1, 2, 2, 4)
    assert parse(document).lines == ()
    assert parse(document, with_lines=True).root == parse(document).root


@pytest.mark.parametrize("charset", ["zlib", "idna", "unicode_escape", "utf-7", " "])
def test_only_plain_character_sets_are_read(charset: str) -> None:
    """Python knows codecs that are none, or cost far more than their input is long."""
    with pytest.raises(Malformed, match="is not one we read"):
        parse(b"<a/>", charset=charset)


def test_limits_are_the_callers() -> None:
    assert parse(b"<a><b/></a>", maximum_depth=2, maximum_size=11)
    with pytest.raises(Malformed, match="deeper than 1"):
        parse(b"<a><b/></a>", maximum_depth=1)
    with pytest.raises(Malformed, match="longer than 10 bytes"):
        parse(b"<a><b/></a>", maximum_size=10)


def test_the_depth_that_is_allowed_is_read() -> None:
    depth = 0
    node: Node | None = parse(b"<a>" * 32 + b"</a>" * 32).root
    while node is not None:
        depth += 1
        node = node.children[0] if node.children else None
    assert depth == 32


def test_nothing_stays_behind_of_names_that_never_come_again() -> None:
    def read_many(start: int) -> None:
        for number in range(start, start + 50):
            names = "".join(f"<fresh{number}x{each}/>" for each in range(500))
            parse(f"<a>{names}</a>".encode(), with_lines=bool(number % 2))

    read_many(0)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        read_many(1000)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 100_000


@given(st.binary(max_size=200), st.none() | st.text(max_size=8))
def test_anything_at_all_raises_only_malformed(body: bytes, charset: str | None) -> None:
    with contextlib.suppress(Malformed):
        assert isinstance(parse(body, charset=charset), Tree)


MARKUP = st.sampled_from(
    ["<a>", "</a>", "<p:b ", "xmlns:p='u'", ">", "/>", "<!--", "-->", "<![CDATA[", "]]>", "&lt;",
     "&#0;", "<!DOCTYPE a", "[", "]>", "<?xml version='1.0'?>", "x", " ", "\u00e4", "xmlns=''"]
)  # fmt: skip


@given(st.lists(MARKUP, max_size=12))
def test_any_heap_of_markup_raises_only_malformed(pieces: list[str]) -> None:
    with contextlib.suppress(Malformed):
        assert isinstance(parse("".join(pieces).encode()), Tree)
