"""A user's agent: `Application` of a node that registers, publishes and watches for one account."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hereabouts import __version__
from hereabouts.base.ids import Ids
from hereabouts.base.journal import Journal
from hereabouts.base.units import Moment
from hereabouts.presence.packages import PACKAGES
from hereabouts.presence.publisher import Known, Publisher
from hereabouts.presence.sighting import Sighting
from hereabouts.presence.watching import Watch
from hereabouts.roles.node import Node
from hereabouts.sip.admission import MethodRefused, check_extensions, check_grammar
from hereabouts.sip.dialog import UnknownDialog
from hereabouts.sip.flow import Flow
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.keep_alive import KeepAlive, fraction, granted
from hereabouts.sip.message import Request, Response
from hereabouts.sip.pace import Pace
from hereabouts.sip.registration import Registration
from hereabouts.sip.requester import Account, Requester
from hereabouts.sip.transactions.machine import Timers
from hereabouts.sip.upkeep import Report, Standing
from hereabouts.storage.memory import MemoryStore

ALLOWED = ("OPTIONS", "NOTIFY", "CANCEL", "ACK")

Told = Callable[[Report, Moment], None]
Seen = Callable[[Sighting, Moment], None]


class UserAgent:
    """What a node does that works for one user (a PUA and a W-PA)."""

    def __init__(self, node: Node, ids: Ids, account: Account, flow: Flow, pace: Pace) -> None:
        user_agent = f"hereabouts/{__version__}"
        self._node = node
        self._ids = ids
        self._endpoint = node.endpoint
        self._deadlines = node.deadlines
        self._requester = Requester(node.endpoint, ids, account, flow, user_agent=user_agent)
        self._pace = pace
        self._registrations: list[Registration] = []
        self._publishers: list[Publisher] = []
        self._watches: dict[int, Watch] = {}
        self._by_call_id: dict[str, Watch] = {}
        self._keep_alive = KeepAlive(node.deadlines, ids, self._ping, self._flow_failed)
        node.on_keep_alive = self._heard
        self._ending = 0  # reports that are still to come before all has ended
        self._left: Callable[[], None] | None = None

    @property
    def address(self) -> str:
        """The user's address-of-record."""
        return self._requester.account.address

    @property
    def flow(self) -> Flow:
        """The way to the server."""
        return self._requester.flow

    @flow.setter
    def flow(self, flow: Flow) -> None:
        self._requester.flow = flow

    def registration(self, tell: Told, *, feature: str = "", instance: str = "") -> Registration:
        """A registration of the account, not begun yet; its Contact may carry a feature tag.

        With an `instance`, which names this device for ever, it is bound by its flow, and the flow
        is kept open (:rfc:`5626`).
        """
        registration = Registration(
            self._requester,
            self._deadlines,
            self._overheard(self._flow_told(tell)),
            self._pace,
            feature=feature,
            instance=instance,
            chance=lambda: fraction(self._ids.token()),
        )
        self._registrations.append(registration)
        return registration

    def publisher(self, tell: Told, known: Known | None = None) -> Publisher:
        """A publisher about the account's own address."""
        publisher = Publisher(
            self._requester, self._deadlines, self._overheard(tell), self._pace, known=known
        )
        self._publishers.append(publisher)
        return publisher

    def watch(self, presentity: str, tell: Seen) -> Watch:
        """A watch of a presentity, not begun yet."""

        def seen(sighting: Sighting, now: Moment) -> None:
            tell(sighting, now)
            if sighting.is_over and self._watches.pop(id(watch), None) is not None:
                self._one_ended()

        watch = Watch(
            presentity, self._requester, self._deadlines, seen, self._pace, self._by_call_id
        )
        self._watches[id(watch)] = watch
        return watch

    def leave(
        self, now: Moment, left: Callable[[], None], *, keeps_publications: bool = False
    ) -> None:
        """Unregister, unpublish and unsubscribe; `left` is called when all of it is confirmed."""
        # Without a registration first, the end of the publication would show as open for a moment.
        ends = [registration.end for registration in self._registrations]
        if not keeps_publications:
            ends += [publisher.remove for publisher in self._publishers]
        ends += [watch.end for watch in self._watches.values() if not watch.is_over]
        self._ending, self._left = len(ends) + 1, left
        for end in ends:
            end(now)
        self._one_ended()

    # -- the flow

    def _flow_told(self, tell: Told) -> Told:
        def told(report: Report, now: Moment) -> None:
            answer = report.answer
            is_kept = report.standing is Standing.KEPT
            if is_kept and isinstance(answer, Response) and granted(answer):
                self._keep_alive.begin(self.flow, answer, now)
            elif report.standing is not Standing.TROUBLED:  # the flow may be fine all the same
                self._keep_alive.stop()
            tell(report, now)

        return told

    def _ping(self, flow: Flow, payload: bytes) -> None:
        self._endpoint.outbox.append((flow, payload, None))

    def _heard(self, payload: bytes, flow: Flow, now: Moment) -> None:
        if self._is_to_server(flow):
            self._keep_alive.heard(payload, now)

    def _flow_failed(self, now: Moment) -> None:
        """Form a new flow: by a new connection, or by whatever the NAT makes of it now."""
        if self.flow.is_reliable:
            self._node.drop(self.flow)
        else:
            self.flow_lost(self.flow, now)

    def _is_to_server(self, flow: Flow) -> bool:
        server = self.flow
        return (flow.transport, flow.host, flow.port) == (
            server.transport,
            server.host,
            server.port,
        )

    def _overheard(self, tell: Told) -> Told:
        def told(report: Report, now: Moment) -> None:
            tell(report, now)
            if report.standing is Standing.ENDED:
                self._one_ended()

        return told

    def _one_ended(self) -> None:
        self._ending -= 1
        if self._ending == 0 and self._left is not None:
            self._left()

    # -- Application

    def key(self, _request: Request) -> str:
        """One after the other, whatever they are about: nothing here waits."""
        return ""

    async def serve(self, incoming: Incoming, now: Moment) -> None:
        """Answer a request, or raise the refusal that answers it (:rfc:`3261#section-8.2`)."""
        request = incoming.request
        check_grammar(request)
        if request.method not in ALLOWED:
            raise MethodRefused(request.method, ALLOWED)
        if request.method == "CANCEL":
            self._cancel(incoming, now)
            return
        check_extensions(request, ())
        if request.method == "NOTIFY":
            self._notified(request, now)
            self._endpoint.respond(incoming, 200, now)
        else:
            self._options(incoming, now)

    async def command(self, _line: bytes, _now: Moment) -> bytes:
        """No commands are taken."""
        return b'{"error": "an agent takes no commands"}\n'

    def flow_lost(self, flow: Flow, now: Moment) -> None:
        """Ask for everything again by a new connection, if it was the one to the server."""
        if not self._is_to_server(flow):
            return
        self._keep_alive.stop()
        self._requester.flow_lost(flow, now)
        renewals = [registration.renew for registration in self._registrations]
        renewals += [publisher.renew for publisher in self._publishers]
        renewals += [watch.renew for watch in self._watches.values()]
        for renew in renewals:
            renew(now)

    def work(self, _now: Moment) -> bool:
        """Nothing is left over from a turn."""
        return False

    # -- methods

    def _notified(self, request: Request, now: Moment) -> None:
        watch = self._by_call_id.get(request.call_id)
        if watch is None:
            raise UnknownDialog
        watch.notified(request, now)

    def _cancel(self, incoming: Incoming, now: Moment) -> None:
        if self._endpoint.matching_server(incoming) is None:
            raise UnknownDialog
        self._endpoint.respond(incoming, 200, now)

    def _options(self, incoming: Incoming, now: Moment) -> None:
        types = sorted({name for package in PACKAGES.values() for name in package.content_types})
        headers = [("Allow", ", ".join(ALLOWED)), ("Accept", ", ".join(types))]
        headers += [("Allow-Events", ", ".join(PACKAGES)), ("Supported", "")]
        self._endpoint.respond(incoming, 200, now, headers=headers)


def build_agent(
    account: Account,
    flow: Flow,
    ids: Ids,
    journal: Journal,
    *,
    pace: Pace | None = None,
    timers: Timers | None = None,
) -> tuple[Node, UserAgent]:
    """A node that works for one user, everything by `flow` to his server."""
    timers = timers or Timers()
    secret = f"{ids.token()}{ids.token()}".encode()
    node = Node(MemoryStore(), ids, journal, secret=secret, timers=timers)
    pace = msgspec.structs.replace(pace or Pace(), patience=timers.patience)
    user_agent = UserAgent(node, ids, account, flow, pace)
    node.application = user_agent
    return node, user_agent
