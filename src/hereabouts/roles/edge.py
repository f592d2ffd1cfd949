"""The edge presence server: a presentity's agent beside its PUAs, on the user's own machine.

It is registered at the SIP server of its domain, by one connection of its own. By that connection
alone it is asked, and it believes there who the server says that a watcher is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from hereabouts.base.units import Moment
from hereabouts.presence.agent import PresenceAgent, Rules
from hereabouts.presence.packages import PACKAGES
from hereabouts.presence.pua import Device, Puas
from hereabouts.presence.publish import handle_publish
from hereabouts.presence.steps import Tell
from hereabouts.presence.subscribe import delivery_named, handle_refresh, handle_subscribe
from hereabouts.roles.agent import Told, UserAgent
from hereabouts.roles.choices import Choices
from hereabouts.roles.commands import Commands
from hereabouts.roles.node import Node
from hereabouts.roles.policies import Policies
from hereabouts.roles.ruled import Ruled
from hereabouts.roles.state import NodeState
from hereabouts.roles.watermark import Watermark
from hereabouts.sip.admission import MethodRefused, check_extensions, check_grammar, request_uri
from hereabouts.sip.dialog import UnknownDialog
from hereabouts.sip.domains import Domains
from hereabouts.sip.feature import PRESENCE_AGENT
from hereabouts.sip.flow import Flow
from hereabouts.sip.guard import Forbidden, NotFound
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.message import Request
from hereabouts.sip.trust import Trust
from hereabouts.sip.upkeep import Report, Standing
from hereabouts.sip.uri import SipUri
from hereabouts.storage.interface import Entry, Key, Store, Version

ANONYMOUS = "sip:anonymous@anonymous.invalid"
"A watcher for whom nobody vouches (:rfc:`3323#section-4.1`)."


class EdgeServer:
    """What an edge presence server does: `Application` of a `Node`."""

    def __init__(  # noqa: PLR0913 - its parts, plugged together in one place
        self,
        node: Node,
        store: Store,
        domains: Domains,
        user_agent: UserAgent,
        devices: Iterable[Device],
        policies: Policies,
        commands: Commands,
        *,
        state: NodeState,
        rules: Rules,
        told: Told,
        tell: Tell | None = None,
        instance: str = "",
    ) -> None:
        self.presentity = user_agent.address
        self.user_agent = user_agent
        self.agent = PresenceAgent(
            store,
            node.endpoint,
            node.deadlines,
            policies,
            node.run,
            rules=rules,
            boots=state.boots,
        )
        self.puas = Puas(self.presentity, devices, store, node.deadlines, node.run, tell)
        self.agent.notifier.outlasts_silence = True
        self.agent.views.puas = self.puas.fetch
        self.agent.views.tell = tell
        self._store = store
        self._endpoint = node.endpoint
        self._domains = domains
        self._commands = commands
        commands.add(Choices(self.presentity, self.puas).table)
        self.ruled = Ruled(policies, self.agent)
        self._told = told
        self._watermark = Watermark(node, store, self.agent.settlement, state)
        self._registration = user_agent.registration(
            self._registered, feature=PRESENCE_AGENT, instance=instance
        )
        # A server to which we were silent for too long has forgotten us, and does not say so.
        self.agent.notifier.on_unknown = self._registration.renew
        self._handlers: dict[str, Callable[[Incoming, Moment], Awaitable[None]]] = {
            "SUBSCRIBE": self._subscribe,
            "PUBLISH": self._publish,
            "OPTIONS": self._options,
            "CANCEL": self._cancel,
        }
        self._allowed = (*self._handlers, "ACK")

    def start(self, now: Moment) -> None:
        """Take up what a former run has left, look at the devices, and register."""
        left = list(self._store.changes(0, self._changed))
        for key, entry, version in left:  # policies first: they are asked about what follows
            self.ruled.changed(key, entry, is_news=version > self._watermark.marked)
        for key, entry, version in left:
            self.agent.restore(key, entry, version, self._watermark.marked, now)
        self.puas.begin(now)
        self._registration.begin(now)

    def _changed(self, key: Key, entry: Entry | None, version: Version) -> None:
        """Take note of one change of the store."""
        self._watermark.changed(key, entry)
        self.ruled.changed(key, entry)
        self.agent.changed(key, entry, version)

    def _registered(self, report: Report, now: Moment) -> None:
        """The server knows us: whatever has waited for a way to its watcher goes by it."""
        if report.standing is Standing.KEPT:
            self._take_up(now)
        self._told(report, now)

    def _take_up(self, now: Moment) -> None:
        """Notify those whom no NOTIFY has reached lately."""
        notifier = self.agent.notifier
        for delivery in list(notifier.deliveries.values()):
            if delivery.is_parked:
                notifier.resume(delivery, self.user_agent.flow, now)
            elif not delivery.shown and not delivery.in_flight:
                notifier.catch_up(delivery, now)  # the server did not know us when it was sent

    # -- Application

    def key(self, _request: Request) -> str:
        """One after the other: everything is about the one presentity."""
        return self.presentity

    async def serve(self, incoming: Incoming, now: Moment) -> None:
        """Answer a request, or raise the refusal that answers it (:rfc:`3261#section-8.2`)."""
        request = incoming.request
        check_grammar(request)
        await self._watermark.ensure()
        handler = self._handlers.get(request.method)
        if handler is None:
            raise MethodRefused(request.method, self._allowed)
        request_uri(request)
        if request.method != "CANCEL":
            check_extensions(request, ())
        await handler(incoming, now)

    async def command(self, line: bytes, now: Moment) -> bytes:
        """The reply to one command."""
        await self._watermark.ensure()
        return await self._commands.answer(line, now)

    def flow_lost(self, flow: Flow, now: Moment) -> None:
        """Register again, if it was the connection to the server."""
        self._endpoint.flow_lost(flow, now)
        self.user_agent.flow_lost(flow, now)

    def work(self, now: Moment) -> bool:
        """Notify a slice of those who are to be told; write the watermark now and then."""
        self.ruled.work(now)
        is_left = self.agent.work(now)
        self._watermark.work(now)
        return is_left

    # -- who asks

    def _identity(self, incoming: Incoming) -> str:
        """Who the server says that the sender is.

        Raises:
            Forbidden: it did not come by way of the server.
        """
        sender, server = incoming.sender, self.user_agent.flow
        if (sender.transport, sender.host, sender.port) != (
            server.transport,
            server.host,
            server.port,
        ):
            raise Forbidden("this presence agent is reached by way of its server alone")
        trust = Trust(everything=frozenset({server.host}))
        return trust.identity(incoming, self._domains) or ANONYMOUS

    def _check_meant(self, request: Request) -> None:
        """Let pass what is for our presentity, by its address or by our Contact.

        Raises:
            NotFound: it is for somebody else.
        """
        uri = SipUri.parse(request.uri)
        is_contact = uri.user is None and f"{uri.host}:{uri.port}" == self.user_agent.flow.local
        if not is_contact and self._domains.address_of_record(uri) != self.presentity:
            raise NotFound(f"{self.presentity} alone is served here")

    # -- methods

    async def _subscribe(self, incoming: Incoming, now: Moment) -> None:
        watcher = self._identity(incoming)
        if incoming.request.to_tag is not None:
            delivery = delivery_named(self.agent, incoming.request)
            await handle_refresh(self.agent, incoming, delivery, watcher, now)
            return
        self._check_meant(incoming.request)
        await handle_subscribe(self.agent, incoming, self.presentity, watcher, now)

    async def _publish(self, incoming: Incoming, now: Moment) -> None:
        identity = self._identity(incoming)
        self._check_meant(incoming.request)
        if identity != self.presentity:
            raise Forbidden("only the presentity itself may publish")
        await handle_publish(self.agent, incoming, self.presentity, now)

    async def _options(self, incoming: Incoming, now: Moment) -> None:
        self._check_meant(incoming.request)
        types = sorted({name for package in PACKAGES.values() for name in package.content_types})
        headers = [("Allow", ", ".join(self._allowed)), ("Accept", ", ".join(types))]
        headers += [("Allow-Events", ", ".join(PACKAGES)), ("Supported", "")]
        self._endpoint.respond(incoming, 200, now, headers=headers)

    async def _cancel(self, incoming: Incoming, now: Moment) -> None:
        """Answered; what is not an INVITE is not stopped by it (:rfc:`3261#section-9.2`)."""
        if self._endpoint.matching_server(incoming) is None:
            raise UnknownDialog
        self._endpoint.respond(incoming, 200, now)
