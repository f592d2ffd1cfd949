"""A script as XML elements: each with its line, its names known, everything within bounds.

White space between elements, comments and processing instructions are gone. An element or an
attribute without a namespace is one of CPL (:rfc:`3880#section-11`), if the script uses no
extension.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import msgspec

from hereabouts.base import xml
from hereabouts.policy.cpl.finding import Code, Finding, MalformedScript, Report

CPL = "urn:ietf:params:xml:ns:cpl"
"The namespace of :rfc:`3880`."

PRESENCE = "urn:x-hereabouts:cpl-presence:1"
"The namespace of our extension; a change of what it means gets another one."

_SCHEMA_HINT = "http://www.w3.org/2001/XMLSchema-instance"  # schemaLocation: says nothing to us

_WHITE_SPACE = " \t\n\r"  # as XML has it

MAXIMUM_SIZE = 65_536
"The longest script, in bytes."

MAXIMUM_DEPTH = 32
"The deepest nesting, in elements."

MAXIMUM_ELEMENTS = 1000

MAXIMUM_ATTRIBUTE = 2048
"The longest value of an attribute, in characters."

Name = tuple[str, str]
"Namespace and local name."


class Element(msgspec.Struct, frozen=True, gc=False):
    """An element of a script."""

    line: int
    "Where it begins, from 1."
    name: Name
    attributes: dict[str, str]
    "Those of its own, by name."
    extensions: dict[str, str]
    "Attributes of our extension on an element of CPL, by their name without the prefix."
    children: tuple[Element, ...]

    @property
    def tag(self) -> str:
        """Its name as people write it: `reject`, `p:allow`."""
        return tag(self.name)


def tag(name: Name) -> str:
    """A name as people write it."""
    return f"p:{name[1]}" if name[0] == PRESENCE else name[1]


def parse(script: bytes, report: Report) -> Element:
    """The root of a script; what is wrong with names and values goes to `report`.

    Raises:
        MalformedScript: it is no XML, or beyond a bound.
    """
    if len(script) > MAXIMUM_SIZE:
        raise _refusal(Code.SIZE, 1, f"the script is longer than {MAXIMUM_SIZE} bytes", _SHORTER)
    _check_encoding(script)
    try:
        tree = xml.parse(script, charset="utf-8", maximum_depth=MAXIMUM_DEPTH, with_lines=True)
    except xml.DoctypeRefused as fault:
        raise _refusal(Code.DTD, fault.line, fault.why, "leave the declaration out") from None
    except xml.NestedTooDeep as fault:
        raise _refusal(Code.DEPTH, fault.line, fault.why, "move a part to a subaction") from None
    except xml.MalformedXml as fault:
        raise _refusal(Code.XML, fault.line, fault.why, "make it well-formed XML") from None
    if len(tree.lines) > MAXIMUM_ELEMENTS:
        line = tree.lines[MAXIMUM_ELEMENTS]
        raise _refusal(Code.SIZE, line, f"there are over {MAXIMUM_ELEMENTS} elements", _SHORTER)
    return _Translation(tree, report).root()


_SHORTER = "shorten it, or make two policies of it"


def _refusal(code: Code, line: int | None, message: str, remedy: str) -> MalformedScript:
    return MalformedScript((Finding(code, line or 1, message, remedy),))


def _check_encoding(script: bytes) -> None:
    try:
        script.decode()
    except UnicodeDecodeError as fault:
        line = script.count(b"\n", 0, fault.start) + 1
        raise _refusal(Code.XML, line, "it is not UTF-8", "save it as UTF-8") from None


class _Translation:
    """Turns the tree of XML into elements, and complains of names and values."""

    def __init__(self, tree: xml.Tree, report: Report) -> None:
        self._root = tree.root
        self._lines: Iterator[int] = iter(tree.lines)
        self._report = report
        self._bare: tuple[str, int] | None = None  # the first element in no namespace
        self._is_extended = False

    def root(self) -> Element:
        root = self._element(self._root)
        if self._bare is not None and self._is_extended:
            name, line = self._bare
            message = f"{name} is in no namespace, though the script uses an extension"
            self._report.add(Code.NAMESPACE, line, message, f'say xmlns="{CPL}" on the root')
        return root

    def _element(self, node: xml.Node) -> Element:
        line = next(self._lines)
        name = self._name(node, line)
        if (node.text + node.tail).strip(_WHITE_SPACE):
            self._report.add(Code.XML, line, f"there is text at {node.name}", "leave it out")
        own: dict[str, str] = {}
        extensions: dict[str, str] = {}
        for each in node.attributes:
            if each.namespace == PRESENCE and name[0] == CPL:
                self._is_extended = True
                self._keep(extensions, each, line)
            elif not each.namespace or each.namespace == name[0] == CPL:
                self._keep(own, each, line)
            elif each.namespace != _SCHEMA_HINT or node is not self._root:
                message = f"the namespace of {each.name} is not known here, {each.namespace[:80]}"
                self._report.add(Code.NAMESPACE, line, message, "leave it, or its prefix, out")
        return Element(line, name, own, extensions, tuple(map(self._element, node.children)))

    def _name(self, node: xml.Node, line: int) -> Name:
        if not node.namespace:
            self._bare = self._bare or (node.name, line)
        elif node.namespace == PRESENCE:
            self._is_extended = True
        elif node.namespace != CPL:
            message = f"the namespace of {node.name} is not known here, {node.namespace[:80]}"
            self._report.add(Code.NAMESPACE, line, message, f"use {CPL} and {PRESENCE}")
        return (node.namespace or CPL, node.name)

    def _keep(self, kept: dict[str, str], attribute: xml.Attribute, line: int) -> None:
        name, value = attribute.name, attribute.value
        if len(value) > MAXIMUM_ATTRIBUTE:
            message = f"{name} is longer than {MAXIMUM_ATTRIBUTE} characters"
            self._report.add(Code.SIZE, line, message, "shorten it")
        if any(unicodedata.category(each) == "Cc" for each in value):
            message = f"{name} has a control character, such as a line break"
            self._report.add(Code.ATTRIBUTE, line, message, "leave it out")
        if name in kept:
            self._report.add(Code.ATTRIBUTE, line, f"{name} is there twice", "leave one out")
        kept[name] = value
