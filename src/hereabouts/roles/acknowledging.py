"""Passes the ACK of a 2xx on to the callee: nobody answers it, and nobody repeats it for us."""

from __future__ import annotations

from contextlib import suppress

import msgspec

from hereabouts.base.refusal import Refusal
from hereabouts.base.units import Moment
from hereabouts.roles.callees import Callees
from hereabouts.roles.node import Node
from hereabouts.roles.passing import Passing
from hereabouts.roles.relays import key_of
from hereabouts.sip.admission import check_grammar
from hereabouts.sip.call_token import CallTokens
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.leaving import Answer, Failure
from hereabouts.sip.proxy import Onward, hops_left, rows_onward
from hereabouts.sip.target_set import Target


class Acknowledgement(msgspec.Struct, frozen=True):
    """An ACK on its way to the callee."""

    incoming: Incoming
    target: Target
    way: int = 0
    "Which of the target's ways it goes by."


class Acknowledging:
    """All ACKs that go end to end (:rfc:`3261#section-13.2.2.4`)."""

    def __init__(self, node: Node, passing: Passing, callees: Callees, tokens: CallTokens) -> None:
        self._node = node
        self._passing = passing
        self._callees = callees
        self._tokens = tokens

    def acknowledged(self, incoming: Incoming, now: Moment) -> None:
        """Pass an ACK on that belongs to a call; any other is dropped."""

        async def forward() -> None:
            with suppress(Refusal):  # nobody is told what is wrong with an ACK
                await self._forward(incoming, now)

        self._node.run(key_of(incoming.request.call_id), forward)

    async def _forward(self, incoming: Incoming, now: Moment) -> None:
        request = incoming.request
        check_grammar(request)
        self._passing.check(request)
        course = self._callees.course(incoming)
        side = self._tokens.side(course.token, request)
        if side is not None:
            target = await self._callees.beyond(side, course, request, now)
            self._send(Acknowledgement(incoming, target))

    def _send(self, ack: Acknowledgement) -> None:
        incoming, target = ack.incoming, ack.target
        request, flow = incoming.request, target.ways[ack.way]
        realm = self._passing.terms.realm
        onward = Onward(incoming.via, target.routes, hops_left(request), realm=realm)
        branch = f"{incoming.to_tag}{ack.way}{self._passing.mark(request)}"
        rows, user = rows_onward(request, onward), (self._told, ack)
        self._node.endpoint.request(
            "ACK", target.uri, rows, request.body, flow, user, branch=branch
        )

    def _told(self, ack: Acknowledgement, answer: Answer, _now: Moment) -> None:
        """A way is dead: another one is tried. A 2xx that is not acknowledged comes again."""
        if answer is Failure.UNDELIVERABLE and ack.way + 1 < len(ack.target.ways):
            self._send(msgspec.structs.replace(ack, way=ack.way + 1))
