"""The sections about what the server does for its users."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from hereabouts.base.units import Seconds
from hereabouts.config.addresses import NextHop, Peer, Url
from hereabouts.config.values import (
    AlgorithmName,
    AuthMode,
    Bytes,
    Lifetime,
    Minimum,
    OfferRule,
    PresenceMode,
    Profile,
    Reevaluation,
    Rejection,
    Token,
    WatcherMode,
    Word,
    number,
    whole,
)


class AuthSettings(Struct, frozen=True, gc=False):
    """How users prove who they are."""

    mode: AuthMode = AuthMode.DIGEST
    "`none` takes every user of the domains to exist and From to be true: for labs only."
    realm: Word | None = None
    "The realm that passwords belong to. Without: the first domain."
    algorithms: Annotated[tuple[AlgorithmName, ...], Meta(min_length=1)] = ("SHA-256", "MD5")
    "The algorithms offered, the preferred one first; several phones need MD5, and it last."
    nonce_lifetime: Annotated[Seconds, number(1, 86400, "seconds")] = 300.0
    "Time after which a client must use a new nonce, in seconds."
    exceptions: tuple[OfferRule, ...] = (OfferRule("baresip v1.", ("MD5",)),)
    """Other offers to programs by what their User-Agent contains; the first rule that fits
    counts. Whatever a client calls itself, it is never offered what `algorithms` lacks."""


class RegistrarSettings(Struct, frozen=True, gc=False):
    """How long and how often an address-of-record can be bound."""

    minimum_expires: Minimum = 60
    "Shortest lifetime of a binding, in seconds; a shorter one is answered 423."
    default_expires: Lifetime = 3600
    "Lifetime of a binding that asks for none, in seconds."
    maximum_expires: Lifetime = 86400
    "Longest lifetime of a binding, in seconds; a longer one is shortened."
    max_bindings: Annotated[int, whole(1, 1000, "bindings")] = 32
    "Most bindings of one address-of-record."
    flow_timer: Annotated[int, whole(0, 86400, "seconds")] = 120
    """How often a device shows that its connection is alive, in seconds, if it registers by flows
    (:rfc:`5626#section-4.4`). 0: as often as it likes."""


class RoutingSettings(Struct, frozen=True, gc=False):
    """Where requests go that are not for this server, and which servers are believed."""

    peers: tuple[Peer, ...] = ()
    """The servers of other domains; of several for one domain, the next is tried where one cannot
    be reached. Who comes from the address of a peer is believed what it says of the users of that
    domain (:rfc:`3325`), over TCP alone if it is a peer by `tcp`; a peer by `tls` is known by the
    domain's certificate instead, wherever it comes from (:rfc:`5922`). A peer of a domain served
    here is believed whatever it says. A request for any other domain is refused."""
    outbound: NextHop | None = None
    "The server that takes whatever is for no domain served here and for no peer's."
    presence: NextHop | None = None
    "The presence server behind this one; it must list this one as a peer of the domain."


class CallSettings(Struct, frozen=True, gc=False):
    """How long calls may ring, and how many requests between users may wait for an answer."""

    timer_c: Annotated[Seconds, number(1, 3600, "seconds")] = 181.0
    """Time in which a device must answer a call or ring again, in seconds; then it is cancelled.
    Longer than three minutes (:rfc:`3261#section-16.6`)."""
    max_waiting: Annotated[int, whole(1, 1_000_000, "requests")] = 10_000
    "Most calls that ring and other requests between users that are not answered yet; then 503."
    max_waiting_per_user: Annotated[int, whole(1, 1_000_000, "requests")] = 100
    "Most of them of one sender."


class PresenceSettings(Struct, frozen=True, gc=False):
    """Who is told what by default, how soon and for how long."""

    mode: PresenceMode = PresenceMode.AGENT
    """`agent` serves every presentity that has no agent of his own registered; `proxy` serves
    none."""
    notify_interval: Annotated[Seconds, number(0, 3600, "seconds")] = 5.0
    """Time in which the changes of one presentity are gathered after one was sent, in seconds
    (:rfc:`3856#section-6.10`). 0: every change goes out at once."""
    profile: Profile = Profile.OPEN
    """Without a policy, `open` approves every watcher; `private` asks the presentity, and tells
    nobody whether somebody else is a user here."""
    rejection: Rejection = Rejection.NOTIFY
    """A rejected watcher gets a 200 and a last NOTIFY (`notify`), a 403 (`response`), or is told
    what one is told about whom nobody has decided (`silence`), unless he was approved before."""
    registration_presence: bool = True
    "Whether a registration without a publication shows as open, and its end as closed."
    publication_minimum_expires: Minimum = 60
    "Shortest lifetime of a publication, in seconds; a shorter one is answered 423."
    publication_default_expires: Lifetime = 3600
    "Lifetime of a publication that asks for none, in seconds."
    publication_maximum_expires: Lifetime = 86400
    "Longest lifetime of a publication, in seconds; a longer one is shortened."
    subscription_minimum_expires: Minimum = 60
    "Shortest lifetime of a subscription, in seconds; a shorter one is answered 423."
    subscription_default_expires: Lifetime = 3600
    "Lifetime of a subscription that asks for none, in seconds (:rfc:`3856#section-6.4`)."
    subscription_maximum_expires: Lifetime = 86400
    "Longest lifetime of a subscription, in seconds; a longer one is shortened."
    flow_grace: Annotated[Seconds, number(0, 86400, "seconds")] = 120.0
    """Time that a subscription waits for a new connection to its watcher, in seconds; then it
    ends. A server that stands between is tried until the subscription is over."""
    max_publications: Annotated[int, whole(1, 10_000, "publications")] = 32
    "Most publications of one presentity at once."
    max_document: Bytes = 32_768
    "Longest presence document published, in bytes; a longer one is answered 413."
    max_subscriptions_per_watcher: Annotated[int, whole(1, 1_000_000, "subscriptions")] = 10_000
    "Most subscriptions of one watcher at once, pending ones included."
    max_subscriptions: Annotated[int, whole(1, 10_000_000, "subscriptions")] = 1_000_000
    "Most subscriptions at once in all."


class WatcherSettings(Struct, frozen=True, gc=False):
    """How watchers are served who are users here."""

    mode: WatcherMode = WatcherMode.PROXY
    """`proxy` passes on what their phones send; `agent` watches for those who have a list of
    presentities, and passes on as well."""


class PolicySettings(Struct, frozen=True, gc=False):
    """Where policies are asked for, and when."""

    server: Url | None = None
    """A policy server on another machine; the role `policy` asks none. Without: the policies are in
    this server's own store."""
    token: Token | None = None
    """The word that the nodes of one operator know each other by over HTTP, as long as a key. It
    opens everybody's policies, so it is better set in the environment than on a command line."""
    timeout: Annotated[Seconds, number(0.05, 20, "seconds")] = 2.0
    """Longest wait for the policy server, in seconds; after it the decision is the one that
    protects the presentity."""
    authority: Word | None = None
    """A PEM file with the certificates by which a policy server at an https address is believed.
    Without: those that the system trusts."""
    reevaluate: Reevaluation = Reevaluation.ON_REQUEST
    """When a policy that looks at the time is asked again about a subscription: at its next
    SUBSCRIBE (`on-request`), or as soon as the time comes too (`on-boundary`)."""
