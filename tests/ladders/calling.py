"""What the ladders about calls have in common."""

from __future__ import annotations

import re

from hereabouts.sip.message import Request, Response
from hereabouts.sip.reader import read
from tests.ladders.conftest import Play

BOUND = """
    bob     -> node REGISTER
    bob     <- node 200
    watcher -> node REGISTER
    watcher <- node 200
"""
CALLED = """
    watcher -> node INVITE  to=bob
    watcher <- node 100
    bob     <- node INVITE
"""
TALKING = f"""{CALLED}
    bob     -> node 180
    watcher <- node 180
    bob     -> node 200
    watcher <- node 200
    watcher -> node ACK
    bob     <- node ACK
"""
TWO_DEVICES = """
    bob-desk   -> node REGISTER
    bob-desk   <- node 200
    bob-mobile -> node REGISTER
    bob-mobile <- node 200
"""
FORKED = f"""{TWO_DEVICES}
    watcher    -> node INVITE   to=bob
    watcher    <- node 100
    bob-desk   <- node INVITE
    bob-mobile <- node INVITE
"""


def heard(play: Play, peer: str, which: int = -1) -> Request:
    """A request that a peer has heard."""
    requests = [each for each in map(read, play.stage.peer(peer).heard) if is_request(each)]
    request = requests[which]
    assert isinstance(request, Request)
    return request


def is_request(message: Request | Response) -> bool:
    return isinstance(message, Request)


def told(play: Play, peer: str) -> Response:
    """The answer that a peer has heard last."""
    answers = [each for each in map(read, play.stage.peer(peer).heard) if not is_request(each)]
    answer = answers[-1]
    assert isinstance(answer, Response)
    return answer


def branch(request: Request) -> str:
    found = re.search(r"branch=([^;,]+)", request.headers["via"][0])
    assert found is not None
    return found[1]


def is_quiet(play: Play) -> bool:
    """Whether the node keeps nothing of any call."""
    return len(play.stage.server.calls.forking) == 0
