"""Which answer a caller is given, of all those that his request has found.

:rfc:`3261#section-16.7`, steps 6 and 7.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hereabouts.sip.message import Response

_CHALLENGES = {"www-authenticate": "WWW-Authenticate", "proxy-authenticate": "Proxy-Authenticate"}
_HELPFUL = (401, 407, 415, 420, 484)
"Refusals that say how to ask again."


class Ending(msgspec.Struct, frozen=True):
    """How one branch of a request has ended."""

    status: int
    response: Response | None = None
    "What was answered; `None`: nothing, so that the status is our own word for it."
    reason: str = ""
    "What is the matter, where it is our own."


def best(endings: Sequence[Ending]) -> Ending:
    """The one to pass back: of a 6xx first, else of the lowest class.

    A 503 says that somebody else is out of order: passed on it would keep the sender from asking
    us for anything, so it becomes a 500.
    """
    chosen = min(endings, key=_rank)
    if chosen.status == 503:
        return Ending(500, None, "the next server is out of order")
    return chosen


def _rank(ending: Ending) -> tuple[int, int, bool]:
    status = ending.status
    hundreds = 0 if status >= 600 else status // 100
    last = len(_HELPFUL) + (status == 503)
    within = _HELPFUL.index(status) if status in _HELPFUL else last
    return hundreds, within, ending.response is None


def other_challenges(endings: Sequence[Ending], chosen: Ending) -> list[str]:
    """The rows with the challenges of all other branches, as they stood, each branch in its order.

    Nothing, unless what is passed back is a challenge itself (:rfc:`8760#section-2.5`).
    """
    if chosen.status not in (401, 407):
        return []
    return [
        f"{_CHALLENGES[name]}: {value}"
        for ending in endings
        if ending is not chosen and ending.response is not None and ending.status in (401, 407)
        for name in _CHALLENGES
        for value in ending.response.headers.get(name, ())
    ]
