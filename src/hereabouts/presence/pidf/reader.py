"""Presence documents as publishers really send them, read into values.

Tolerant, as :rfc:`4479#section-5` asks: what is not understood is kept if it may be written
again, and left out if not. What is refused says nothing, or might be shown under another name:
no entity, an empty status, a status of another word than those below.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from itertools import count

from hereabouts.base.refusal import Malformed
from hereabouts.base.xml import MAXIMUM_DEPTH, MAXIMUM_SIZE, XML, Node, Tree, parse
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
from hereabouts.presence.pidf.namespaces import DATA_MODEL, PIDF, PREFIXES
from hereabouts.presence.pidf.twin import native

# baresip says `unknown` and `?` until its registration is answered: it cannot be reached yet,
# and no watcher knows a third word, so this is closed.
_BASIC = {
    "open": Basic.OPEN,
    "closed": Basic.CLOSED,
    "unknown": Basic.CLOSED,
    "?": Basic.CLOSED,
}

_PRIORITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_DATE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))?", re.ASCII
)


def read(
    body: bytes,
    *,
    charset: str | None = None,
    maximum_size: int = MAXIMUM_SIZE,
    maximum_depth: int = MAXIMUM_DEPTH,
) -> Document:
    """The document in `body`; `charset` is that of its Content-Type, if it has one.

    Limits are in bytes and in elements. Occurrence identifiers that are missing, doubled or
    impossible in XML are replaced; a priority, date or language that is none is left out, and
    so is a device that does not say which one it is.

    Raises:
        MalformedDocument: the body cannot be read, and nothing of it may be used.
    """
    try:
        tree = parse(body, charset=charset, maximum_size=maximum_size, maximum_depth=maximum_depth)
    except Malformed as fault:
        raise MalformedDocument(str(fault)) from None
    understood: Document | None = None if native is None else native.understand(tree)
    return understood or _document(tree)


def _document(tree: Tree) -> Document:
    root = tree.root
    if (root.namespace, root.name) != (PIDF, "presence"):
        raise MalformedDocument(f"the root is <{root.name}>, not the <presence> of {PIDF}")
    entity = (root.attribute("entity") or "").strip()
    if not entity:
        raise MalformedDocument("<presence> has no entity")
    language = _language(root, "")
    name = _names_of_occurrences()
    return Document(
        entity,
        tuple([_tuple(node, name(node), language) for node in _each(root, PIDF, "tuple")]),
        tuple([_person(node, name(node), language) for node in _each(root, DATA_MODEL, "person")]),
        tuple(
            [
                _device(node, name(node), language)
                for node in _each(root, DATA_MODEL, "device")
                if _text(node, DATA_MODEL, "deviceID")
            ]
        ),
        _notes(root, PIDF, language),
        tuple([node for node in _foreign(root, PIDF) if not _is_occurrence(node)]),
        tuple([pair for pair in tree.prefixes if pair[0] not in PREFIXES]),
    )


def _tuple(node: Node, occurrence: str, language: str) -> PresenceTuple:
    language = _language(node, language)
    status = _first(node, PIDF, "status")
    basic = None if status is None else _basic(status, occurrence)
    others = () if status is None else _foreign(status, PIDF)
    if basic is None and not others:
        raise MalformedDocument(f"the status of tuple {occurrence!r} is empty")
    return PresenceTuple(
        occurrence,
        basic,
        others,
        _foreign(node, PIDF),
        _contact(node),
        _notes(node, PIDF, language),
        _timestamp(node, PIDF),
    )


def _basic(status: Node, occurrence: str) -> Basic | None:
    given = _first(status, PIDF, "basic")
    if given is None:
        return None
    basic = _BASIC.get(given.text.strip())
    if basic is None:
        raise MalformedDocument(
            f"the basic status of tuple {occurrence!r} is neither open nor closed"
        )
    return basic


def _person(node: Node, occurrence: str, language: str) -> Person:
    language = _language(node, language)
    notes = _notes(node, DATA_MODEL, language)
    return Person(occurrence, _foreign(node, DATA_MODEL), notes, _timestamp(node, DATA_MODEL))


def _device(node: Node, occurrence: str, language: str) -> Device:
    language = _language(node, language)
    return Device(
        occurrence,
        _text(node, DATA_MODEL, "deviceID"),
        _foreign(node, DATA_MODEL),
        _notes(node, DATA_MODEL, language),
        _timestamp(node, DATA_MODEL),
    )


def _contact(node: Node) -> Contact | None:
    given = _first(node, PIDF, "contact")
    if given is None:
        return None
    uri = given.text.strip()
    priority = (given.attribute("priority") or "").strip()
    if priority and not _PRIORITY.fullmatch(priority):
        priority = ""
    return Contact(uri, priority) if uri else None


def _notes(node: Node, namespace: str, language: str) -> tuple[Note, ...]:
    return tuple(
        [Note(note.text, _language(note, language)) for note in _each(node, namespace, "note")]
    )


def _timestamp(node: Node, namespace: str) -> str:
    """The date as it was written, or nothing if no calendar knows it."""
    text = _text(node, namespace, "timestamp").upper()
    if not text or not _DATE.fullmatch(text):
        return ""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return ""
    return text


def _language(node: Node, inherited: str) -> str:
    given = node.attribute("lang", XML) if node.attributes else None
    if given is None:
        return inherited
    return given if _LANGUAGE.fullmatch(given) else ""


def _text(node: Node, namespace: str, name: str) -> str:
    child = _first(node, namespace, name)
    return "" if child is None else child.text.strip()


def _first(node: Node, namespace: str, name: str) -> Node | None:
    for child in node.children:
        if child.name == name and child.namespace == namespace:
            return child
    return None


def _each(node: Node, namespace: str, name: str) -> list[Node]:
    return [child for child in node.children if child.name == name and child.namespace == namespace]


def _foreign(node: Node, own: str) -> tuple[Node, ...]:
    """The extensions of an element: children of any namespace but none and its own.

    The others are elements that the schema does not know there: to be ignored
    (:rfc:`3863#section-4.2.3`), and not to be written again.
    """
    return tuple([child for child in node.children if child.namespace and child.namespace != own])


def _is_occurrence(node: Node) -> bool:
    return node.namespace == DATA_MODEL and node.name in ("person", "device")


def _names_of_occurrences() -> Callable[[Node], str]:
    """A function that tells the identifier of each occurrence, and no identifier twice."""
    taken: set[str] = set()
    numbers = count(1)

    def name(node: Node) -> str:
        given = node.attribute("id") or ""
        while not _ID.fullmatch(given) or given in taken:
            given = f"occurrence-{next(numbers)}"
        taken.add(given)
        return given

    return name
