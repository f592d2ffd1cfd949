from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.xml import Attribute, Node
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
from hereabouts.presence.pidf.namespaces import DATA_MODEL, PIDF, RPID
from hereabouts.presence.pidf.reader import read
from tests.native.twins import documents_by
from tests.native.ways import WAYS
from tests.presence.pidf.samples import FULL, SAMPLES, published

ALICE = "sip:alice@example.com"
ONLINE = "http://www.linphone.org/xsds/pidfonline.xsd"


@pytest.fixture(params=WAYS, scope="module", autouse=True)
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    with documents_by(request.param):
        yield


def _activities(*names: str) -> Node:
    return Node(RPID, "activities", children=tuple(Node(RPID, name) for name in names))


@pytest.mark.parametrize(
    "sample, document",
    [
        pytest.param(
            "baresip",
            Document(
                ALICE,
                (PresenceTuple("t4109", Basic.CLOSED, contact=Contact(ALICE)),),
                (Person("p4159", (_activities(),)),),
            ),
            id="baresip before it is registered",
        ),
        pytest.param(
            "pjsua",
            Document(
                ALICE,
                (PresenceTuple("pj3f2c81d09a", Basic.OPEN),),
                (Person("pj77ab10c42e", (_activities("busy"),), (Note("Busy"),)),),
            ),
            id="pjsua, busy",
        ),
        pytest.param(
            "linphone",
            Document(
                ALICE,
                (
                    PresenceTuple(
                        "zk21b0",
                        Basic.OPEN,
                        status=(Node(ONLINE, "online"),),
                        contact=Contact(ALICE, "0.8"),
                        timestamp="2026-03-01T08:15:30Z",
                    ),
                ),
                prefixes=((ONLINE, "pidfonline"),),
            ),
            id="linphone, with an element of its own in the status",
        ),
        pytest.param(
            "twinkle",
            Document(ALICE, (PresenceTuple("twinkle", Basic.OPEN),)),
            id="twinkle, on one line",
        ),
        pytest.param(
            "pidgin",
            Document(
                ALICE, (PresenceTuple("bs35r9f", Basic.OPEN, notes=(Note("In <the office>"),)),)
            ),
            id="Pidgin, with a note",
        ),
        pytest.param(
            "prefixed",
            Document(
                "pres:alice@example.com",
                (PresenceTuple("sg89ae", Basic.OPEN, contact=Contact("tel:+09012345678", "0.8")),),
            ),
            id="RFC 3863 section 4.2.2, with a prefix for PIDF itself",
        ),
    ],
)
def test_what_phones_publish_is_understood(sample: str, document: Document) -> None:
    assert read(SAMPLES[sample]) == document


def test_the_example_of_rfc_4480_is_read_whole() -> None:
    document = read(FULL)
    (person,) = document.persons
    assert [each.name for each in person.extensions] == [
        "activities", "class", "mood", "place-is", "place-type", "privacy", "sphere",
        "status-icon", "time-offset",
    ]  # fmt: skip
    assert person.notes == (Note("Scoring 120"),)
    assert person.timestamp == "2005-05-30T16:09:44+05:00"
    assert person.extensions[0].attribute("from") == "2005-05-30T12:00:00+05:00"
    assert [each.notes for each in document.tuples] == [
        (Note("Don't Disturb Please!", "en"), Note("Ne derangez pas, s'il vous plait", "fr")),
        (),
    ]
    (device,) = document.devices
    assert (device.device_id, device.notes) == ("urn:device:0003ba4811e3", (Note("PC"),))
    assert device.extensions[0].attribute("last-input") == "2004-10-21T13:20:00-05:00"


def _tuple(content: str, status: str = "<status><basic>open</basic></status>") -> PresenceTuple:
    (each,) = read(published(f'<tuple id="t1">{status}{content}</tuple>')).tuples
    return each


@pytest.mark.parametrize(
    "word, basic",
    [
        pytest.param("open", Basic.OPEN, id="open"),
        pytest.param("closed", Basic.CLOSED, id="closed"),
        pytest.param(" open\n", Basic.OPEN, id="white space around it says nothing"),
        pytest.param("unknown", Basic.CLOSED, id="baresip before its REGISTER is answered"),
        pytest.param("?", Basic.CLOSED, id="baresip while it is not registered"),
        pytest.param("<![CDATA[open]]>", Basic.OPEN, id="CDATA is but another spelling"),
    ],
)
def test_the_basic_status_is_open_or_closed(word: str, basic: Basic) -> None:
    assert _tuple("", f"<status><basic>{word}</basic></status>").basic is basic


@pytest.mark.parametrize(
    "priority, kept",
    [
        pytest.param("0", "0", id="the lowest"),
        pytest.param("1.000", "1.000", id="the highest, three decimals"),
        pytest.param("0.021", "0.021", id="between, as it was written"),
        pytest.param("1.5", "", id="above one is as if it was not there"),
        pytest.param("-0.5", "", id="below zero too"),
        pytest.param("0.1234", "", id="four decimals are one too many"),
        pytest.param("high", "", id="a word is no number"),
        pytest.param("1.001", "", id="just above one"),
    ],
)
def test_a_priority_out_of_range_is_ignored(priority: str, kept: str) -> None:
    contact = f'<contact priority="{priority}">sip:a@example.com</contact>'
    assert _tuple(contact).contact == Contact("sip:a@example.com", kept)


@pytest.mark.parametrize(
    "written, kept",
    [
        pytest.param("2026-03-01T08:15:30Z", "2026-03-01T08:15:30Z", id="as RFC 3339 has it"),
        pytest.param("2026-03-01t08:15:30z", "2026-03-01T08:15:30Z", id="small letters grow"),
        pytest.param(" 2026-03-01T08:15:30.5+02:00 ", "2026-03-01T08:15:30.5+02:00", id="a zone"),
        pytest.param("2026-02-30T08:15:30Z", "", id="a day that no calendar has"),
        pytest.param("2026-03-01T08:15:30+14:30", "", id="a zone that XML Schema does not allow"),
        pytest.param("yesterday", "", id="not a date"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_timestamp_is_kept_if_it_is_one(written: str, kept: str) -> None:
    assert _tuple(f"<timestamp>{written}</timestamp>").timestamp == kept


@pytest.mark.parametrize(
    "note, read_as",
    [
        pytest.param('<note xml:lang="fi">Hei</note>', Note("Hei", "fi"), id="its own language"),
        pytest.param("<note>Hei</note>", Note("Hei", "sv"), id="that of the tuple"),
        pytest.param('<note xml:lang="">Hei</note>', Note("Hei"), id="no language at all"),
        pytest.param('<note xml:lang="f i">Hei</note>', Note("Hei"), id="what is no language"),
        pytest.param("<note> a \n b </note>", Note(" a \n b ", "sv"), id="text as it stands"),
    ],
)
def test_a_note_has_the_language_of_what_it_stands_in(note: str, read_as: Note) -> None:
    status = "<status><basic>open</basic></status>"
    body = published(f'<tuple id="t1" xml:lang="sv">{status}{note}</tuple>')
    assert read(body).tuples[0].notes == (read_as,)


@pytest.mark.parametrize(
    "content, kept",
    [
        pytest.param(
            '<x:foo xmlns:x="urn:x" a="1"><y xmlns="">z</y></x:foo>',
            (
                Node(
                    "urn:x", "foo", (Attribute("", "a", "1"),), children=(Node("", "y", text="z"),)
                ),
            ),
            id="an element of an unknown namespace is kept whole",
        ),
        pytest.param("<future/>", (), id="an unknown element of PIDF itself is ignored"),
        pytest.param('<plain xmlns=""/>', (), id="one of no namespace may not stand here"),
        pytest.param(
            '<r:class xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" odd="yes">home</r:class>',
            (Node(RPID, "class", (Attribute("", "odd", "yes"),), "home"),),
            id="an unknown attribute of a known element stays",
        ),
    ],
)
def test_extensions_are_kept_if_they_may_be_written_again(
    content: str, kept: tuple[Node, ...]
) -> None:
    assert _tuple(content).extensions == kept


def test_elements_beside_the_tuples_are_kept() -> None:
    body = published('<x:foo xmlns:x="urn:x"/><dm:deviceID>urn:y</dm:deviceID><future/>')
    document = read(body)
    assert document.others == (
        Node("urn:x", "foo"),
        Node(DATA_MODEL, "deviceID", text="urn:y"),
    )
    assert document.prefixes == (("urn:x", "x"),)


def test_an_extension_that_must_be_understood_does_not_touch_the_basic_status() -> None:
    body = published(
        f'<tuple id="t1"><status><basic>open</basic><x:foo xmlns:x="urn:x"><x:bar xmlns:p="{PIDF}"'
        ' p:mustUnderstand="1"/></x:foo></status></tuple>'
    )
    assert read(body).tuples[0].basic is Basic.OPEN


def test_a_status_may_say_all_in_an_extension() -> None:
    status = '<status><x:location xmlns:x="urn:x">home</x:location></status>'
    each = _tuple("", status)
    assert (each.basic, each.status) == (None, (Node("urn:x", "location", text="home"),))


def test_occurrences_are_told_apart_even_where_the_publisher_does_not() -> None:
    status = "<status><basic>open</basic></status>"
    body = published(
        f'<tuple id="x">{status}</tuple><tuple id="x">{status}</tuple><tuple>{status}</tuple>'
        f'<tuple id="1 2">{status}</tuple><dm:person id="x"/><dm:person id="occurrence-1"/>'
    )
    document = read(body)
    names = [each.id for each in document.tuples] + [each.id for each in document.persons]
    assert names[0] == "x"
    assert len(set(names)) == 6
    assert all(name.isascii() and name[0].isalpha() and " " not in name for name in names)


def test_a_device_that_does_not_say_which_it_is_is_left_out() -> None:
    body = published(
        '<dm:device id="d1"/><dm:device id="d2"><dm:deviceID>urn:x</dm:deviceID></dm:device>'
    )
    assert read(body).devices == (Device("d2", "urn:x"),)


@pytest.mark.parametrize(
    "body, why",
    [
        pytest.param(
            b'<presence xmlns="urn:ietf:params:xml:ns:pidf"/>',
            "<presence> has no entity",
            id="nobody it is about",
        ),
        pytest.param(published("", " "), "<presence> has no entity", id="an empty entity"),
        pytest.param(
            b'<presence entity="sip:a@b"/>', "the root is <presence>", id="not the namespace"
        ),
        pytest.param(FULL[:900], "line ", id="cut off"),
        pytest.param(b"", "line 1: no element found", id="nothing at all"),
        pytest.param(
            published('<tuple id="t1"/>'), "the status of tuple 't1' is empty", id="no status"
        ),
        pytest.param(
            published('<tuple id="t1"><status/></tuple>'),
            "the status of tuple 't1' is empty",
            id="an empty status",
        ),
        pytest.param(
            published('<tuple id="t1"><status>open</status></tuple>'),
            "the status of tuple 't1' is empty",
            id="a status of text alone",
        ),
        pytest.param(
            published('<tuple id="t1"><status><basic>away</basic></status></tuple>'),
            "the basic status of tuple 't1' is neither open nor closed",
            id="a word that PIDF has not",
        ),
        pytest.param(
            published('<tuple id="t1"><status><basic/></status></tuple>'),
            "the basic status of tuple 't1' is neither open nor closed",
            id="no word",
        ),
        pytest.param(
            b"<!DOCTYPE presence>" + FULL.partition(b"?>")[2].strip(),
            "line 1: a DOCTYPE is not accepted",
            id="a document type",
        ),
    ],
)
def test_what_must_not_be_shown_is_refused_whole(body: bytes, why: str) -> None:
    with pytest.raises(MalformedDocument) as refused:
        read(body)
    assert str(refused.value).startswith(why)


def test_limits_and_charset_reach_the_parser() -> None:
    body = b'<?xml version="1.0" encoding="ISO-8859-1"?>' + published("<note>\u00e4</note>")
    assert read(body, charset="UTF-8").notes == (Note("\u00e4"),)
    with pytest.raises(MalformedDocument, match="longer than 10 bytes"):
        read(body, maximum_size=10)
    with pytest.raises(MalformedDocument, match="deeper than 1"):
        read(body, maximum_depth=1)


PIECES = st.sampled_from(
    ['<tuple id="a">', "</tuple>", "<status>", "</status>", "<basic>open</basic>", "<dm:person>",
     "</dm:person>", '<dm:device id="a">', "</dm:device>", "<dm:deviceID>x</dm:deviceID>", "<note>",
     "</note>", "<contact>", "</contact>", "<timestamp>2026</timestamp>", "x", "<rpid:class/>"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=10))
def test_any_heap_of_elements_raises_only_malformed(pieces: list[str]) -> None:
    with contextlib.suppress(MalformedDocument):
        assert read(published("".join(pieces))).entity == ALICE


@given(st.binary(max_size=100))
def test_anything_at_all_raises_only_malformed(body: bytes) -> None:
    with contextlib.suppress(MalformedDocument):
        assert isinstance(read(body), Document)
