"""What watchers are shown: a document rendered once for all who see the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache

import msgspec

from hereabouts.base.units import NEVER, Moment, Timestamp
from hereabouts.presence.composition import Published, compose, fingerprint, registered_document
from hereabouts.presence.pidf.blank import NOTHING_KNOWN, PENDING, REJECTED, blank_document
from hereabouts.presence.pidf.document import Document
from hereabouts.presence.pidf.reader import read
from hereabouts.presence.pidf.writer import write
from hereabouts.presence.publication import KIND, Publication
from hereabouts.presence.steps import Step, Tell
from hereabouts.presence.subscription import Standing
from hereabouts.sip.registrar import KIND as BINDINGS
from hereabouts.storage.interface import Store

Puas = Callable[[str, Moment], Awaitable[list[Published]]]
"What the PUAs of a presentity know, each of them asked."


class View(msgspec.Struct, frozen=True, gc=False):
    """A document ready to go out."""

    body: bytes
    fingerprint: bytes
    "Equal for documents that say the same."
    valid_until: Timestamp = NEVER
    "From this date on it shows something that has expired."


NOTES = {
    Standing.POLITE: NOTHING_KNOWN,
    Standing.ENDED_BLANK: NOTHING_KNOWN,
    Standing.PENDING: PENDING,
    Standing.REJECTED: REJECTED,
}
"Who is shown a blank document, and what its note says."

_read = lru_cache(maxsize=1024)(read)  # a body is read on PUBLISH and again by each composition


def read_document(body: bytes, charset: str) -> Document:
    """The document in a PUBLISH body.

    Raises:
        MalformedDocument: there is none.
    """
    return _read(body, charset=charset or None)


class Views:
    """The views of all presentities, composed when asked for and kept until something changes."""

    def __init__(self, store: Store, *, shows_registration: bool, most: int = 8192) -> None:
        self._store = store
        self._shows_registration = shows_registration
        self._composed: dict[str, View] = {}
        self._most = most
        self.puas: Puas | None = None
        "Asks the PUAs beside the agent, where there are any, for what they know."
        self.tell: Tell | None = None
        "Shown each fetch; for demos and traces."

    async def of(self, presentity: str, standing: Standing, now: Moment) -> View:
        """What a watcher who stands so is shown of this presentity."""
        return self.at_hand(presentity, standing, now) or await self._composed_anew(presentity, now)

    def at_hand(self, presentity: str, standing: Standing, now: Moment) -> View | None:
        """The same, where nobody need be asked for it."""
        note = NOTES.get(standing)
        if note is not None:
            return _blank(presentity, note)
        view = self._composed.get(presentity)
        return None if view is None or view.valid_until <= now.timestamp else view

    async def _composed_anew(self, presentity: str, now: Moment) -> View:
        view = await self._compose(presentity, now)
        while len(self._composed) >= self._most:
            del self._composed[next(iter(self._composed))]
        self._composed[presentity] = view
        return view

    def forget(self, presentity: str) -> None:
        """Something about the presentity has changed."""
        self._composed.pop(presentity, None)

    async def _compose(self, presentity: str, now: Moment) -> View:
        if self.tell is not None:
            self.tell(Step.FETCHES, presentity, "")
        entries = await self._store.under(KIND, presentity, now.timestamp)
        published = await self.puas(presentity, now) if self.puas is not None else []
        valid_until = NEVER
        for slot, entry in entries.items():
            record = entry.record
            assert isinstance(record, Publication)
            if record.body:
                document = read_document(record.body, record.charset)
                published.append(Published(slot, document, record.published_at))
                valid_until = min(valid_until, record.expires_at)
        if self.tell is not None:
            self.tell(Step.FETCHED, presentity, "")
        document_or_none = compose(presentity, published)
        if document_or_none is None:
            return await self._unpublished(presentity, now)
        return View(write(document_or_none), fingerprint(document_or_none), valid_until)

    async def _unpublished(self, presentity: str, now: Moment) -> View:
        """A registration alone shows that somebody is there; its absence shows nothing."""
        entry = None
        if self._shows_registration:
            entry = await self._store.get((BINDINGS, presentity, ""), now.timestamp)
        if entry is None:
            return _blank(presentity, NOTHING_KNOWN)
        document = registered_document(presentity)
        return View(write(document), fingerprint(document), entry.record.expires_at)


@lru_cache(maxsize=4096)
def _blank(presentity: str, note: str) -> View:
    document = blank_document(presentity, note)
    return View(write(document), fingerprint(document))
