"""Who sent a request: the authenticated identity behind it (:rfc:`3261#section-22`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.base.units import Moment
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.credentials import User
from hereabouts.sip.digest import (
    Authenticator,
    Outcome,
    ProxyAuthenticationRequired,
    Unauthorized,
    Verdict,
)
from hereabouts.sip.domains import Domains
from hereabouts.sip.headers.address import Address
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.message import Request
from hereabouts.sip.registrar import KIND as BINDINGS
from hereabouts.sip.registrar import Bindings
from hereabouts.sip.trust import Trust, asserted
from hereabouts.sip.uri import SipUri
from hereabouts.storage.interface import Store

USERS = "user"
"The kind of user records; owner: the domain, id: the name."


Repeated = Callable[[], Awaitable[bool]]
"Whether a request was answered before a crash."


class NotFound(Refusal):
    """Nobody of that name is served here."""

    status = 404


class Forbidden(Refusal):
    """The sender is known, and may not do that."""

    status = 403


class Guard:
    """Tells who sent a request, and who exists.

    Without an `authenticator` every user of the domains exists, and From is the identity.
    `hides_users`: nobody learns from an answer whether somebody else is a user.
    """

    def __init__(
        self,
        store: Store,
        domains: Domains,
        authenticator: Authenticator | None,
        trust: Trust | None = None,
        *,
        hides_users: bool = False,
    ) -> None:
        self.trust = trust or Trust()
        self._store = store
        self._domains = domains
        self._authenticator = authenticator
        self.hides_users = hides_users

    @property
    def is_open(self) -> bool:
        """Whether everybody is believed."""
        return self._authenticator is None

    async def identify(
        self,
        incoming: Incoming,
        now: Moment,
        *,
        is_repeated: Repeated | None = None,
        header: str = "from",
        is_passing: bool = False,
    ) -> str:
        """The address-of-record of the sender; `header` is where he says whose he is.

        `is_passing`: the request is for somebody else, so it is a proxy that asks
        (:rfc:`3261#section-22.3`).

        `is_repeated` says whether this very request was answered before, by a run that has
        crashed since: then the right credentials are good although their nonce is not any more.

        Raises:
            Unauthorized: he has not proved it; the answer is a challenge.
            BadRequest: what he proved was meant for somebody else.
        """
        request = incoming.request
        vouched = self.trust.identity(incoming, self._domains)
        if vouched is None and header == "from" and incoming.sender.connection:
            vouched = await self._registered(incoming, now)
        if vouched is not None:
            return vouched
        claimed = request.to_address if header == "to" else request.from_address
        if self._authenticator is None:
            return self._believed(claimed)
        if incoming.identity:
            return incoming.identity  # a handler that is begun again would look like a replay
        headers = request.headers
        rows = headers.get("authorization", []) + headers.get("proxy-authorization", [])
        domain = self._domain_of(claimed)
        verdict = await self._judge(self._authenticator, request, rows, domain, now)
        is_stale = verdict.outcome is Outcome.STALE
        is_known = is_stale and is_repeated is not None and await is_repeated()
        if verdict.user is None or (is_stale and not is_known):
            agent = request.first("user-agent")
            challenges = self._authenticator.challenges(agent, now.timestamp, stale=is_stale)
            raise (ProxyAuthenticationRequired if is_passing else Unauthorized)(challenges)
        if not self._is_meant(verdict.uri, request.uri):
            raise BadRequest("the uri of the credentials is another one")
        incoming.identity = f"sip:{verdict.user.name}@{verdict.user.domain}"
        return incoming.identity

    async def _judge(
        self,
        authenticator: Authenticator,
        request: Request,
        rows: list[str],
        domain: str,
        now: Moment,
    ) -> Verdict:
        users = {name: await self._user(domain, name, now) for name in authenticator.names(rows)}
        return authenticator.verify(rows, request.method, request.body, now.timestamp, users.get)

    def _is_meant(self, proved: str, asked: str) -> bool:
        """Whether credentials for one URI are for the other too (:rfc:`7616#section-3.4.6`).

        Phones leave out a port, or write our domain or address alone: what counts is whose it is.
        """
        if proved == asked:
            return True
        try:
            one, other = SipUri.parse(proved), SipUri.parse(asked)
        except Malformed:
            return False
        proved_for = self._domains.address_of_record(one)
        if one.user is None:
            return proved_for is not None
        return proved_for is not None and proved_for == self._domains.address_of_record(other)

    async def _registered(self, incoming: Incoming, now: Moment) -> str | None:
        """The identity asserted on the very connection that its user has registered by.

        Only from the phone itself: who passes on what others send is known as our peer, or not.
        """
        connection = incoming.sender.connection
        is_direct = len(incoming.via) == 1 and "," not in incoming.via[0]
        if not is_direct or "p-asserted-identity" not in incoming.request.headers:
            return None
        uri = asserted(incoming.request)
        address = None if uri is None else self._domains.address_of_record(uri)
        entry = await self._store.get((BINDINGS, address or "", ""), now.timestamp)
        if entry is None or not isinstance(entry.record, Bindings):
            return None
        current = entry.record.current(now.timestamp)
        return address if any(each.flow.connection == connection for each in current) else None

    async def check_exists(self, address_of_record: str, now: Moment) -> None:
        """Let pass an address that somebody has; any that somebody could have, if that is hidden.

        Raises:
            NotFound: it is nobody's.
        """
        if "@" not in address_of_record:
            raise NotFound("the address has no user")
        if self._authenticator is not None and not self.hides_users:
            await self._find(address_of_record, now)

    async def check_own(self, identity: str, address_of_record: str, now: Moment) -> None:
        """Let pass what a user does with his own address.

        Raises:
            Forbidden: it is another's.
            NotFound: it is nobody's.
        """
        if self.hides_users and identity != address_of_record:
            raise Forbidden("the address is not yours")
        await self.check_exists(address_of_record, now)
        if identity != address_of_record:
            raise Forbidden("the address is somebody else's")

    async def _find(self, address_of_record: str, now: Moment) -> None:
        name, _, domain = address_of_record.removeprefix("sip:").rpartition("@")
        if await self._user(domain, name, now) is None:
            raise NotFound

    async def _user(self, domain: str, name: str, now: Moment) -> User | None:
        entry = await self._store.get((USERS, domain, name), now.timestamp)
        return entry.record if entry is not None and isinstance(entry.record, User) else None

    def _believed(self, claimed: Address) -> str:
        try:
            uri = claimed.sip_uri
        except Malformed:
            return claimed.uri
        return self._domains.canonical(uri)

    def _domain_of(self, claimed: Address) -> str:
        try:
            return self._domains.home(claimed.sip_uri) or self._domains.names[0]
        except Malformed:
            return self._domains.names[0]
