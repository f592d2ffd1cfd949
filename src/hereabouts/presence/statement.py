"""What a person says of himself in a few words, as a presence document, and back."""

from __future__ import annotations

import msgspec

from hereabouts.base.xml import Node
from hereabouts.presence.pidf.document import (
    Basic,
    Contact,
    Document,
    Note,
    Person,
    PresenceTuple,
)
from hereabouts.presence.pidf.namespaces import RPID

ACTIVITIES = frozenset({
    "appointment", "away", "breakfast", "busy", "dinner", "holiday", "in-transit",
    "looking-for-work", "meal", "meeting", "on-the-phone", "performance", "permanent-absence",
    "playing", "presentation", "shopping", "sleeping", "spectator", "steering", "travel", "tv",
    "vacation", "working", "worship",
})  # fmt: skip
"The activities that have a name (:rfc:`4480#section-3.2`); others are told in words."

_UNTOLD = frozenset({"note", "unknown"})


class Statement(msgspec.Struct, frozen=True):
    """A document in short."""

    basic: Basic | None = None
    "Open if any service is; `None` where no service says."
    note: str = ""
    activities: tuple[str, ...] = ()

    @classmethod
    def of(cls, document: Document) -> Statement:
        """What a document says in short: of several notes the one about the person."""
        return cls(_basic(document), _note(document), _activities(document))

    def document(self, presentity: str) -> Document:
        """The document that says so about `presentity`."""
        notes = (Note(self.note),) if self.note else ()
        service = PresenceTuple("service", self.basic, contact=Contact(presentity), notes=notes)
        tuples = (service,) if self.basic is not None else ()
        if not notes and not self.activities:
            return Document(presentity, tuples)
        named = tuple([_element(activity) for activity in self.activities])
        extensions = (Node(RPID, "activities", children=named),) if named else ()
        return Document(presentity, tuples, (Person("person", extensions, notes),))


def _element(activity: str) -> Node:
    if activity in ACTIVITIES:
        return Node(RPID, activity)
    return Node(RPID, "other", text=activity)


def _basic(document: Document) -> Basic | None:
    said = {each.basic for each in document.tuples}
    return next((basic for basic in Basic if basic in said), None)


def _note(document: Document) -> str:
    notes = [note for person in document.persons for note in person.notes]
    notes += [note for each in document.tuples for note in each.notes]
    return next((note.text for note in (*notes, *document.notes) if note.text.strip()), "")


def _activities(document: Document) -> tuple[str, ...]:
    found = [
        each.text.strip() if each.name == "other" else each.name
        for person in document.persons
        for parent in person.extensions
        if (parent.namespace, parent.name) == (RPID, "activities")
        for each in parent.children
        if each.namespace == RPID and each.name not in _UNTOLD
    ]
    return tuple([each for each in dict.fromkeys(found) if each])
