"""Which flow leads to which device: the rules of Outbound (:rfc:`5626`) and Path (:rfc:`3327`).

A device that numbers its flows (`reg-id`) and names itself (`+sip.instance`) has one binding for
each, whatever Contact it writes: it comes back by another address, and is the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Protocol, TypeVar
from uuid import UUID

import msgspec

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.base.units import Seconds
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.address import Address, parse_addresses
from hereabouts.sip.message import Request
from hereabouts.sip.parameters import unquote
from hereabouts.sip.routing import towards

TAG = "outbound"
"The option tag (:rfc:`5626#section-11.4`)."

PATH = "path"
"The option tag of :rfc:`3327`."

INSTANCE = "+sip.instance"
REG_ID = "reg-id"

_UUID = "<urn:uuid:"


class FirstHopLacksOutbound(Refusal):
    """The proxy that a client registers by knows nothing of flows (:rfc:`5626#section-11.6`)."""

    status = 439


class Terms(msgspec.Struct, frozen=True):
    """How a REGISTER is to be understood."""

    path: tuple[str, ...] = ()
    "The Path values: the Route of whatever is sent to its contacts (:rfc:`3327#section-5.3`)."
    is_applied: bool = False
    "Whether its flows count: `reg-id` is ignored otherwise."


def is_known_to(request: Request) -> bool:
    """Whether the client that registers says that it knows Outbound."""
    return TAG in (tag.lower() for tag in request.values("supported"))


def terms_of(request: Request, contacts: Iterable[Address]) -> Terms:
    """How a REGISTER with these Contacts is to be understood (:rfc:`5626#section-6`).

    A Path is taken from whoever writes one: that the client knows nothing of it, as a digest does
    not protect it, keeps nobody from leading requests astray who can write the Contact as well.

    Raises:
        FirstHopLacksOutbound: it wants what its first hop cannot do.
        BadRequest: a Path is none.
    """
    path = _path_of(request)
    is_direct = len(request.values("via")) == 1
    if is_direct or (path and "ob" in Address.parse(path[0]).sip_uri.parameters):
        return Terms(path, is_applied=True)
    if is_known_to(request) and any(REG_ID in contact.parameters for contact in contacts):
        raise FirstHopLacksOutbound("register by a server that is asked directly, or without it")
    return Terms(path)


def _path_of(request: Request) -> tuple[str, ...]:
    values = request.values("path")
    try:
        for address in parse_addresses(values):
            _ = address.sip_uri
    except Malformed as fault:
        raise BadRequest(str(fault)) from None
    return tuple(values)


def instance_of(contact: Address) -> str:
    """The name of the device whose Contact this is; empty: it says none.

    UUIDs are the same in whatever letters (:rfc:`4122#section-3`).
    """
    named = unquote(contact.parameters.get(INSTANCE) or "")
    return named.lower() if named[: len(_UUID)].lower() == _UUID else named


def reg_id_of(contact: Address, terms: Terms) -> int:
    """The number of the flow that a Contact is registered by; 0: it has none that counts.

    One without an instance is ignored (:rfc:`5626#section-6`).

    Raises:
        BadRequest: it is no number from 1 to 2**31 - 1.
    """
    if not terms.is_applied or REG_ID not in contact.parameters or not instance_of(contact):
        return 0
    text = contact.parameters[REG_ID] or ""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0
    if not 0 < number < 2**31:
        raise BadRequest("reg-id is not a number from 1 to 2147483647")
    return number


def instance_named(secret: bytes) -> str:
    """The name of the device that has this secret, for ever (:rfc:`5626#section-4.1`)."""
    digest = blake2b(secret, digest_size=16, person=b"instance").digest()
    return UUID(bytes=digest, version=4).urn


# -- sending


class Bound(Protocol):
    """What a binding says of the way to it."""

    @property
    def flow(self) -> Flow:
        """By which the REGISTER came."""
        ...

    @property
    def path(self) -> tuple[str, ...]:
        """The Route values of what is sent to it."""
        ...

    @property
    def instance(self) -> str:
        """The device; empty: it does not name itself."""
        ...

    @property
    def call_id(self) -> str:
        """The Call-ID of the registration."""
        ...


B = TypeVar("B", bound=Bound)


class Way(msgspec.Struct, frozen=True):
    """How something is sent to a binding."""

    flow: Flow
    routes: tuple[str, ...]
    "Its Route values."
    bound_by: Flow
    "The flow that is lost if it cannot be sent."
    agent: str
    "The Call-ID of the registration."


def way_to(binding: Bound) -> Way:
    """How something is sent to a binding: along its Path (:rfc:`3327#section-5.4`).

    It goes by the flow that the REGISTER came by, or by another to the same host if the Path says
    so: whoever registers has us send nothing to a third party.
    """
    return Way(_first_flow(binding), binding.path, binding.flow, binding.call_id)


def _first_flow(binding: Bound) -> Flow:
    flow = binding.flow
    if not binding.path or flow.is_reliable:
        return flow
    first = Address.parse(binding.path[0]).sip_uri
    return towards(flow, first) if first.host.strip("[]") == flow.host else flow


def one_of_each(bindings: Iterable[B]) -> tuple[list[B], dict[str, list[B]]]:
    """What a request is sent to, and what is left for each instance, should its flow have failed.

    Of one device there is one contact at a time (:rfc:`5626#section-7`): the one that comes first.
    """
    first: list[B] = []
    spare: dict[str, list[B]] = {}
    for binding in bindings:
        if binding.instance and binding.instance in spare:
            spare[binding.instance].append(binding)
            continue
        first.append(binding)
        if binding.instance:
            spare[binding.instance] = []
    return first, spare


# -- coming back


def recovery_pause(failures: int, base: Seconds, longest: Seconds, chance: float) -> Seconds:
    """How long to wait after so many failures in a row before a flow is formed again.

    `base` is 30 s by default, and 90 s while another flow is alive; `chance` is from 0 to 1
    (:rfc:`5626#section-4.5`).
    """
    most = min(longest, base * 2.0 ** min(failures, 30))
    return most * (0.5 + 0.5 * chance)


def ping_pause(most: Seconds, chance: float) -> Seconds:
    """How long to wait before the next keep-alive: 80 to 100 % of `most`.

    :rfc:`5626#section-4.4.1`.
    """
    return most * (0.8 + 0.2 * chance)
