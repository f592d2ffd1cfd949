from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hereabouts.base.units import Timestamp
from hereabouts.base.xml import Node
from hereabouts.presence.composition import (
    Published,
    compose,
    fingerprint,
    registered_document,
)
from hereabouts.presence.pidf.blank import blank_document
from hereabouts.presence.pidf.document import (
    Basic,
    Contact,
    Document,
    Note,
    Person,
    PresenceTuple,
)
from hereabouts.presence.pidf.namespaces import RPID
from hereabouts.presence.pidf.reader import read
from hereabouts.presence.pidf.writer import write
from tests.native.twins import documents_by
from tests.native.ways import WAYS
from tests.presence.pidf.generated import documents
from tests.presence.pidf.samples import FULL, PJSUA, SAMPLES, published
from tests.presence.pidf.schema import faults

ALICE = "sip:alice@example.com"


@pytest.fixture(params=WAYS, scope="module", autouse=True)
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    with documents_by(request.param):
        yield


def _published(slot: str, body: bytes, at: float = 0) -> Published:
    return Published(slot, read(body), Timestamp(at))


def _composed(*publications: Published) -> Document:
    document = compose(ALICE, publications)
    assert document is not None
    return document


def _tuple(uri: str, basic: str = "open", priority: str = "", name: str = "t1") -> str:
    return (
        f'<tuple id="{name}"><status><basic>{basic}</basic></status>'
        f'<contact priority="{priority}">{uri}</contact></tuple>'
    )


def _contacts(document: Document) -> list[str]:
    return [each.contact.uri for each in document.tuples if each.contact]


PHONE = _published("1", published(_tuple("sip:phone@example.com")), at=1)
DESK = _published("2", published(_tuple("sip:desk@example.com")), at=2)


def test_nothing_published_composes_to_nothing() -> None:
    assert compose(ALICE, []) is None


def test_the_document_is_about_the_presentity_under_the_name_it_is_watched_by() -> None:
    body = published("", "pres:alice@EXAMPLE.com:5060")
    assert _composed(_published("1", body)).entity == ALICE


def test_two_publishers_are_both_seen_and_one_of_them_alone_when_the_other_ends() -> None:
    assert set(_contacts(_composed(PHONE, DESK))) == {
        "sip:phone@example.com",
        "sip:desk@example.com",
    }
    assert _contacts(_composed(DESK)) == ["sip:desk@example.com"]


def test_equal_identifiers_of_two_publishers_are_told_apart_and_stay_what_they_are() -> None:
    both = {each.contact: each.id for each in _composed(PHONE, DESK).tuples}
    (alone,) = _composed(DESK).tuples
    assert len(set(both.values())) == 2
    assert both[alone.contact] == alone.id


def test_a_publisher_that_changes_its_identifiers_changes_nothing() -> None:
    """As pjsua does, which makes new ones for each PUBLISH."""
    again = PJSUA.replace(b"pj3f2c81d09a", b"pj000000001").replace(b"pj77ab10c42e", b"pj000000002")
    assert again != PJSUA
    assert _composed(_published("1", PJSUA)) == _composed(_published("1", again))


def test_a_modified_publication_replaces_what_it_said_before() -> None:
    """RFC 3903 section 10.4: a missing identifier is a tuple removed, a new one a tuple added."""
    before = published(_tuple("sip:a@example.com", name="a") + _tuple("sip:b@example.com"))
    after = published(_tuple("sip:c@example.com", name="c"))
    assert _contacts(_composed(_published("1", before))) == [
        "sip:a@example.com",
        "sip:b@example.com",
    ]
    assert _contacts(_composed(_published("1", after))) == ["sip:c@example.com"]


@dataclass(frozen=True)
class _Line:
    basic: str
    priority: str
    at: float


@pytest.mark.parametrize(
    "first, second",
    [
        pytest.param(
            _Line("open", "", 1), _Line("closed", "1", 9), id="open before all that is closed"
        ),
        pytest.param(
            _Line("open", "0.8", 1), _Line("open", "0.5", 9), id="then the higher priority"
        ),
        pytest.param(
            _Line("open", "0.001", 1), _Line("open", "", 9), id="any priority before none"
        ),
        pytest.param(_Line("open", "0.5", 9), _Line("open", "0.5", 1), id="then the newest"),
        pytest.param(_Line("open", "", 9), _Line("open", "0", 1), id="zero is as low as none"),
        pytest.param(_Line("open", "", 1), _Line("?", "1", 9), id="what nobody knows is closed"),
        pytest.param(_Line("closed", "0.8", 1), _Line("closed", "", 9), id="closed ones as well"),
    ],
)
def test_the_tuple_that_matters_comes_first(first: _Line, second: _Line) -> None:
    """There are phones that show nothing but the first."""
    lines = {"first": first, "second": second}
    publications = [
        _published(name, published(_tuple(name, each.basic, each.priority)), each.at)
        for name, each in lines.items()
    ]
    assert _contacts(_composed(*publications)) == ["first", "second"]
    assert _contacts(_composed(*reversed(publications))) == ["first", "second"]


def _person(content: str, name: str = "p1") -> bytes:
    return published(f'<dm:person id="{name}">{content}</dm:person>')


AWAY = "<rpid:activities><rpid:away/></rpid:activities>"
CALL = "<rpid:activities><rpid:on-the-phone/></rpid:activities>"
HAPPY = "<rpid:mood><rpid:happy/></rpid:mood>"
WORK = "<rpid:class>work</rpid:class>"


def _names(person: Person) -> list[str]:
    return [child.name for each in person.extensions for child in each.children]


@pytest.mark.parametrize(
    "older, newer, seen",
    [
        pytest.param(AWAY, CALL, ["on-the-phone"], id="the newest says what she does"),
        pytest.param(AWAY, HAPPY, ["happy", "away"], id="what it does not say, an older one does"),
        pytest.param(AWAY, "", ["away"], id="one that says nothing hides nothing"),
        pytest.param(
            HAPPY,
            AWAY + CALL,
            ["away", "on-the-phone", "happy"],
            id="two ranges of time from one publisher stay together",
        ),
        pytest.param(AWAY, AWAY, ["away"], id="what both say is said once"),
    ],
)
def test_there_is_one_person_made_of_the_newest_of_each(
    older: str, newer: str, seen: list[str]
) -> None:
    publications = [_published("1", _person(older), 1), _published("2", _person(newer), 2)]
    (person,) = _composed(*publications).persons
    assert _names(person) == seen
    assert _composed(*reversed(publications)).persons == (person,)


def test_the_note_and_the_date_of_a_person_are_the_newest_too() -> None:
    older = _person("<dm:note>Older</dm:note><dm:timestamp>2026-03-01T08:00:00Z</dm:timestamp>")
    newer = _person("<dm:note>Newer</dm:note>")
    (person,) = _composed(_published("1", older, 1), _published("2", newer, 2)).persons
    assert (person.notes, person.timestamp) == ((Note("Newer"),), "2026-03-01T08:00:00Z")


def test_persons_of_different_classes_stay_apart_under_identifiers_that_last() -> None:
    """So a policy can show the one and hide the other."""
    private = _published("1", _person(AWAY), 1)
    work = _published("2", _person(WORK + CALL), 2)
    again = _published("3", _person(WORK + HAPPY), 3)
    ids = {each.id: _names(each) for each in _composed(private, work).persons}
    later = {each.id: _names(each) for each in _composed(private, work, again).persons}
    assert len(ids) == 2
    assert sorted(map(len, ids.values())) == [1, 1]
    assert later.keys() == ids.keys()
    assert sorted(later.values()) == [["away"], ["happy", "on-the-phone"]]


def _device(urn: str, note: str) -> bytes:
    return published(
        f'<dm:device id="x"><dm:deviceID>{urn}</dm:deviceID><dm:note>{note}</dm:note></dm:device>'
    )


def test_the_newest_says_all_about_a_device() -> None:
    publications = [
        _published("1", _device("urn:uuid:1", "older"), 1),
        _published("2", _device("urn:uuid:1", "newer"), 2),
        _published("3", _device("urn:uuid:2", "another"), 1),
    ]
    for order in (publications, publications[::-1]):
        devices = _composed(*order).devices
        assert {each.device_id: each.notes[0].text for each in devices} == {
            "urn:uuid:1": "newer",
            "urn:uuid:2": "another",
        }
        assert len({each.id for each in devices}) == 2


def test_notes_and_other_elements_are_all_kept_and_equal_ones_once() -> None:
    content = (
        '<note xml:lang="en">Hi</note><note>{}</note>'
        '<x:y xmlns:x="urn:x">{}</x:y><x:z xmlns:x="urn:x"/>'
    )
    document = _composed(
        _published("1", published(content.format("one", "one")), 1),
        _published("2", published(content.format("two", "two")), 2),
    )
    assert set(document.notes) == {Note("Hi", "en"), Note("one"), Note("two")}
    assert [(each.name, each.text) for each in document.others] == [
        ("y", "one"),
        ("z", ""),
        ("y", "two"),
    ]
    assert document.prefixes == (("urn:x", "x"),)
    assert len(document.notes) == 3


def test_what_several_publish_is_one_valid_document() -> None:
    """Identifiers inside extensions are unique over the whole document as well."""
    private = b'</rpid:class><rpid:privacy id="m2" xml:lang="en"><rpid:audio/></rpid:privacy>'
    full = FULL.replace(b"</rpid:class>", private).replace(
        b"<rpid:place-type>", b'<rpid:place-type xml:id="m3">'
    )
    bodies = [*SAMPLES.values(), full, full]
    publications = [_published(f"p{n}", body, n) for n, body in enumerate(bodies)]
    document = _composed(*publications)
    assert faults(write(document)) == []
    assert write(document).count(b"rpid:privacy id=") == 3
    assert b"rpid:place-type xml:id=" in write(document)
    assert b"rpid:mood id=" in write(document)


def test_a_registration_shows_the_presentity_open_under_its_own_address() -> None:
    document = registered_document(ALICE)
    assert document.tuples == (PresenceTuple("registration", Basic.OPEN, contact=Contact(ALICE)),)
    assert faults(write(document)) == []


def test_a_registration_composes_as_a_publication_does() -> None:
    registration = Published("registration", registered_document(ALICE), Timestamp(0))
    busy = _published("1", _person(CALL), 1)
    document = _composed(registration, busy)
    assert (_contacts(document), len(document.persons)) == ([ALICE], 1)


@pytest.mark.parametrize("slot", ["", "a-b", "a b", "\u00e4"])
def test_a_slot_is_letters_and_digits(slot: str) -> None:
    with pytest.raises(AssertionError):
        Published(slot, Document(ALICE), Timestamp(0))


STAMPED = published(
    _tuple("sip:a@example.com").replace("</tuple>", "<timestamp>{0}</timestamp></tuple>")
    + '<dm:device id="d"><dm:deviceID>urn:x</dm:deviceID>'
    "<dm:timestamp>{0}</dm:timestamp></dm:device>"
    '<dm:person id="p"><rpid:activities/><dm:timestamp>{0}</dm:timestamp></dm:person>'
).decode()


def _stamped(date: str) -> Document:
    return read(STAMPED.format(date).encode())


def test_documents_that_differ_in_timestamps_alone_have_one_fingerprint() -> None:
    early, late = _stamped("2026-03-01T08:00:00Z"), _stamped("2026-03-01T09:00:00Z")
    assert early != late
    assert fingerprint(early) == fingerprint(late) == fingerprint(_stamped(""))
    assert len(fingerprint(early)) == 16


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"entity": "sip:bob@example.com"}, id="the presentity"),
        pytest.param({"tuples": ()}, id="a tuple"),
        pytest.param({"persons": ()}, id="a person"),
        pytest.param({"devices": ()}, id="a device"),
        pytest.param({"notes": (Note("Hi"),)}, id="a note"),
        pytest.param({"others": (Node(RPID, "class"),)}, id="an element"),
    ],
)
def test_any_other_difference_shows_in_the_fingerprint(change: dict[str, object]) -> None:
    document = _stamped("")
    assert fingerprint(replace(document, **change)) != fingerprint(document)


def test_a_blank_document_has_the_fingerprint_of_every_other() -> None:
    assert fingerprint(blank_document(ALICE)) == fingerprint(blank_document(ALICE))
    assert fingerprint(blank_document(ALICE)) != fingerprint(registered_document(ALICE))


PUBLICATIONS = st.lists(st.tuples(documents(), st.integers(0, 2)), min_size=1, max_size=2).map(
    lambda drawn: [
        Published(f"s{slot}", document, Timestamp(at)) for slot, (document, at) in enumerate(drawn)
    ]
)


@given(PUBLICATIONS)
@settings(max_examples=20, deadline=None)  # validating takes far longer than composing
def test_whatever_is_published_composes_to_a_valid_document(publications: list[Published]) -> None:
    document = _composed(*publications)
    assert faults(write(document)) == []
    assert len(document.tuples) == sum(len(each.document.tuples) for each in publications)
    assert compose(ALICE, publications) == document
