"""The registrar: which contacts an address-of-record has (:rfc:`3261#section-10.3`)."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.base.units import Moment, Timestamp
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.endpoint import Endpoint
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.address import Address, parse_addresses
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.lifetime import Lifetimes
from hereabouts.sip.message import Request
from hereabouts.sip.outbound import TAG, Terms, instance_of, is_known_to, reg_id_of, terms_of
from hereabouts.sip.parameters import parse_seconds, write_parameters
from hereabouts.sip.uri import SipUri, UnsupportedScheme
from hereabouts.storage.interface import Entry, Record, Store

KIND = "bindings"
EVER = Timestamp(0.0)
"A date before which nothing expires: reads with it see expired records too."


class Outdated(Refusal):
    """A REGISTER older than the last of the same client (:rfc:`3261#section-10.3`, step 7)."""

    status = 500

    def __init__(self) -> None:
        super().__init__("a REGISTER with the same Call-ID and a CSeq as high has been seen")


class TooManyContacts(Refusal):
    """More contacts than one address-of-record may have."""

    status = 503

    def headers(self) -> list[tuple[str, str]]:
        """Asks the client to wait until one of the others may have expired."""
        return [("Retry-After", "60")]


class Binding(msgspec.Struct, frozen=True, gc=False):
    """One contact of an address-of-record."""

    uri: str
    parameters: tuple[tuple[str, str | None], ...]
    "The Contact's parameters but `expires`, as they stood."
    expires_at: Timestamp
    call_id: str
    cseq: int
    flow: Flow
    "The flow the REGISTER came by."
    request: str = ""
    "What names the REGISTER that last changed it."
    path: tuple[str, ...] = ()
    "The Route values of what is sent to it (:rfc:`3327#section-5.3`)."
    instance: str = ""
    "The device, if it names itself (:rfc:`5626#section-4.1`)."
    reg_id: int = 0
    "Which of the device's flows it is; 0: it is bound by its URI, and not by a flow."


class Bindings(Record, frozen=True, gc=False):
    """All contacts of an address-of-record; expires with the last of them."""

    contacts: tuple[Binding, ...] = ()
    is_first: bool = False
    "Whether it had none before."

    def current(self, now: Timestamp) -> tuple[Binding, ...]:
        """Those that have not expired."""
        return tuple(contact for contact in self.contacts if contact.expires_at > now)

    @property
    def next_expiry(self) -> Timestamp:
        """When the first of them expires."""
        return min(contact.expires_at for contact in self.contacts)


def registered(request: Request) -> SipUri:
    """The address that a REGISTER is about: that of To (:rfc:`3261#section-10.3`, step 5).

    Raises:
        BadRequest: it is none, or not SIP's, which To must be (:rfc:`3261#section-10.2`).
    """
    try:
        return request.to_address.sip_uri
    except Malformed as fault:
        raise BadRequest(str(fault)) from None


def register(
    stored: tuple[Binding, ...],
    request: Request,
    flow: Flow,
    lifetimes: Lifetimes,
    now: Timestamp,
    *,
    name: str = "",
) -> tuple[Binding, ...]:
    """The bindings after this REGISTER; all of it takes effect, or nothing.

    `name` names the request, so that a retransmission is known again after a crash.

    Raises:
        BadRequest: an odd Contact or Path, or a `*` that is not alone or not with Expires 0.
        FirstHopLacksOutbound: flows are to count, and the first hop does not know of them.
        Outdated: a binding was changed by a later REGISTER of the same client.
        IntervalTooBrief: a lifetime below the minimum.
    """
    values = request.values("contact")
    if "*" in values:
        return _remove_all(stored, request, values)
    try:
        wanted = [(contact, _contact(contact.uri)) for contact in parse_addresses(values)]
    except Malformed as fault:
        raise BadRequest(str(fault)) from None
    terms = terms_of(request, [contact for contact, _ in wanted])
    kept = list(stored)
    added: list[Binding] = []
    for contact, uri in wanted:
        expires_at = Timestamp(now + lifetimes.choose(_asked(contact, request)))
        bound = _bind(contact, request, flow, expires_at, name, terms)
        for old in [old for old in kept if _is_in_place_of(bound, uri, old)]:
            if old in stored:  # not one that this same request has just named
                _check_order(old, request)
            kept.remove(old)
        if expires_at > now:
            kept.append(bound)
            added.append(bound)
    if len(added) > 1 and any(bound.reg_id for bound in added):
        raise BadRequest("one flow has one Contact")
    return tuple(kept)


def _contact(text: str) -> SipUri | str:
    """A contact's URI; one that is not SIP's may be bound too, as it stands.

    Raises:
        MalformedUri: it says that it is SIP's, and is not.
    """
    try:
        return SipUri.parse(text)
    except UnsupportedScheme:
        return text


def _is_in_place_of(bound: Binding, uri: SipUri | str, old: Binding) -> bool:
    """Whether they are one: by the flow of a device, or else by the URI.

    :rfc:`5626#section-6`.
    """
    if bound.reg_id or old.reg_id:
        return (bound.instance, bound.reg_id) == (old.instance, old.reg_id)
    return _is_same(_contact(old.uri), uri)


def _is_same(one: SipUri | str, other: SipUri | str) -> bool:
    if isinstance(one, SipUri) and isinstance(other, SipUri):
        return one.equals(other)
    return one == other


def _remove_all(
    stored: tuple[Binding, ...], request: Request, values: list[str]
) -> tuple[Binding, ...]:
    if len(values) > 1 or request.first("expires") != "0":
        raise BadRequest("Contact: * must be alone and with Expires: 0")
    for old in stored:
        _check_order(old, request)
    return ()


def _check_order(old: Binding, request: Request) -> None:
    if old.call_id == request.call_id and request.cseq[0] <= old.cseq:
        raise Outdated


def _asked(contact: Address, request: Request) -> int | None:
    """The lifetime wanted: the Contact's, else the request's; what is no number counts as 3600."""
    for text in (contact.parameters.get("expires"), request.first("expires")):
        if text is not None:
            seconds = parse_seconds(text)
            return 3600 if seconds is None else seconds
    return None


def _bind(
    contact: Address,
    request: Request,
    flow: Flow,
    expires_at: Timestamp,
    name: str,
    terms: Terms,
) -> Binding:
    q = contact.parameters.get("q")
    if q is not None and not _is_quality(q):
        raise BadRequest("q is not a number from 0 to 1 with at most three decimals")
    kept = tuple((name, value) for name, value in contact.parameters.items() if name != "expires")
    return Binding(
        contact.uri,
        kept,
        expires_at,
        request.call_id,
        request.cseq[0],
        flow,
        name,
        terms.path,
        instance_of(contact),
        reg_id_of(contact, terms),
    )


def _is_quality(text: str) -> bool:
    whole, _, decimals = text.partition(".")
    return (
        whole in ("0", "1")
        and len(decimals) <= 3
        and (not decimals or (decimals.isascii() and decimals.isdigit()))
        and float(text) <= 1
    )


def contact_rows(bindings: tuple[Binding, ...], now: Timestamp) -> list[tuple[str, str]]:
    """The Contact rows of a 200, each with the time it has left."""
    return [
        ("Contact", f"<{binding.uri}>{write_parameters(dict(binding.parameters))};expires={left}")
        for binding in bindings
        if (left := round(binding.expires_at - now)) >= 0
    ]


def outbound_rows(
    after: tuple[Binding, ...], name: str, request: Request, flow: Flow, flow_timer: int
) -> list[tuple[str, str]]:
    """What a 200 says besides: the Path, and whether flows count for what `name` has bound.

    Over a connection it says how often the client is to show that it is there, `flow_timer` in
    seconds (0: as it likes); a NAT forgets datagrams much sooner (:rfc:`5626#section-4.4.2`).
    """
    rows = [("Path", value) for value in request.values("path")]
    if is_known_to(request) and any(bound.reg_id and bound.request == name for bound in after):
        rows.append(("Require", TAG))
        if flow_timer and flow.is_reliable and len(request.values("via")) == 1:
            rows.append(("Flow-Timer", str(flow_timer)))
    return rows


def _bindings(entry: Entry | None) -> Bindings:
    if entry is None:
        return Bindings()
    assert isinstance(entry.record, Bindings)
    return entry.record


class Registrar:
    """REGISTER, answered from and into the store."""

    def __init__(
        self,
        store: Store,
        endpoint: Endpoint,
        lifetimes: Lifetimes,
        max_contacts: int,
        *,
        flow_timer: int = 0,
    ) -> None:
        self._store = store
        self._endpoint = endpoint
        self._lifetimes = lifetimes
        self._max_contacts = max_contacts
        self._flow_timer = flow_timer

    async def is_repeated(self, incoming: Incoming, address_of_record: str) -> bool:
        """Whether this very REGISTER has been carried out before a crash."""
        stored = _bindings(await self._store.get((KIND, address_of_record, ""), EVER))
        return any(binding.request == incoming.to_tag for binding in stored.contacts)

    async def register(self, incoming: Incoming, address_of_record: str, now: Moment) -> None:
        """Answer one REGISTER of a client that may change this address-of-record."""
        key = (KIND, address_of_record, "")
        entry = await self._store.get(key, EVER)
        before = _bindings(entry).current(now.timestamp)
        request = incoming.request
        name = incoming.to_tag
        after = before  # of a retransmission from before a crash
        if not any(binding.request == name for binding in before):
            after = register(
                before, request, incoming.sender, self._lifetimes, now.timestamp, name=name
            )
        if len(after) > self._max_contacts:
            raise TooManyContacts(f"at most {self._max_contacts} contacts")
        if after:
            expires_at = max(binding.expires_at for binding in after)
            if after != before:
                await self._store.put(key, Bindings(expires_at, after, not before), entry)
        elif entry is not None:
            await self._store.delete(key, entry)
        rows = contact_rows(after, now.timestamp)
        rows += outbound_rows(after, name, request, incoming.sender, self._flow_timer)
        self._endpoint.respond(incoming, 200, now, headers=rows)


async def expire(store: Store, address_of_record: str, now: Moment) -> None:
    """Drop the contacts of an address-of-record whose time is over."""
    await unbind(store, address_of_record, lambda binding: binding.expires_at <= now.timestamp)


async def unbind(store: Store, address_of_record: str, is_gone: Callable[[Binding], bool]) -> None:
    """Drop those contacts of an address-of-record that are gone."""
    key = (KIND, address_of_record, "")
    entry = await store.get(key, EVER)
    if entry is None:
        return
    stored = _bindings(entry)
    left = tuple(binding for binding in stored.contacts if not is_gone(binding))
    if not left:
        await store.delete(key, entry)
    elif left != stored.contacts:
        expires_at = max(binding.expires_at for binding in left)
        await store.put(key, Bindings(expires_at, left), entry)
