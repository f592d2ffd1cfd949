"""Holds the compiled reader to the one in Python: what it says, the other says too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from hereabouts.base import xml
from hereabouts.base.refusal import Malformed
from hereabouts.native.choice import documents, messages, trees
from hereabouts.presence import composition
from hereabouts.presence.pidf import reader as reader_of_documents
from hereabouts.presence.pidf import writer
from hereabouts.sip import endpoint, glance, hop, leaving, lingering, message, reader, uri
from hereabouts.sip.admission import check_grammar
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers import address, via
from hereabouts.sip.message import Message, Ordinary, Request, Response
from tests.native.ways import Way

Said = tuple[object, ...]
"All that a message says, in its order; or why it is none."


def agree(packet: bytes) -> bool:
    """Whether the compiled reader reads this packet itself; both must say the same of it."""
    assert messages is not None
    assert glance.search(packet) == messages.notify_taken(packet)
    found = messages.scan(packet)
    if found is not None:
        assert content(found) == examined(packet)
    if isinstance(found, Request):
        _agree_on_what_is_understood(found, reader.examine(packet))
    return found is not None


def _agree_on_what_is_understood(found: Request, other: Message) -> None:
    """Hold what the compiled reader has understood of a request to what Python does."""
    assert isinstance(other, Request)
    with values_by(Way.PYTHON):
        if isinstance(found, Ordinary):
            check_grammar(other)
            assert found.call_id == other.call_id
            assert found.to_tag == other.to_tag
            assert found.cseq == other.cseq
            assert found.expires == other.expires
            assert _fields(found.from_address) == _fields(other.from_address)
            assert _fields(found.to_address) == _fields(other.to_address)
            assert _fields(found.request_uri) == _fields(other.request_uri)
        if found._contact is not None:  # noqa: SLF001 - what is asked for later is understood later
            assert found.contact[0] == other.contact[0]
            assert _fields(found.contact[1]) == _fields(other.contact[1])


def examined(packet: bytes) -> Said:
    """What Python alone says of a packet."""
    try:
        return content(reader.examine(packet))
    except Malformed as fault:
        return (str(fault),)


def content(message: Request | Response) -> Said:
    """All that there is of a message."""
    shared = (message.rows, list(message.headers.items()), message.body, message.fault)
    if isinstance(message, Request):
        return (message.method, message.uri, *shared)
    return (message.status, message.reason, *shared)


@contextmanager
def values_by(way: Way) -> Iterator[None]:
    """All values of headers are read, and all answers are written, this way."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (address, hop, message, uri, via):
            patch.setattr(module, "native", messages if way is Way.NATIVE else None)
        yield


@contextmanager
def exchanges_by(way: Way) -> Iterator[None]:
    """All requests are taken in, answered, sent and counted as left this way."""
    assert messages is not None
    released = messages.released if way is Way.NATIVE else leaving.sort_left
    measure = messages.measure if way is Way.NATIVE else lingering.measured
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(endpoint, "native", messages if way is Way.NATIVE else None)
        patch.setattr(endpoint, "released", released)
        patch.setattr(lingering, "measure", measure)
        yield


def agree_on_via(text: str) -> bool:
    """Whether the compiled reader reads this value itself; both must say the same of it."""
    assert messages is not None
    found = messages.via(text)
    return _agree(via.Via(*found) if found else None, via.Via.parse, text)


def agree_on_address(text: str) -> bool:
    """The same of an address."""
    assert messages is not None
    found = messages.address(text)
    return _agree(address.Address(*found) if found else None, address.Address.parse, text)


def agree_on_uri(text: str) -> bool:
    """The same of a URI."""
    assert messages is not None
    found = messages.uri(text)
    return _agree(uri.SipUri(*found) if found else None, uri.SipUri.parse, text)


def _agree(found: msgspec.Struct | None, parse: Callable[[str], msgspec.Struct], text: str) -> bool:
    if found is None:
        return False
    with values_by(Way.PYTHON):
        try:
            said = _fields(parse(text))
        except Malformed as fault:
            said = [fault]
    assert _fields(found) == said
    return True


def _fields(value: msgspec.Struct) -> list[object]:
    """The fields, the parameters in their order."""
    fields = [getattr(value, name) for name in value.__struct_fields__]
    return [list(field.items()) if isinstance(field, dict) else field for field in fields]


def agree_on_stamp(row: str, flow: Flow) -> bool:
    """Whether the compiled endpoint stamps this Via itself; both must make the same of it."""
    assert messages is not None
    return all(_agree_on_stamp(method, row, flow) for method in ("OPTIONS", "ACK"))


def _agree_on_stamp(method: str, row: str, flow: Flow) -> bool:
    assert messages is not None
    found = messages.stamp(method, row, flow.host, flow.port)
    if found is None:
        return False
    fields, stamped, key = found
    others = ["SIP/2.0/UDP other"]
    asked = Request(method, "sip:h", [], {"via": [row, *others]}, b"")
    with values_by(Way.PYTHON):
        expected, rows, name = hop.stamp(asked, flow)
    assert _fields(via.Via(*fields)) == _fields(expected)
    assert [stamped, *others] == rows
    assert key in (None, name)
    with values_by(Way.NATIVE):
        assert hop.stamp(asked, flow)[1:] == (rows, name)
    return True


def agree_on_answer(request: Request, status: int, **given: Any) -> bool:  # noqa: ANN401 - as given
    """Whether the compiled writer writes this answer itself; both must write the same."""
    assert messages is not None
    with values_by(Way.PYTHON):
        expected = message.write_response(request, status, **given)
    with values_by(Way.NATIVE):
        assert message.write_response(request, status, **given) == expected
    hops = given.get("via") or request.headers.get("via", [])
    start = expected[: expected.index(b"\r\n") + 2].decode("utf-8", "surrogateescape")
    body = given.get("body", b"")
    tag, headers = given.get("to_tag"), given.get("headers", ())
    found = messages.response(start, hops, request.headers, tag, headers, body)
    assert found in (None, expected) or request.fault is not None
    return found is not None


@contextmanager
def documents_by(way: Way) -> Iterator[None]:
    """All documents are read, composed and written this way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xml, "_read", trees.read if trees and way is Way.NATIVE else None)
        for module in (reader_of_documents, composition, writer):
            patch.setattr(module, "native", documents if way is Way.NATIVE else None)
        yield


def agree_on_document(body: bytes, maximum_depth: int = xml.MAXIMUM_DEPTH) -> bool:
    """Whether the compiled reader reads this document itself; both must make the same of it."""
    assert trees is not None
    found = trees.read(body, maximum_depth)
    if found is not None:
        assert found == read_by(Way.PYTHON, body, charset="utf-8", maximum_depth=maximum_depth)
    for charset in (None, "utf-8"):
        given = {"charset": charset, "maximum_depth": maximum_depth}
        assert read_by(Way.NATIVE, body, **given) == read_by(Way.PYTHON, body, **given)
    return found is not None


def read_by(way: Way, body: bytes, **given: Any) -> xml.Tree | Said:  # noqa: ANN401 - as given
    """The tree of a document; or of what kind it is if it is none, where, and why."""
    with documents_by(way):
        try:
            return xml.parse(body, **given)
        except xml.MalformedXml as fault:
            return (type(fault), str(fault), fault.why, fault.line)
