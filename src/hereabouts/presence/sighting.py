"""What a watcher knows of a presentity, and how it is read from a NOTIFY."""

from __future__ import annotations

import msgspec

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.presence.packages import PRESENCE
from hereabouts.presence.pidf.document import Document
from hereabouts.presence.pidf.reader import read
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.headers.event import Substate
from hereabouts.sip.headers.media import MediaType
from hereabouts.sip.leaving import Answer, Failure
from hereabouts.sip.message import Request


class UnacceptableBody(Refusal):
    """A body of a kind that we have not asked for."""

    status = 415

    def headers(self) -> list[tuple[str, str]]:
        """What we have asked for."""
        return [("Accept", ", ".join(PRESENCE.content_types))]


class Sighting(msgspec.Struct, frozen=True, gc=False):
    """What a watch knows of its presentity."""

    substate: Substate
    "How the subscription stands; terminated where there is none at the moment."
    reason: str = ""
    "Why it is terminated: the notifier's word, or what the server answered."
    document: Document | None = None
    "The newest that was shown; `None`: nothing yet."
    is_over: bool = False
    "There is nothing more to come."
    answer: Answer | None = None
    "The answer to a SUBSCRIBE that it follows from; `None`: it follows from a NOTIFY."


def reason_of(answer: Answer) -> str:
    """An answer that is no success, in words."""
    if isinstance(answer, Failure):
        return answer.value
    return f"{answer.status} {answer.reason}".strip()


def shown(request: Request) -> Document | None:
    """The document in a NOTIFY; `None`: it has no body.

    Raises:
        UnacceptableBody: its body is of another kind.
        BadRequest: its body is not what it says.
    """
    if not request.body:
        return None
    try:
        media = MediaType.parse(request.first("content-type") or "")
        if media.name not in PRESENCE.content_types:
            raise UnacceptableBody(media.name)
        charset = (media.parameters.get("charset") or "").strip('"')
        return read(request.body, charset=charset or None)
    except Malformed as fault:
        raise BadRequest(str(fault)) from None
