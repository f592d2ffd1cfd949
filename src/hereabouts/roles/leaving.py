"""May a SUBSCRIBE leave its watcher, a user of ours? His own rules say, and on what terms."""

from __future__ import annotations

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Moment, Seconds
from hereabouts.presence.asked import asked_by
from hereabouts.presence.permission import Declined
from hereabouts.presence.questions import Asked, Decision, Kind, Questions, SubscribeQuestion
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.domains import Domains
from hereabouts.sip.flow import LOCAL
from hereabouts.sip.incoming import Incoming


class Leave(msgspec.Struct, frozen=True, gc=False):
    """What holds for a SUBSCRIBE that may go."""

    edited: tuple[tuple[str, str], ...] = ()
    "Headers whose value is another from here on."
    asked: Asked | None = None
    "What it said, where its watcher has rules."
    min_interval: Seconds = 0.0
    "The least time between two NOTIFYs."


class Leaving:
    """Asks the rules of our watchers about what they send to others."""

    def __init__(self, domains: Domains, questions: Questions) -> None:
        self._domains = domains
        self._questions = questions

    async def leave(
        self, incoming: Incoming, presentity: str, watcher: str, state: str, now: Moment
    ) -> Leave:
        """The terms of a SUBSCRIBE; `state`: how its subscription stands, `init` before any.

        A watcher's agent within the node asks itself, and nobody is kept from unsubscribing.

        Raises:
            Declined: its watcher's rules keep it here; nobody can wait for him to confirm it.
        """
        request = incoming.request
        expires = request.expires
        kind = _kind(expires, is_inside=state != "init")
        is_ours = self._domains.serves(watcher)
        is_asked = is_ours and incoming.sender.transport != LOCAL and kind is not Kind.UNSUBSCRIBE
        if not is_asked or not self._questions.has_subscribing_rules(presentity, watcher):
            return Leave()
        try:
            asked = asked_by(request, kind, expires)
        except Malformed as fault:
            raise BadRequest(str(fault)) from None
        package = (request.first("event") or "").partition(";")[0].strip()
        question = SubscribeQuestion(presentity, watcher, package, state, asked)
        answer = await self._questions.may_subscribe(question, now)
        if answer.decision is not Decision.ALLOW:
            raise Declined(answer, "your own policy does not allow it")
        most = answer.expires_at_most
        is_long = most is not None and (expires is None or expires > most)
        edited = (("expires", str(most)),) if is_long else ()
        return Leave(edited, asked, answer.min_interval)


def _kind(expires: int | None, *, is_inside: bool) -> Kind:
    if is_inside:
        return Kind.REFRESH if expires != 0 else Kind.UNSUBSCRIBE
    return Kind.INITIAL if expires != 0 else Kind.FETCH
