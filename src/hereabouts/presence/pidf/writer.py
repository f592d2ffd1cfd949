"""Presence documents on the wire.

Strings, not a tree: this runs once per view of every change (a 600-byte document takes some
10 us so). The default namespace is that of PIDF and the usual prefixes are literal, because
there are phones that read them as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count

from msgspec.structs import replace

from hereabouts.base.xml import XML, Node
from hereabouts.presence.pidf.document import (
    STAND_IN,
    Contact,
    Device,
    Document,
    Note,
    Person,
    PresenceTuple,
)
from hereabouts.presence.pidf.namespaces import DATA_MODEL, PIDF, PREFIXES
from hereabouts.presence.pidf.twin import native

# Besides the markup: what a reader would normalise away, and what XML cannot hold at all.
_IN_TEXT = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_IN_ATTRIBUTE = re.compile('[&<>"\t\n\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}
_FIXED = frozenset(PREFIXES.values())
_PREFIX = re.compile(r"(?!xml)[a-z_][a-z0-9_.-]*", re.IGNORECASE)


def write(document: Document) -> bytes:
    """The document in UTF-8, valid against the schema of :rfc:`3863#section-4.4`.

    One without a tuple gets a closed one. A character that XML cannot hold becomes U+FFFD.
    """
    written = None if native is None else native.write(document)
    return written or _written(document)


def write_timeless(document: Document) -> bytes:
    """The same without timestamps, and with prefixes that no publisher has chosen."""
    written = None if native is None else native.write_timeless(document)
    return written or _written(_timeless(document))


def _timeless(document: Document) -> Document:
    return replace(
        document,
        tuples=tuple([replace(each, timestamp="") for each in document.tuples]),
        persons=tuple([replace(each, timestamp="") for each in document.persons]),
        devices=tuple([replace(each, timestamp="") for each in document.devices]),
        prefixes=(),
    )


def _written(document: Document) -> bytes:
    prefixes = _Prefixes(document.prefixes)
    content = "".join(
        [
            *[_tuple(each, prefixes) for each in document.tuples or (STAND_IN,)],
            _notes("note", document.notes),
            *[_person(each, prefixes) for each in document.persons],
            *[_device(each, prefixes) for each in document.devices],
            _nodes(document.others, prefixes),
        ]
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<presence xmlns="{PIDF}"'
        f"{prefixes.declarations()}{_attribute('entity', document.entity)}>{content}</presence>"
    ).encode()


class _Prefixes:
    """Which prefix stands for which namespace, in the order of first use."""

    def __init__(self, wanted: Iterable[tuple[str, str]]) -> None:
        self._wanted = dict(wanted)
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()
        self._numbers = count(1)

    def of(self, namespace: str) -> str:
        prefix = self._given.get(namespace)
        if prefix is None:
            prefix = PREFIXES.get(namespace) or self._free(self._wanted.get(namespace, ""))
            self._given[namespace] = prefix
        return prefix

    def declarations(self) -> str:
        return "".join(
            [
                _DECLARATIONS.get(namespace) or _attribute(f"xmlns:{prefix}", namespace)
                for namespace, prefix in self._given.items()
                if namespace != XML
            ]
        )

    def _free(self, wanted: str) -> str:
        """The wanted prefix, or one of our own if it is taken or is none."""
        while not _PREFIX.fullmatch(wanted) or wanted in self._taken or wanted in _FIXED:
            wanted = f"ns{next(self._numbers)}"
        self._taken.add(wanted)
        return wanted


def _tuple(each: PresenceTuple, prefixes: _Prefixes) -> str:
    basic = "" if each.basic is None else f"<basic>{each.basic.value}</basic>"
    return (
        f"<tuple{_attribute('id', each.id)}>"
        f"<status>{basic}{_nodes(each.status, prefixes)}</status>"
        f"{_nodes(each.extensions, prefixes)}{_contact(each.contact)}"
        f"{_notes('note', each.notes)}{_element('timestamp', each.timestamp)}</tuple>"
    )


def _person(each: Person, prefixes: _Prefixes) -> str:
    prefixes.of(DATA_MODEL)
    return (
        f"<dm:person{_attribute('id', each.id)}>{_nodes(each.extensions, prefixes)}"
        f"{_notes('dm:note', each.notes)}{_element('dm:timestamp', each.timestamp)}</dm:person>"
    )


def _device(each: Device, prefixes: _Prefixes) -> str:
    prefixes.of(DATA_MODEL)
    return (
        f"<dm:device{_attribute('id', each.id)}>{_nodes(each.extensions, prefixes)}"
        f"{_element('dm:deviceID', each.device_id)}{_notes('dm:note', each.notes)}"
        f"{_element('dm:timestamp', each.timestamp)}</dm:device>"
    )


def _contact(contact: Contact | None) -> str:
    if contact is None:
        return ""
    priority = _attribute("priority", contact.priority) if contact.priority else ""
    return f"<contact{priority}>{_text(contact.uri)}</contact>"


def _notes(name: str, notes: tuple[Note, ...]) -> str:
    if not notes:
        return ""
    return "".join(
        [
            f"<{name}{_attribute('xml:lang', note.language) if note.language else ''}>"
            f"{_text(note.text)}</{name}>"
            for note in notes
        ]
    )


def _element(name: str, text: str) -> str:
    return f"<{name}>{_text(text)}</{name}>" if text else ""


def _nodes(nodes: tuple[Node, ...], prefixes: _Prefixes, default: str = PIDF) -> str:
    return "".join([_node(node, prefixes, default) for node in nodes]) if nodes else ""


def _node(node: Node, prefixes: _Prefixes, default: str) -> str:
    """One extension element; `default` is the namespace of names without a prefix here."""
    declared = ""
    if node.namespace and node.namespace != PIDF:
        name = f"{prefixes.of(node.namespace)}:{node.name}"
    else:
        name = node.name
        if node.namespace != default:
            default = node.namespace
            declared = _attribute("xmlns", default)
    attributes = _attributes(node, prefixes) if node.attributes else ""
    content = _text(node.text) + _nodes(node.children, prefixes, default)
    end = f">{content}</{name}>" if content else "/>"
    return f"<{name}{declared}{attributes}{end}{_text(node.tail)}"


def _attributes(node: Node, prefixes: _Prefixes) -> str:
    return "".join(
        [
            _attribute(
                f"{prefixes.of(each.namespace)}:{each.name}" if each.namespace else each.name,
                each.value,
            )
            for each in node.attributes
        ]
    )


def _attribute(name: str, value: str) -> str:
    if _IN_ATTRIBUTE.search(value):
        value = _IN_ATTRIBUTE.sub(_escaped, value)
    return f' {name}="{value}"'


def _text(text: str) -> str:
    # Looking costs half of replacing, and there is seldom anything to replace.
    return _IN_TEXT.sub(_escaped, text) if text and _IN_TEXT.search(text) else text


def _escaped(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0], "\ufffd")


_DECLARATIONS = {
    namespace: _attribute(f"xmlns:{prefix}", namespace) for namespace, prefix in PREFIXES.items()
}
"What declares each prefix that is fixed."
