"""Where calls and messages go: users' devices, other domains' servers, the other side of a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Moment, Timestamp
from hereabouts.roles.abroad import Abroad
from hereabouts.roles.passing import Passing
from hereabouts.sip.admission import BadRequest, LoopDetected
from hereabouts.sip.call_token import CallTokens, Side
from hereabouts.sip.domains import Domains
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.address import Address
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.message import Request
from hereabouts.sip.outbound import one_of_each
from hereabouts.sip.proxy import Course, course_of, loosened
from hereabouts.sip.registrar import KIND, Binding, Bindings
from hereabouts.sip.routes import Routes
from hereabouts.sip.target_set import Target, callable_contacts, is_same_device, target_of, ways
from hereabouts.sip.uri import SipUri
from hereabouts.storage.interface import Store

MOST_TARGETS = 100
"Devices of one request, those of other users who take his calls among them."

Groups = list[list[Target]]
Spare = dict[str, list[Binding]]


class Callees:
    """Finds the targets of requests."""

    def __init__(
        self,
        store: Store,
        domains: Domains,
        routes: Routes,
        passing: Passing,
        tokens: CallTokens,
        abroad: Abroad,
    ) -> None:
        self._store = store
        self._domains = domains
        self._routes = routes
        self._passing = passing
        self._tokens = tokens
        self._abroad = abroad

    def course(self, incoming: Incoming) -> Course:
        """Where a request wants to go: a Route with the token of its own call is ours.

        Raises:
            BadRequest: a Route is none.
        """
        request, local = incoming.request, incoming.sender.local

        def is_here(uri: SipUri) -> bool:
            is_its_own = self._tokens.side(uri.user or "", request) is not None
            return is_its_own or self._passing.is_here(uri, local)

        return course_of(request, is_here)

    async def of_user(self, address: str, now: Moment) -> Groups:
        """The devices of a user of ours, by preference; none: nobody takes his calls.

        A contact that is the address of another user of ours stands for all devices of his, so
        nothing is sent to ourselves.

        Raises:
            LoopDetected: his contacts lead back to him, and nowhere else.
        """
        groups: Groups = []
        seen = {address}
        is_looped = False
        found = callable_contacts(await self._bound(address, now), now.timestamp)
        ranked, spare = _one_of_each(found)
        for group in ranked:
            targets: list[Target] = []
            waiting = list(reversed(group))
            while waiting and len(targets) < MOST_TARGETS:
                binding = waiting.pop()
                other = self._other_user(binding)
                if other in seen:
                    is_looped = True
                elif other is not None:
                    seen.add(other)
                    found = callable_contacts(await self._bound(other, now), now.timestamp)
                    theirs, more = _one_of_each(found)
                    spare |= more
                    waiting += [each for some in reversed(theirs) for each in reversed(some)]
                else:
                    targets.append(self._device(binding, spare.get(binding.instance, ())))
            groups.append(targets)
        distinct = _distinct(groups)
        if is_looped and not distinct:
            raise LoopDetected("his contacts lead back to him")
        return distinct

    async def _bound(self, address: str, now: Moment) -> tuple[Binding, ...]:
        entry = await self._store.get((KIND, address, ""), now.timestamp)
        if entry is None:
            return ()
        assert isinstance(entry.record, Bindings)
        return entry.record.contacts

    def _other_user(self, binding: Binding) -> str | None:
        """The user of ours whose address a contact is; `None`: it is a device."""
        uri = SipUri.parse(binding.uri)
        is_address = uri.host in self._domains.names and uri.port is None and uri.user
        return uri.address_of_record if is_address else None

    def _device(self, binding: Binding, others: Iterable[Binding]) -> Target:
        peers = self._routes.peers.get(SipUri.parse(binding.uri).host)
        if peers:
            return Target(binding.uri, tuple(map(self._passing.reach, peers)))
        return msgspec.structs.replace(target_of(binding), others=tuple(map(target_of, others)))

    async def elsewhere(self, course: Course, uri: SipUri, now: Moment) -> Target:
        """The servers for a user of another domain.

        Raises:
            BadRequest: a Route is none.
            NotServed, NoSuchServer, NameServersSilent: there is no way to any.
        """
        flows = await self._abroad.flows(uri, course.routes, now)
        course = loosened(course)
        return Target(course.uri, flows, course.routes)

    async def beyond(self, side: Side, course: Course, request: Request, now: Moment) -> Target:
        """The other side of a call.

        It is where it was when the call began, or where its user has registered it since; and no
        Route or Contact leads anywhere else than to a peer of ours.

        Raises:
            BadRequest: a Route or the Request-URI is none.
        """
        try:
            hop = Address.parse(course.routes[0]).sip_uri if course.routes else None
            uri = SipUri.parse(course.uri)
        except Malformed as fault:
            raise BadRequest(str(fault)) from None
        if hop is not None:
            peers = map(self._passing.reach, self._routes.to(uri, course.routes))
            flows = (*ways(side.flow, hop), *peers)
        else:
            registered = await self._registered(request, uri, now.timestamp)
            flows = (*registered, *ways(side.flow, uri))
        course = loosened(course)
        return Target(course.uri, tuple(dict.fromkeys(flows)), course.routes)

    async def _registered(self, request: Request, uri: SipUri, now: Timestamp) -> list[Flow]:
        """The flows by which the device with this URI is registered for the user in To."""
        try:
            address = self._domains.address_of_record(request.to_address.sip_uri)
        except Malformed:
            return []
        entry = await self._store.get((KIND, address, ""), now) if address else None
        if entry is None:
            return []
        assert isinstance(entry.record, Bindings)
        bound = entry.record.current(now)
        same = [each.flow for each in bound if is_same_device(each.uri, uri)]
        return [way for flow in same for way in ways(flow, uri)]


def _one_of_each(groups: list[list[Binding]]) -> tuple[list[list[Binding]], Spare]:
    """The same groups with one contact of each device, and the others of each.

    A device is called once, whatever it prefers one of its flows to another.
    """
    first, spare = one_of_each(binding for group in groups for binding in group)
    kept = set(map(id, first))
    return [[each for each in group if id(each) in kept] for group in groups], spare


def _distinct(groups: Groups) -> Groups:
    """The groups without targets that are there already (:rfc:`3261#section-16.5`)."""
    known: list[SipUri] = []

    def new(group: list[Target]) -> Iterator[Target]:
        for target in group:
            uri = SipUri.parse(target.uri)
            if not any(uri.equals(other) for other in known) and len(known) < MOST_TARGETS:
                known.append(uri)
                yield target

    return [kept for group in groups if (kept := list(new(group)))]
