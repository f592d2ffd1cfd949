"""All publications of a presentity, made into the one document that its watchers may see.

Every identifier in it is ours: those of two publishers may be equal, and some publishers change
theirs with each PUBLISH, which must not look like a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import count
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from hereabouts.base.units import Timestamp
from hereabouts.base.xml import XML, Attribute, Node
from hereabouts.presence.pidf.document import (
    Basic,
    Contact,
    Device,
    Document,
    Person,
    PresenceTuple,
)
from hereabouts.presence.pidf.namespaces import DATA_MODEL, PIDF, RPID
from hereabouts.presence.pidf.twin import native
from hereabouts.presence.pidf.writer import write_timeless

Anything = TypeVar("Anything")
Occurrence = TypeVar("Occurrence", PresenceTuple, Person, Device)

_CLASS = (RPID, "class")


class Published(msgspec.Struct, frozen=True, gc=False):
    """One publication, as it goes into the document."""

    slot: str
    "Letters and digits that name this publication through all its refreshes and changes."
    document: Document
    published_at: Timestamp
    "When its document last changed."

    def __post_init__(self) -> None:
        """Holds callers to what `slot` promises, as identifiers in XML are made of it."""
        assert self.slot.isascii(), self.slot
        assert self.slot.isalnum(), self.slot


def compose(presentity: str, publications: Sequence[Published]) -> Document | None:
    """One document about `presentity`, or `None` if there is no publication.

    - *Tuples* are all kept, the one that matters first: open before closed, then by the
      priority of the contact, then the newest.
    - *Persons* become one per `rpid:class`, as the data model knows only one person, and phones
      read only one: each kind of element (activities, mood, ...) and the notes come from the
      newest publication that has any. Persons of different classes stay apart, so that a
      policy can show one and hide the other (:rfc:`5025#section-3.3.1.2`).
    - *Devices* with one device ID are one device: the newest says all about it.
    - *Notes* and *elements of other namespaces* are all kept, equal ones once.

    `publications` come in the order in which they first appeared; two of the same age follow it.
    """
    if not publications:
        return None
    composed: Document | None = None
    if native is not None and len(publications) == 1:
        [only] = publications
        composed = native.compose(presentity, only.slot, only.document)
    return composed or _composed(presentity, publications)


def _composed(presentity: str, publications: Sequence[Published]) -> Document:
    newest_first = sorted(publications, key=lambda each: -each.published_at)
    documents = [each.document for each in newest_first]
    return Document(
        presentity,
        _tuples(newest_first),
        _persons(documents),
        _devices(newest_first),
        tuple(dict.fromkeys([note for document in documents for note in document.notes])),
        _others(publications),
        tuple(dict.fromkeys([pair for document in documents for pair in document.prefixes])),
    )


def registered_document(presentity: str) -> Document:
    """What a registration alone says: the presentity is reached under its own address."""
    return Document(
        presentity, (PresenceTuple("registration", Basic.OPEN, contact=Contact(presentity)),)
    )


def fingerprint(document: Document) -> bytes:
    """16 bytes that are equal for documents which differ in nothing but timestamps."""
    return blake2b(write_timeless(document), digest_size=16).digest()


def _tuples(newest_first: Iterable[Published]) -> tuple[PresenceTuple, ...]:
    own = [
        replace(
            each,
            id=name,
            status=_with_own_ids(each.status, f"{name}-s"),
            extensions=_with_own_ids(each.extensions, name),
        )
        for published in newest_first
        for name, each in _named("t", published, published.document.tuples)
    ]
    if len(own) > 1:
        own.sort(key=_place)  # keeps the order of equals, which is newest first
    return tuple(own)


def _place(each: PresenceTuple) -> tuple[bool, float]:
    return each.basic is not Basic.OPEN, -(each.contact.weight if each.contact else 0.0)


def _devices(newest_first: Iterable[Published]) -> tuple[Device, ...]:
    devices: dict[str, Device] = {}
    for published in newest_first:
        for name, each in _named("d", published, published.document.devices):
            own = replace(each, id=name, extensions=_with_own_ids(each.extensions, name))
            devices.setdefault(each.device_id, own)
    return tuple(devices.values())


def _persons(newest_first: Iterable[Document]) -> tuple[Person, ...]:
    of_class: dict[tuple[str, ...], list[Person]] = {}
    for document in newest_first:
        for person in document.persons:
            of_class.setdefault(_class(person), []).append(person)
    return tuple([_merged(persons, _person_id(key)) for key, persons in of_class.items()])


def _class(person: Person) -> tuple[str, ...]:
    return tuple(
        [each.text.strip() for each in person.extensions if (each.namespace, each.name) == _CLASS]
    )


def _person_id(of_class: tuple[str, ...]) -> str:
    """The same for one class at all times, whoever publishes it."""
    if not of_class:
        return "person"
    return f"person-{blake2b(msgspec.msgpack.encode(of_class), digest_size=8).hexdigest()}"


def _merged(newest_first: Sequence[Person], name: str) -> Person:
    """One person, of whom each publisher says what no newer one does."""
    if len(newest_first) == 1:
        [only] = newest_first
        return replace(only, id=name, extensions=_with_own_ids(only.extensions, name))
    extensions: list[Node] = []
    said: set[tuple[str, str]] = set()
    for person in newest_first:
        kinds = [(each.namespace, each.name) for each in person.extensions]
        pairs = zip(person.extensions, kinds, strict=True)
        extensions += [each for each, kind in pairs if kind not in said]
        said.update(kinds)
    return Person(
        name,
        _with_own_ids(extensions, name),
        next((person.notes for person in newest_first if person.notes), ()),
        next((person.timestamp for person in newest_first if person.timestamp), ""),
    )


def _others(publications: Iterable[Published]) -> tuple[Node, ...]:
    owners: dict[Node, str] = {}
    for published in publications:
        for name, node in _named("o", published, published.document.others):
            owners.setdefault(node, name)
    return tuple([own for node, name in owners.items() for own in _with_own_ids((node,), name)])


def _named(
    letter: str, published: Published, occurrences: Iterable[Anything]
) -> list[tuple[str, Anything]]:
    """Each occurrence, with an identifier that no other kind, publication or place has."""
    owner = f"{letter}{published.slot}"
    return [(f"{owner}-{place}", each) for place, each in enumerate(occurrences, 1)]


def _with_own_ids(nodes: Sequence[Node], owner: str) -> tuple[Node, ...]:
    """The elements, their identifiers made from that of the occurrence they stand in."""
    if not nodes:
        return ()
    places = count(1)
    return tuple([_with_own_id(node, owner, places) for node in nodes])


def _with_own_id(node: Node, owner: str, places: Iterator[int]) -> Node:
    attributes, children = node.attributes, node.children
    if attributes:
        attributes = tuple(
            [
                replace(each, value=f"{owner}-{next(places)}")
                if _is_identifier(node, each)
                else each
                for each in attributes
            ]
        )
    if children:
        children = tuple([_with_own_id(each, owner, places) for each in children])
    if attributes == node.attributes and children == node.children:
        return node
    return replace(node, attributes=attributes, children=children)


def _is_identifier(node: Node, attribute: Attribute) -> bool:
    if attribute.name != "id":
        return False
    return attribute.namespace == XML or (
        not attribute.namespace and node.namespace in (PIDF, DATA_MODEL, RPID)
    )
