"""The document for a watcher to whom nothing is shown.

A presentity that publishes nothing and one that hides behind a polite block give byte for byte
the same document; only a watcher who waits, or who was turned away, is told so.
"""

from __future__ import annotations

from hereabouts.presence.pidf.document import STAND_IN, Document, Note

NOTHING_KNOWN = "No presence information is available."
"The note where nothing is published, or nothing is shown."

PENDING = "The subscription waits for approval."
"The note while the presentity has not decided (:rfc:`3856#section-6.6.2`)."

REJECTED = "The subscription was not approved."
"The note that goes out with the end of a rejected subscription."


def blank_document(presentity: str, note: str = NOTHING_KNOWN) -> Document:
    """One closed tuple and one note, the same for everybody and at all times."""
    return Document(presentity, (STAND_IN,), notes=(Note(note, "en"),))
