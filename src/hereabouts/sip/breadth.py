"""Max-Breadth: how many branches of one request there may be at a time (:rfc:`5393#section-5`)."""

from __future__ import annotations

from hereabouts.base.refusal import Refusal
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.message import Request

MOST = 60
"What a request has that does not say, and the most that one is granted (section 5.3.3)."


class MaxBreadthExceeded(Refusal):
    """It may have no branch at all any more."""

    status = 440


def breadth_of(request: Request) -> int:
    """How many branches of the request may be under way at a time, from here on.

    Raises:
        BadRequest: it says what is no number.
        MaxBreadthExceeded: none.
    """
    text = request.first("max-breadth")
    if text is None:
        return MOST
    if not (text.isascii() and text.isdigit()):
        raise BadRequest("Max-Breadth is not a number")
    breadth = min(int(text[:9]), MOST)
    if not breadth:
        raise MaxBreadthExceeded
    return breadth


def shares(breadth: int, branches: int) -> list[int]:
    """What each of so many branches is given: together no more than there is, each at least 1."""
    each, rest = divmod(breadth, branches)
    return [each + (number < rest) for number in range(branches)]
