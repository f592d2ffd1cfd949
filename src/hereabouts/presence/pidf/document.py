"""A presence document as a value (:rfc:`3863`, with persons and devices of :rfc:`4479`).

What this system decides by (basic status, contacts, notes, timestamps) has a field of its own.
Everything else is kept as the nodes that the publisher sent, and is written again as it came.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.base.xml import Node

CONTENT_TYPE = "application/pidf+xml"
"What a presence document is called on the wire, with no parameter."

CONTENT_TYPES = (CONTENT_TYPE, "application/cpim-pidf+xml")
"Both names of this document; the second is the one from before :rfc:`3863`."


class MalformedDocument(Malformed):
    """A body that is not a presence document, or says nothing that may be shown."""


class Basic(Enum):
    """Whether a service takes communication (:rfc:`3863#section-4.1.4`)."""

    OPEN = "open"
    CLOSED = "closed"


class Note(msgspec.Struct, frozen=True, gc=False):
    """A remark for people."""

    text: str
    language: str = ""
    "As in `xml:lang`; empty where nobody said."


class Contact(msgspec.Struct, frozen=True, gc=False):
    """Where a service is reached (:rfc:`3863#section-4.1.5`)."""

    uri: str
    priority: str = ""
    "From `0` to `1` with at most three decimals, as it was written; empty is the lowest."

    @property
    def weight(self) -> float:
        """The priority as a number, for comparing."""
        return float(self.priority or 0)


class PresenceTuple(msgspec.Struct, frozen=True, gc=False):
    """One service of the presentity (:rfc:`3863#section-4.1.2`)."""

    id: str
    "The occurrence identifier, unique among all tuples, persons and devices of a document."
    basic: Basic | None = None
    "`None` where only `status` tells the status."
    status: tuple[Node, ...] = ()
    "What else stands inside the `status` element."
    extensions: tuple[Node, ...] = ()
    contact: Contact | None = None
    notes: tuple[Note, ...] = ()
    timestamp: str = ""
    "The date of the last change, as in :rfc:`3339`; empty where nobody said."


class Person(msgspec.Struct, frozen=True, gc=False):
    """What is said about the presentity as a human being (:rfc:`4479#section-3.2`)."""

    id: str
    extensions: tuple[Node, ...] = ()
    notes: tuple[Note, ...] = ()
    timestamp: str = ""


class Device(msgspec.Struct, frozen=True, gc=False):
    """What is said about the machine that services run on (:rfc:`4479#section-3.4`)."""

    id: str
    device_id: str
    "The URN of the device, equal wherever this machine is meant."
    extensions: tuple[Node, ...] = ()
    notes: tuple[Note, ...] = ()
    timestamp: str = ""


class Document(msgspec.Struct, frozen=True, gc=False):
    """All that is said about one presentity at one time."""

    entity: str
    "The URI of the presentity."
    tuples: tuple[PresenceTuple, ...] = ()
    persons: tuple[Person, ...] = ()
    devices: tuple[Device, ...] = ()
    notes: tuple[Note, ...] = ()
    others: tuple[Node, ...] = ()
    "Elements of other namespaces beside the tuples."
    prefixes: tuple[tuple[str, str], ...] = ()
    "Namespaces that have no fixed prefix, and the one that the publisher gave them."


STAND_IN = PresenceTuple("none", Basic.CLOSED)
"The tuple of a document that has none: there are phones that never answer one without a tuple."
