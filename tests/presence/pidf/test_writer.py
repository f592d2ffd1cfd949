from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from hereabouts.base.xml import XML, Attribute, Node
from hereabouts.presence.pidf.document import (
    STAND_IN,
    Basic,
    Contact,
    Device,
    Document,
    Note,
    Person,
    PresenceTuple,
)
from hereabouts.presence.pidf.namespaces import DATA_MODEL, PIDF, RPID
from hereabouts.presence.pidf.reader import read
from hereabouts.presence.pidf.writer import write
from tests.native.twins import documents_by
from tests.native.ways import WAYS
from tests.presence.pidf.generated import documents
from tests.presence.pidf.samples import SAMPLES
from tests.presence.pidf.schema import faults

ALICE = "sip:alice@example.com"
OPEN = PresenceTuple("t1", Basic.OPEN)


@pytest.fixture(params=WAYS, scope="module", autouse=True)
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    with documents_by(request.param):
        yield


def test_a_document_reads_as_phones_expect_it() -> None:
    document = Document(
        ALICE,
        (
            PresenceTuple(
                "t1",
                Basic.OPEN,
                extensions=(Node(DATA_MODEL, "deviceID", text="urn:uuid:1"),),
                contact=Contact("sip:alice@192.0.2.1", "0.8"),
                notes=(Note("At work", "en"),),
                timestamp="2026-03-01T08:15:30Z",
            ),
        ),
        (Person("p1", (Node(RPID, "activities", children=(Node(RPID, "busy"),)),), (Note("No"),)),),
        (Device("d1", "urn:uuid:1", timestamp="2026-03-01T08:15:30Z"),),
        (Note("Back at noon"),),
        (Node("urn:x", "y", text="z"),),
    )
    assert write(document).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<presence xmlns="urn:ietf:params:xml:ns:pidf"'
        ' xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"'
        ' xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid"'
        ' xmlns:ns1="urn:x"'
        ' entity="sip:alice@example.com">'
        '<tuple id="t1"><status><basic>open</basic></status>'
        "<dm:deviceID>urn:uuid:1</dm:deviceID>"
        '<contact priority="0.8">sip:alice@192.0.2.1</contact>'
        '<note xml:lang="en">At work</note><timestamp>2026-03-01T08:15:30Z</timestamp></tuple>'
        "<note>Back at noon</note>"
        '<dm:person id="p1"><rpid:activities><rpid:busy/></rpid:activities>'
        "<dm:note>No</dm:note></dm:person>"
        '<dm:device id="d1"><dm:deviceID>urn:uuid:1</dm:deviceID>'
        "<dm:timestamp>2026-03-01T08:15:30Z</dm:timestamp></dm:device>"
        "<ns1:y>z</ns1:y></presence>"
    )


def test_a_prefix_that_is_not_used_is_not_declared() -> None:
    assert b"xmlns:" not in write(Document(ALICE, (OPEN,), prefixes=(("urn:x", "x"),)))


@pytest.mark.parametrize(
    "wanted, written",
    [
        pytest.param("ex", "ex", id="the publisher's own is kept"),
        pytest.param("", "ns1", id="without one there is one of ours"),
        pytest.param("rpid", "ns1", id="a fixed prefix is not given away"),
        pytest.param("xmlfoo", "ns1", id="those that begin with xml are not for us to use"),
        pytest.param("\u00e9", "ns1", id="letters that an old reader may not know"),
    ],
)
def test_an_unknown_namespace_gets_a_prefix(wanted: str, written: str) -> None:
    document = Document(ALICE, (OPEN,), others=(Node("urn:x", "y"),), prefixes=(("urn:x", wanted),))
    assert f' xmlns:{written}="urn:x"' in write(document).decode()
    assert f"<{written}:y/>" in write(document).decode()


def test_two_namespaces_that_want_one_prefix_get_two() -> None:
    document = Document(
        ALICE,
        (OPEN,),
        others=(Node("urn:x", "y"), Node("urn:z", "y")),
        prefixes=(("urn:x", "e"), ("urn:z", "e")),
    )
    assert b"<e:y/><ns1:y/>" in write(document)


@pytest.mark.parametrize(
    "node, written",
    [
        pytest.param(Node(PIDF, "note"), "<note/>", id="PIDF is the default"),
        pytest.param(
            Node("", "a", children=(Node("", "b"), Node(PIDF, "note"))),
            f'<a xmlns=""><b/><note xmlns="{PIDF}"/></a>',
            id="no namespace, and back again",
        ),
        pytest.param(
            Node(RPID, "a", (Attribute(PIDF, "mustUnderstand", "1"),)),
            '<rpid:a pidf:mustUnderstand="1"/>',
            id="an attribute of PIDF needs a prefix",
        ),
        pytest.param(
            Node(RPID, "a", (Attribute(XML, "lang", "fi"),)),
            '<rpid:a xml:lang="fi"/>',
            id="the prefix xml is not declared",
        ),
        pytest.param(
            Node(RPID, "a", (Attribute("", "b", "\"<&>\t\r\n'"),)),
            '<rpid:a b="&quot;&lt;&amp;&gt;&#9;&#13;&#10;\'"/>',
            id="an attribute keeps its tabs and lines",
        ),
        pytest.param(
            Node(RPID, "a", text="\"<&>\t\r\n\x00\ud800'"),
            "<rpid:a>\"&lt;&amp;&gt;\t&#13;\n\ufffd\ufffd'</rpid:a>",
            id="text keeps all that XML can hold",
        ),
    ],
)
def test_an_extension_is_written_as_it_was(node: Node, written: str) -> None:
    holder = Node(RPID, "holder", children=(node,))
    text = write(Document(ALICE, (OPEN,), others=(holder,))).decode()
    assert f"<rpid:holder>{written}</rpid:holder>" in text
    assert "xmlns:xml" not in text
    assert read(text.encode()).others[0].name == "holder"


def test_there_is_always_a_tuple() -> None:
    """Pidgin answers a document without one not at all."""
    assert read(write(Document(ALICE))).tuples == (STAND_IN,)


def test_names_of_others_cannot_break_out_of_the_entity() -> None:
    entity = 'sip:"><tuple id="x">&@example.com'
    assert read(write(Document(entity, (OPEN,)))) == Document(entity, (OPEN,))


@pytest.mark.parametrize("name", SAMPLES)
def test_what_phones_publish_is_written_validly(name: str) -> None:
    document = read(SAMPLES[name])
    body = write(document)
    assert faults(body) == []
    assert read(body) == document


@given(documents())
@settings(max_examples=50, deadline=None)
def test_what_we_write_we_can_read(document: Document) -> None:
    body = write(document)
    expected = replace(document, tuples=document.tuples or (STAND_IN,), prefixes=())
    assert replace(read(body), prefixes=()) == expected
    assert write(read(body)) == body


@given(documents())
@settings(max_examples=20, deadline=None)  # validating takes far longer than writing
def test_whatever_we_write_is_valid(document: Document) -> None:
    assert faults(write(document)) == []
