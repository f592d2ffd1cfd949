"""PUBLISH (:rfc:`3903#section-6`): load, decide, save, answer."""

from __future__ import annotations

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.base.units import Moment
from hereabouts.presence.agent import PresenceAgent
from hereabouts.presence.event_header import BadEvent, event_of
from hereabouts.presence.packages import Package
from hereabouts.presence.pidf.entity import check_entity
from hereabouts.presence.publication import (
    KIND,
    ConditionalRequestFailed,
    Publication,
    entity_tag,
    publish,
    slot_of,
)
from hereabouts.presence.view import read_document
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.headers.media import MediaType
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.message import Request
from hereabouts.storage.interface import Entry


class UnsupportedMediaType(Refusal):
    """A body of a kind that the package does not take (:rfc:`3903#section-6`, step 5)."""

    status = 415

    def __init__(self, package: Package, detail: str) -> None:
        super().__init__(detail)
        self._package = package

    def headers(self) -> list[tuple[str, str]]:
        """What would be taken."""
        accepted = ", ".join(self._package.content_types)
        return [("Accept", accepted), ("Accept-Encoding", "identity")]


class DocumentTooLarge(Refusal):
    """A body beyond the bound."""

    status = 413


class TooManyPublications(Refusal):
    """More publications than one presentity may have at a time."""

    status = 503

    def headers(self) -> list[tuple[str, str]]:
        """Asks the client to wait until one of the others may have expired."""
        return [("Retry-After", "60")]


async def is_publish_repeated(
    agent: PresenceAgent, incoming: Incoming, presentity: str, now: Moment
) -> bool:
    """Whether this very PUBLISH has been carried out before a crash."""
    tag = _if_match(incoming.request)
    slot = slot_of(tag) if tag else incoming.to_tag
    entry = await agent.store.get((KIND, presentity, slot), now.timestamp)
    return entry is not None and _publication(entry).request == incoming.to_tag


async def handle_publish(
    agent: PresenceAgent, incoming: Incoming, presentity: str, now: Moment
) -> None:
    """Answer one PUBLISH that is authenticated and allowed for this presentity."""
    request = incoming.request
    _, package = event_of(request)
    if not package.is_published:
        raise BadEvent(f"{package.name} is not published")
    lifetime = agent.rules.publications.choose(request.expires)
    tag = _if_match(request)
    slot = slot_of(tag) if tag else incoming.to_tag
    entry = await agent.store.get((KIND, presentity, slot), now.timestamp)
    if entry is not None and _publication(entry).request == incoming.to_tag:
        _answer(agent, incoming, slot, entry, now)  # a retransmission from before a crash
        return
    if tag and (entry is None or entity_tag(slot, entry) != tag or not _publication(entry).body):
        raise ConditionalRequestFailed
    charset = _charset(agent, request, package, presentity) if request.body else ""
    if entry is None:
        await _check_room(agent, presentity, now)
    kept = publish(
        _publication(entry) if entry else None,
        body=request.body,
        charset=charset,
        lifetime=lifetime,
        request=incoming.to_tag,
        now=now,
        memory=agent.rules.memory,
    )
    entry = await agent.store.put((KIND, presentity, slot), kept, entry)
    _answer(agent, incoming, slot, entry, now)


def _publication(entry: Entry) -> Publication:
    assert isinstance(entry.record, Publication)
    return entry.record


def _answer(agent: PresenceAgent, incoming: Incoming, slot: str, entry: Entry, now: Moment) -> None:
    headers = [
        ("SIP-ETag", entity_tag(slot, entry)),
        ("Expires", str(_publication(entry).lifetime)),
    ]
    agent.endpoint.respond(incoming, 200, now, headers=headers)


def _if_match(request: Request) -> str | None:
    tags = request.values("sip-if-match")
    if "sip-if-match" in request.headers and len(tags) != 1:
        raise BadRequest("SIP-If-Match must have one entity-tag")
    return tags[0] if tags else None


def _charset(agent: PresenceAgent, request: Request, package: Package, presentity: str) -> str:
    """The charset of a body that is a document of this package about this presentity."""
    if len(request.body) > agent.rules.max_document:
        raise DocumentTooLarge(f"at most {agent.rules.max_document} bytes")
    if request.first("content-encoding") not in (None, "", "identity"):
        raise UnsupportedMediaType(package, "the body is encoded")
    try:
        media = MediaType.parse(request.first("content-type") or "")
        if media.name not in package.content_types:
            raise UnsupportedMediaType(package, media.name)
        charset = (media.parameters.get("charset") or "").strip('"')
        # A phone that calls our domain by our address does so in the document too.
        check_entity(read_document(request.body, charset), presentity, request.uri)
    except Malformed as fault:
        raise BadRequest(str(fault)) from None
    return charset


async def _check_room(agent: PresenceAgent, presentity: str, now: Moment) -> None:
    kept = await agent.store.under(KIND, presentity, now.timestamp)
    published = [entry for entry in kept.values() if _publication(entry).body]
    if len(published) >= agent.rules.max_publications:
        raise TooManyPublications(f"at most {agent.rules.max_publications} at a time")
