"""The compiled twin of reader and writer, taught what documents are made of."""

from __future__ import annotations

from hereabouts.base.xml import Attribute, Node, Tree
from hereabouts.native.choice import documents as native
from hereabouts.presence.pidf.document import (
    Basic,
    Contact,
    Device,
    Document,
    Note,
    Person,
    PresenceTuple,
)
from hereabouts.presence.pidf.namespaces import PREFIXES

_CLASSES = (Tree, Node, Attribute, Document, PresenceTuple, Person, Device, Note, Contact)

if native is not None:
    native.prepare(_CLASSES, Basic.OPEN, Basic.CLOSED, PREFIXES)

__all__ = ["native"]
