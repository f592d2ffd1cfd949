"""The settings of a server: what there are, and how they are read from four places.

A setting is written `section.name`. The command line wins over the environment, that over the
TOML file, that over the defaults; what does not fit is refused with its place and its remedy.
"""

from __future__ import annotations

import ast
import inspect
import ipaddress
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, get_type_hints

import msgspec
from msgspec import Meta, Struct
from msgspec import inspect as kinds

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Seconds

_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])")
_HOST_AND_PORT = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(?P<port>[0-9]{1,5}))?"
)


class BadSetting(Exception):
    """A setting that cannot be taken; for the operator, never for a peer."""

    def __init__(self, place: str, fault: str, remedy: str) -> None:
        super().__init__(f"{place}: {fault}; {remedy}")
        self.place = place
        "Where it stands, such as `hereabouts.toml line 7`."
        self.fault = fault
        "What is wrong with it."
        self.remedy = remedy
        "What to write instead."


# --- values ---------------------------------------------------------------------------------


TRANSPORTS = ("UDP", "TCP", "TLS", "WS", "WSS")
"What the server can listen on."

BETWEEN_SERVERS = ("UDP", "TCP", "TLS")
"What servers and agents can be reached by: nobody can connect to a browser."

HTTP_PORT = 8181
"Where a policy server listens unless something else is said."

AlgorithmName = Literal["SHA-256", "SHA-512-256", "MD5"]
"A digest algorithm by its name on the wire (:rfc:`8760#section-2.1`)."

Word = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]+$")]
"Text on one line."


class Role(Enum):
    """Which parts of the system the server runs."""

    ALL = "all"
    "Everything there is."
    SIP = "sip"
    "The registrar and the proxy; presentities' agents are elsewhere."
    PRESENCE = "presence"
    "The same, and the presentities' agent beside them."
    WATCHER = "watcher"
    "The registrar and the proxy of watchers, whose own rules hold on the way."
    POLICY = "policy"
    "The policy server alone."


class PresenceMode(Enum):
    """Who serves the presentities of a presence server."""

    AGENT = "agent"
    PROXY = "proxy"


class WatcherMode(Enum):
    """What a watchers' server does for its users."""

    PROXY = "proxy"
    AGENT = "agent"


class AuthMode(Enum):
    """How users prove who they are."""

    DIGEST = "digest"
    NONE = "none"


class Profile(Enum):
    """What becomes of a watcher about whom no policy says anything."""

    OPEN = "open"
    PRIVATE = "private"


class Rejection(Enum):
    """How a watcher learns that he is rejected."""

    NOTIFY = "notify"
    RESPONSE = "response"
    SILENCE = "silence"


class Reevaluation(Enum):
    """When a policy is asked again how a subscription stands."""

    ON_REQUEST = "on-request"
    ON_BOUNDARY = "on-boundary"


class ClientCertificates(Enum):
    """Whether those who connect by TLS are asked for a certificate."""

    NONE = "none"
    ASKED = "asked"
    REQUIRED = "required"


class LogLevel(Enum):
    """The least grave event that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(Enum):
    """How a line of the log is written."""

    TEXT = "text"
    JSON = "json"


class HostPort(Struct, frozen=True, gc=False):
    """A host, and a port if one is named, as in `sip.example.com:5060` or `[::1]`."""

    host: str
    "A name or an address, in lower case; an IPv6 address without its brackets."
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> HostPort:
        """The host and port that `text` spells.

        Raises:
            Malformed: it spells none.
        """
        found = _HOST_AND_PORT.fullmatch(text)
        if not found:
            raise Malformed(f"{text[:80]!r} is not a host and port")
        port = int(found["port"]) if found["port"] else None
        if port is not None and port > 65535:
            raise Malformed(f"{port} is not a port")
        return cls(_host(found["host"]), port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


class Listen(Struct, frozen=True, gc=False):
    """A transport and the local address to listen at, as in `udp:127.0.0.1:5060`."""

    transport: str
    "In upper case, one of `TRANSPORTS`."
    host: str
    "A name or an address, in lower case; an IPv6 address without its brackets."
    port: int
    "0: one that the system chooses."

    @classmethod
    def parse(cls, text: str) -> Listen:
        """The transport and address that `text` spells.

        Raises:
            Malformed: it spells none.
        """
        transport, _, address = text.partition(":")
        at = HostPort.parse(address)
        if transport.upper() not in TRANSPORTS or at.port is None:
            raise Malformed(f"{text[:80]!r} is not a transport, a host and a port")
        return cls(transport.upper(), at.host, at.port)

    def __str__(self) -> str:
        return f"{self.transport.lower()}:{HostPort(self.host, self.port)}"


class NextHop(Struct, frozen=True, gc=False):
    """A server that requests are passed on to, as in `tcp:127.0.0.12:5060`."""

    transport: str
    "In upper case, one of `BETWEEN_SERVERS`."
    host: str
    "An address: it is by its address that a server is known again."
    port: int

    @classmethod
    def parse(cls, text: str) -> NextHop:
        """The server that `text` spells.

        Raises:
            Malformed: it spells none, or names it.
        """
        at = Listen.parse(text)
        if at.transport not in BETWEEN_SERVERS:
            raise Malformed("nobody can connect to what connects by WebSocket")
        if at.port == 0:
            raise Malformed("0 is no port to send to")
        try:
            address = ipaddress.ip_address(at.host)
        except ValueError:
            raise Malformed(f"{at.host!r} is not an address") from None
        if address.is_unspecified:
            raise Malformed(f"{at.host} is nobody's address")
        return cls(at.transport, at.host, at.port)

    def __str__(self) -> str:
        return str(Listen(self.transport, self.host, self.port))


class Peer(Struct, frozen=True, gc=False):
    """The server of a domain, as in `b.example=tcp:127.0.0.12:5060`."""

    domain: str
    transport: str
    "In upper case, one of `BETWEEN_SERVERS`."
    host: str
    "An address: who comes from it is believed, or by TLS, who has the domain's certificate."
    port: int

    @classmethod
    def parse(cls, text: str) -> Peer:
        """The domain and the server that `text` spells.

        Raises:
            Malformed: it spells none.
        """
        domain, _, server = text.partition("=")
        if not _DOMAIN.fullmatch(domain):
            raise Malformed(f"{domain[:80]!r} is not a domain in small letters")
        at = NextHop.parse(server)
        return cls(domain, at.transport, at.host, at.port)

    @classmethod
    def of_table(cls, table: dict[str, object]) -> Peer:
        """The same from a table with `domain`, `transport`, `host` and `port`.

        Raises:
            Malformed: it is no such table.
        """
        if table.keys() != {"domain", "transport", "host", "port"}:
            raise Malformed("a peer has a domain, a transport, a host and a port")
        host = str(table["host"])
        written = f"[{host}]" if ":" in host and not host.startswith("[") else host
        return cls.parse(f"{table['domain']}={table['transport']}:{written}:{table['port']}")

    def __str__(self) -> str:
        return f"{self.domain}={NextHop(self.transport, self.host, self.port)}"


class Url(Struct, frozen=True, gc=False):
    """An HTTP server, as in `http://127.0.0.1:8181` or `https://policy.example.com`."""

    is_secure: bool
    "Whether it is `https`."
    host: str
    "A name or an address, in lower case; an IPv6 address without its brackets."
    port: int

    @classmethod
    def parse(cls, text: str) -> Url:
        """The server that `text` spells.

        Raises:
            Malformed: it spells none.
        """
        scheme, _, authority = text.removesuffix("/").partition("://")
        if scheme not in ("http", "https"):
            raise Malformed(f"{text[:80]!r} is not the URL of a server")
        at = HostPort.parse(authority)
        is_secure = scheme == "https"
        return cls(is_secure, at.host, at.port or (443 if is_secure else 80))

    def __str__(self) -> str:
        return f"{'https' if self.is_secure else 'http'}://{HostPort(self.host, self.port)}"


class OfferRule(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The digest algorithms offered to the programs that cannot take the usual offer."""

    user_agent: Word
    "What their User-Agent header contains."
    algorithms: Annotated[tuple[AlgorithmName, ...], Meta(min_length=1)]
    "Offered instead, the preferred one first."


def _host(text: str) -> str:
    """The host in lower case and without brackets; what looks like an address must be one."""
    host = text.strip("[]").lower()
    with suppress(ValueError):
        return str(ipaddress.ip_address(host))
    if text.startswith("[") or re.fullmatch(r"[0-9.]+", host):
        raise Malformed(f"{host!r} is not an address")
    return host


# --- sections -------------------------------------------------------------------------------


def _number(low: float, high: float, unit: str) -> Meta:
    return Meta(ge=low, le=high, extra={"form": f"a number of {unit} from {low} to {high}"})


def _whole(low: int, high: int, unit: str) -> Meta:
    return Meta(ge=low, le=high, extra={"form": f"a whole number of {unit} from {low} to {high}"})


# A lifetime travels as whole seconds. Asking for an hour or more may never be called too brief
# (RFC 3261 section 10.3 step 7, RFC 6665 section 4.2.1.1), so no minimum lies above an hour.
_Minimum = Annotated[int, _whole(1, 3600, "seconds")]
_Lifetime = Annotated[int, _whole(1, 2**32 - 1, "seconds")]
_Timer = Annotated[Seconds, _number(0.001, 60, "seconds")]
_Rate = Annotated[float, _number(0.01, 1_000_000, "a second")]
_Burst = Annotated[int, _whole(1, 10_000_000, "at once")]
_Bytes = Annotated[int, _whole(512, 16 * 2**20, "bytes")]
_Domain = Annotated[
    str,
    Meta(
        pattern=f"^{_DOMAIN.pattern}$",
        extra={"form": "a domain in small letters, such as example.com"},
    ),
]


_Token = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9._~+/-]{16,512}=*$",  # RFC 6750 section 2.1
        extra={"form": "16 or more letters, digits and . _ ~ + / -"},
    ),
]


class ServerSettings(Struct, frozen=True, gc=False):
    """What the server is, and where it is found."""

    domains: tuple[_Domain, ...] = ()
    """The domains whose users it serves; the first one gives the realm its name. Without: this
    machine's name."""
    aliases: tuple[_Domain, ...] = ()
    """Other hosts that mean the first domain. The addresses that it listens at always do."""
    listen: Annotated[tuple[Listen, ...], Meta(min_length=1)] = (
        Listen("UDP", "0.0.0.0", 5060),  # noqa: S104 - phones are elsewhere
        Listen("TCP", "0.0.0.0", 5060),  # noqa: S104
    )
    "Where it takes SIP messages. Port 0: one that the system chooses."
    advertise: HostPort | None = None
    """What it calls itself towards peers (Via, Contact, Record-Route). Without: the address that
    it listens at. A port counts for UDP and TCP; the others have that which they listen at."""
    role: Role = Role.ALL
    "Which parts of the system it runs."
    store: Word = "hereabouts.db"
    "The file that keeps its state, from where it is started; `:memory:` keeps nothing."
    max_store_pages: Annotated[int, _whole(0, 2**32 - 2, "pages")] = 0
    """Longest store, in pages of 4 KiB; what does not fit is answered 503. 0: as long as the disk
    allows."""
    control: Word | None = None
    "The local socket by which commands reach it. Without: the store's path and `.sock`."

    @property
    def control_path(self) -> str:
        """The path of the control socket; without a store's path, in the current folder."""
        store = "hereabouts" if self.store == ":memory:" else self.store
        return self.control or f"{store}.sock"


class AuthSettings(Struct, frozen=True, gc=False):
    """How users prove who they are."""

    mode: AuthMode = AuthMode.DIGEST
    "`none` takes every user of the domains to exist and From to be true: for labs only."
    realm: Word | None = None
    "The realm that passwords belong to. Without: the first domain."
    algorithms: Annotated[tuple[AlgorithmName, ...], Meta(min_length=1)] = ("SHA-256", "MD5")
    "The algorithms offered, the preferred one first; several phones need MD5, and it last."
    nonce_lifetime: Annotated[Seconds, _number(1, 86400, "seconds")] = 300.0
    "Time after which a client must use a new nonce, in seconds."
    exceptions: tuple[OfferRule, ...] = (OfferRule("baresip v1.", ("MD5",)),)
    """Other offers to programs by what their User-Agent contains; the first rule that fits
    counts. Whatever a client calls itself, it is never offered what `algorithms` lacks."""


class SipSettings(Struct, frozen=True, gc=False):
    """Timers of the protocol, and bounds on what peers can make the server keep."""

    t1: _Timer = 0.5
    "Estimate of a round trip, in seconds (:rfc:`3261#section-17.1.1.1`)."
    t2: _Timer = 4.0
    "Longest pause between two retransmissions, in seconds (:rfc:`3261#section-17.1.2.2`)."
    t4: _Timer = 5.0
    "Time that a message may stay in the network, in seconds (:rfc:`3261#section-17.1.2.2`)."
    max_message: _Bytes = 65_535
    "Longest message, in bytes; a longer one is answered 513, or its connection closed."
    max_header: _Bytes = 16_384
    "Longest start line and header fields together, in bytes; answered as a long message is."
    max_body: _Bytes = 65_535
    "Longest body, in bytes; a longer one is answered 413."
    max_connections: Annotated[int, _whole(1, 1_000_000, "connections")] = 10_000
    "Most connections open at once."
    max_connections_per_peer: Annotated[int, _whole(1, 1_000_000, "connections")] = 100
    "Most connections open at once from one address."
    max_lingering_transactions: Annotated[int, _whole(1, 10_000_000, "transactions")] = 100_000
    "Most finished transactions kept to answer retransmissions; the oldest go first."
    idle_timeout: Annotated[Seconds, _number(1, 86400, "seconds")] = 3900.0
    "Time after which a silent connection is closed, in seconds; an hourly refresh fits in."


class TlsSettings(Struct, frozen=True, gc=False):
    """How TLS is spoken, for `tls` and `wss` among `server.listen` and for peers by `tls`."""

    certificate: Word | None = None
    """A PEM file with the server's certificate and its chain. It and the other files are read
    again when they change, and on SIGHUP."""
    key: Word | None = None
    "A PEM file with the key of the certificate, unless that has it too."
    authority: Word | None = None
    """A PEM file with the certificates by which those of peers are believed. Without: those that
    the system trusts."""
    clients: ClientCertificates | None = None
    """Whether those who connect by `tls` are asked for a certificate; `required` serves nobody
    without. One that is shown must be good. Without: `asked` where a peer of `routing.peers` is by
    `tls` or `dns.enabled` is set, else `none`. Browsers are never asked."""
    max_handshakes: Annotated[int, _whole(1, 100_000, "connections")] = 256
    "Most connections at once that have not ended their handshake."
    handshake_timeout: Annotated[Seconds, _number(0.1, 60, "seconds")] = 10.0
    "Time that a handshake may take, in seconds."


class WebsocketSettings(Struct, frozen=True, gc=False):
    """Whose WebSockets are taken, for `ws` and `wss` among `server.listen`."""

    origins: tuple[Word, ...] = ()
    """Where the pages come from whose browsers may connect, such as `https://phone.example.com`;
    others are answered 403. Without: any page. What is no browser is not asked."""
    token: _Token | None = None
    """A word that each handshake must show, as the cookie `hereabouts` or as the password of HTTP
    Basic authentication; else it is answered 401. Without: none. SIP asks for the user's own
    password all the same."""


class RegistrarSettings(Struct, frozen=True, gc=False):
    """How long and how often an address-of-record can be bound."""

    minimum_expires: _Minimum = 60
    "Shortest lifetime of a binding, in seconds; a shorter one is answered 423."
    default_expires: _Lifetime = 3600
    "Lifetime of a binding that asks for none, in seconds."
    maximum_expires: _Lifetime = 86400
    "Longest lifetime of a binding, in seconds; a longer one is shortened."
    max_bindings: Annotated[int, _whole(1, 1000, "bindings")] = 32
    "Most bindings of one address-of-record."
    flow_timer: Annotated[int, _whole(0, 86400, "seconds")] = 120
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

    timer_c: Annotated[Seconds, _number(1, 3600, "seconds")] = 181.0
    """Time in which a device must answer a call or ring again, in seconds; then it is cancelled.
    Longer than three minutes (:rfc:`3261#section-16.6`)."""
    max_waiting: Annotated[int, _whole(1, 1_000_000, "requests")] = 10_000
    "Most calls that ring and other requests between users that are not answered yet; then 503."
    max_waiting_per_user: Annotated[int, _whole(1, 1_000_000, "requests")] = 100
    "Most of them of one sender."


class PresenceSettings(Struct, frozen=True, gc=False):
    """Who is told what by default, how soon and for how long."""

    mode: PresenceMode = PresenceMode.AGENT
    """`agent` serves every presentity that has no agent of his own registered; `proxy` serves
    none."""
    notify_interval: Annotated[Seconds, _number(0, 3600, "seconds")] = 5.0
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
    publication_minimum_expires: _Minimum = 60
    "Shortest lifetime of a publication, in seconds; a shorter one is answered 423."
    publication_default_expires: _Lifetime = 3600
    "Lifetime of a publication that asks for none, in seconds."
    publication_maximum_expires: _Lifetime = 86400
    "Longest lifetime of a publication, in seconds; a longer one is shortened."
    subscription_minimum_expires: _Minimum = 60
    "Shortest lifetime of a subscription, in seconds; a shorter one is answered 423."
    subscription_default_expires: _Lifetime = 3600
    "Lifetime of a subscription that asks for none, in seconds (:rfc:`3856#section-6.4`)."
    subscription_maximum_expires: _Lifetime = 86400
    "Longest lifetime of a subscription, in seconds; a longer one is shortened."
    flow_grace: Annotated[Seconds, _number(0, 86400, "seconds")] = 120.0
    """Time that a subscription waits for a new connection to its watcher, in seconds; then it
    ends. A server that stands between is tried until the subscription is over."""
    max_publications: Annotated[int, _whole(1, 10_000, "publications")] = 32
    "Most publications of one presentity at once."
    max_document: _Bytes = 32_768
    "Longest presence document published, in bytes; a longer one is answered 413."
    max_subscriptions_per_watcher: Annotated[int, _whole(1, 1_000_000, "subscriptions")] = 10_000
    "Most subscriptions of one watcher at once, pending ones included."
    max_subscriptions: Annotated[int, _whole(1, 10_000_000, "subscriptions")] = 1_000_000
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
    token: _Token | None = None
    """The word that the nodes of one operator know each other by over HTTP, as long as a key. It
    opens everybody's policies, so it is better set in the environment than on a command line."""
    timeout: Annotated[Seconds, _number(0.05, 20, "seconds")] = 2.0
    """Longest wait for the policy server, in seconds; after it the decision is the one that
    protects the presentity."""
    authority: Word | None = None
    """A PEM file with the certificates by which a policy server at an https address is believed.
    Without: those that the system trusts."""
    reevaluate: Reevaluation = Reevaluation.ON_REQUEST
    """When a policy that looks at the time is asked again about a subscription: at its next
    SUBSCRIBE (`on-request`), or as soon as the time comes too (`on-boundary`)."""


class HttpSettings(Struct, frozen=True, gc=False):
    """Where policies are served over HTTP."""

    listen: HostPort | None = None
    """Where to take HTTP requests; without a port, 8181. Without: nowhere, and for the role
    `policy` at 127.0.0.1:8181."""
    certificate: Word | None = None
    "A PEM file with the server's certificate and its chain; with it TLS is spoken."
    key: Word | None = None
    "A PEM file with the key of the certificate, unless that has it too."
    insecure: bool = False
    """Whether passwords and tokens may travel without TLS beyond this machine, as server and as
    client: for labs only."""
    max_connections: Annotated[int, _whole(1, 100_000, "connections")] = 256
    "Most connections open at once."
    max_connections_per_source: Annotated[int, _whole(1, 100_000, "connections")] = 64
    "Most connections open at once from one address."
    max_body: _Bytes = 262_144
    "Longest body, in bytes; a longer one is answered 413."
    timeout: Annotated[Seconds, _number(0.1, 3600, "seconds")] = 10.0
    "Time that a request may take to arrive, in seconds."
    idle_timeout: Annotated[Seconds, _number(0.1, 86400, "seconds")] = 60.0
    "Time after which a connection between two requests is closed, in seconds."


class DnsSettings(Struct, frozen=True, gc=False):
    """How other servers are found by their names."""

    enabled: bool = False
    """Whether the DNS is asked by the server itself, and kept as long as its answers hold. Users
    who have shown a password then reach each domain whose servers the DNS names, and a server that
    shows a certificate is believed who the users of that domain are. Without: the system is asked,
    `/etc/hosts` included, anew each time, and for the servers alone that `[routing]` names."""
    servers: tuple[HostPort, ...] = ()
    """The DNS servers to ask, by address; the port is 53 unless one is named. Without: those of
    this machine."""
    timeout: Annotated[Seconds, _number(0.1, 30, "seconds")] = 2.0
    "Longest wait for the answer to one question, in seconds, repetitions included."


class LimitSettings(Struct, frozen=True, gc=False):
    """How much of the server each source may have: an IPv4 address, or an IPv6 /64.

    The servers that `[routing]` names may have everything.
    """

    requests_per_second: _Rate = 200.0
    """Requests that one source is served in the long run; to as many more the answer is when to
    come back (503), and to those beyond there is none."""
    requests_burst: _Burst = 1000
    "Requests that one source is served at once after a rest."
    larger_answers_per_second: _Rate = 50.0
    """Challenges, and other answers longer than what they answer, that are sent by UDP to one
    source that has proved nothing; a phone without its answer asks again by itself."""
    larger_answers_burst: _Burst = 250
    "The same at once after a rest."
    subscriptions_per_second: _Rate = 20.0
    "New subscriptions of one watcher in the long run; more are answered 503."
    subscriptions_burst: _Burst = 2000
    "The same at once after a rest."
    strange_targets_per_second: _Rate = 1.0
    """New subscriptions whose NOTIFYs go to one address that the SUBSCRIBEs did not come from, in
    the long run; more are answered 503."""
    strange_targets_burst: _Burst = 50
    "The same at once after a rest."
    exempt_loopback: bool = True
    "Whether this machine may have everything."
    max_transactions: Annotated[int, _whole(1, 100_000_000, "transactions")] = 120_000
    """Most transactions of requests that came in, finished ones kept for retransmissions included;
    more are answered 503."""
    silence_timeout: Annotated[Seconds, _number(1, 86400, "seconds")] = 32.0
    "Time after which a connection is closed on which no message has passed yet, in seconds."
    partial_timeout: Annotated[Seconds, _number(1, 86400, "seconds")] = 32.0
    "Time that one message may take to arrive on a connection, in seconds."


class LogSettings(Struct, frozen=True, gc=False):
    """What the server says about itself."""

    level: LogLevel = LogLevel.INFO
    "The least grave event that is logged."
    format: LogFormat = LogFormat.TEXT
    "`text` for people, `json` (one object a line) for programs."


class TraceSettings(Struct, frozen=True, gc=False):
    """What can be seen of what passes, with `hereabouts trace`."""

    keep: Annotated[int, _whole(0, 1_000_000, "packets")] = 1000
    """How many packets are kept in memory to be shown; the oldest go first. They are shown to
    whoever may open the control socket, without their credentials. 0: none."""


class Settings(Struct, frozen=True, gc=False):
    """All settings of a server, by section."""

    server: ServerSettings = ServerSettings()
    auth: AuthSettings = AuthSettings()
    sip: SipSettings = SipSettings()
    limits: LimitSettings = LimitSettings()
    tls: TlsSettings = TlsSettings()
    websocket: WebsocketSettings = WebsocketSettings()
    registrar: RegistrarSettings = RegistrarSettings()
    routing: RoutingSettings = RoutingSettings()
    calls: CallSettings = CallSettings()
    presence: PresenceSettings = PresenceSettings()
    watcher: WatcherSettings = WatcherSettings()
    policy: PolicySettings = PolicySettings()
    http: HttpSettings = HttpSettings()
    dns: DnsSettings = DnsSettings()
    log: LogSettings = LogSettings()
    trace: TraceSettings = TraceSettings()

    @property
    def realm(self) -> str:
        """The digest realm: the one set, or else the first domain."""
        return self.auth.realm or self.server.domains[0]

    @property
    def client_certificates(self) -> ClientCertificates:
        """Whether those who connect by TLS are asked for a certificate."""
        if self.tls.clients is not None:
            return self.tls.clients
        is_peer = any(peer.transport == "TLS" for peer in self.routing.peers)
        is_wanted = is_peer or self.dns.enabled
        return ClientCertificates.ASKED if is_wanted else ClientCertificates.NONE

    @property
    def http_listen(self) -> HostPort | None:
        """Where HTTP is served; `None`: nowhere. The port is filled in."""
        listen = self.http.listen
        if listen is None and self.server.role is Role.POLICY:
            listen = HostPort("127.0.0.1")
        if listen is None or listen.port is not None:
            return listen
        return HostPort(listen.host, HTTP_PORT)


# --- tables ---------------------------------------------------------------------------------

Name = tuple[str, str]
"A setting's section and its name in it."

SECTIONS: dict[str, type[Struct]] = get_type_hints(Settings)

OPTIONS: dict[str, Name] = {
    "domain": ("server", "domains"),
    "listen": ("server", "listen"),
    "store": ("server", "store"),
    "role": ("server", "role"),
    "auth": ("auth", "mode"),
    "notify_interval": ("presence", "notify_interval"),
}
"Settings that have an option of their own on the command line."

_IN_ORDER: tuple[tuple[Name, Name], ...] = (
    (("sip", "t1"), ("sip", "t2")),
    (("sip", "max_header"), ("sip", "max_message")),
    (("sip", "max_body"), ("sip", "max_message")),
    (("sip", "max_connections_per_peer"), ("sip", "max_connections")),
    (("sip", "max_lingering_transactions"), ("limits", "max_transactions")),
    (("registrar", "minimum_expires"), ("registrar", "default_expires")),
    (("registrar", "default_expires"), ("registrar", "maximum_expires")),
    (("presence", "publication_minimum_expires"), ("presence", "publication_default_expires")),
    (("presence", "publication_default_expires"), ("presence", "publication_maximum_expires")),
    (("presence", "subscription_minimum_expires"), ("presence", "subscription_default_expires")),
    (("presence", "subscription_default_expires"), ("presence", "subscription_maximum_expires")),
    (("presence", "max_document"), ("sip", "max_body")),
    (("presence", "max_subscriptions_per_watcher"), ("presence", "max_subscriptions")),
    (("http", "max_connections_per_source"), ("http", "max_connections")),
)
"Pairs of which the first may not be above the second."

_PREFIX = "HEREABOUTS_"
# HEREABOUTS_CONFIG names the file, HEREABOUTS_PASSWORD is an agent's, HEREABOUTS_PURE turns the
# compiled modules off before there are settings, HEREABOUTS_REQUIRE_ALL is for our tests, and the
# last two are what Kubernetes puts there beside a service of our name.
_NOT_SETTINGS = re.compile(
    r"HEREABOUTS_(CONFIG|PASSWORD|PURE|REQUIRE_ALL|SERVICE_(HOST|PORT).*|PORT(_[0-9].*)?)"
)

_FORMS: dict[type, str] = {
    Listen: "udp, tcp, tls, ws or wss:HOST:PORT",
    HostPort: "HOST or HOST:PORT",
    NextHop: "udp, tcp or tls:ADDRESS:PORT",
    Peer: "DOMAIN=udp, tcp or tls:ADDRESS:PORT",
    Url: "http://HOST:PORT or https://HOST",
    OfferRule: '{user_agent = "TEXT", algorithms = ["NAME", ...]}',
}
"How the values that have parts are written."

_READERS: dict[type, Callable[[str], object]] = {
    Listen: Listen.parse,
    HostPort: HostPort.parse,
    NextHop: NextHop.parse,
    Peer: Peer.parse,
    Url: Url.parse,
}
"What reads those that are written as text."


class _Setting(Struct, frozen=True):
    annotation: object
    kind: kinds.Type
    default: object


def _settings_of(section: type[Struct]) -> dict[str, _Setting]:
    annotations = get_type_hints(section, include_extras=True)
    fields = msgspec.structs.fields(section)
    return {
        field.name: _Setting(
            annotations[field.name], kinds.type_info(annotations[field.name]), field.default
        )
        for field in fields
    }


_SETTINGS: dict[Name, _Setting] = {
    (section, name): setting
    for section, struct in SECTIONS.items()
    for name, setting in _settings_of(struct).items()
}


# --- reading --------------------------------------------------------------------------------


class _Given(Struct, frozen=True):
    """One value for one setting, as somebody wrote it."""

    section: str
    name: str
    readings: tuple[object, ...]
    "What it can mean; the first reading that fits the setting counts."
    place: str


def load(
    file: Path | None,
    environment: Mapping[str, str],
    assignments: Sequence[str],
    **command_line: object,
) -> Settings:
    """The settings that the four places give together, each place winning over those before it.

    `assignments` are those of `--set`, as `SECTION.KEY=VALUE`; `command_line` has the options of
    `OPTIONS`, where `None` and an empty list mean that the option is absent.

    Raises:
        BadSetting: the first that cannot be taken, even if a later place overrides it.
    """
    chosen: dict[Name, _Given] = {}
    values: dict[Name, object] = {}
    for given in _all_given(file, environment, assignments, command_line):
        key = given.section, given.name
        values[key] = _fitting(given)
        chosen.pop(key, None)  # so that the last one given stands last
        chosen[key] = given
    settings = _assembled(values)
    _check_order(settings, chosen)
    return settings


def _all_given(
    file: Path | None,
    environment: Mapping[str, str],
    assignments: Sequence[str],
    command_line: Mapping[str, object],
) -> Iterator[_Given]:
    if file is not None:
        yield from _from_file(file)
    for variable, text in sorted(environment.items()):
        if variable.startswith(_PREFIX) and not _NOT_SETTINGS.fullmatch(variable):
            section, _, name = variable.removeprefix(_PREFIX).lower().partition("_")
            yield _Given(section, name, _readings(text), f"environment {variable}")
    for assignment in assignments:
        yield _from_assignment(assignment)
    for option, value in command_line.items():
        if value is not None and value not in ([], ()):
            place = f"--{option.replace('_', '-')}"
            yield _Given(*OPTIONS[option], _readings(value), place)


def _from_assignment(assignment: str) -> _Given:
    key, equals, text = assignment.partition("=")
    section, _, name = _plain(key.strip()).partition(".")
    if not (section and equals):
        fault = "it does not say which setting gets which value"
        raise BadSetting(f"--set {assignment}", fault, "write --set SECTION.KEY=VALUE")
    return _Given(section, name, _readings(text.strip()), f"--set {key.strip()}")


def _readings(value: object) -> tuple[object, ...]:
    """What a value from the command line or the environment can mean: as TOML, or as it stands."""
    if not isinstance(value, str):
        return (list(value) if isinstance(value, tuple) else value,)
    try:
        table = tomllib.loads(f"value = {value}")
    except ValueError:
        return (value,)
    return (table["value"], value) if len(table) == 1 else (value,)


def _from_file(file: Path) -> Iterator[_Given]:
    text = _text_of(file)
    for section, settings in _tables_of(file, text).items():
        if _plain(section) not in SECTIONS:
            raise _unknown(_place(file, text, section), _plain(section), "")
        if not isinstance(settings, dict):
            place = _place(file, text, section)
            remedy = f"write [{section}] on a line of its own and its settings below"
            raise BadSetting(place, f"{section} is a section", remedy)
        for name, value in settings.items():
            place = _place(file, text, section, name)
            yield _Given(_plain(section), _plain(name), (value,), place)


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        fault = f"it cannot be read ({error.strerror})"
        raise BadSetting(str(file), fault, "name a file that this user may read") from error
    except UnicodeDecodeError as error:
        raise BadSetting(str(file), "it is not text in UTF-8", "save it as UTF-8") from error


def _tables_of(file: Path, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        fault, _, where = str(error).partition(" (at ")
        line = re.match(r"line \d+", where)
        last = text.rstrip().count("\n") + 1  # where tomllib says "end of document"
        place = f"{file} {line.group() if line else f'line {last}'}"
        remedy = 'a line is [section], or name = value with text in "quotes"'
        raise BadSetting(place, fault, remedy) from error


def _plain(name: str) -> str:
    """The name as it is in the tables: a hyphen counts as an underscore."""
    return name.replace("-", "_")


# --- places in a file -----------------------------------------------------------------------

_HEADER = re.compile(r"\s*\[\[?(?P<name>[\w.\s\"'-]+)\]\]?\s*(?:#.*)?$")
_ENTRY = re.compile(r"(?P<name>[\w.\s\"'-]+)=")


def _place(file: Path, text: str, section: str, name: str = "") -> str:
    """The file and, as far as a glance can tell, the line that sets this."""
    wanted = f"{section}.{name}".rstrip(".")
    for line_number, found in _names_in(text):
        if found == wanted or found.startswith(f"{wanted}."):
            return f"{file} line {line_number}"
    return _place(file, text, section) if name else str(file)


def _names_in(text: str) -> Iterator[tuple[int, str]]:
    """The number of each line that opens a table or sets a value, and the full name of that."""
    table = ""
    for line_number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(line):
            table = re.sub(r"[\s\"']", "", header["name"])
            yield line_number, table
        elif entry := _ENTRY.match(line):
            yield line_number, re.sub(r"[\s\"']", "", f"{table}.{entry['name']}").lstrip(".")


# --- checking -------------------------------------------------------------------------------


def _fitting(given: _Given) -> object:
    """The value in the setting's own type.

    Raises:
        BadSetting: there is no such setting, or no reading fits it.
    """
    setting = _SETTINGS.get((given.section, given.name))
    if setting is None:
        raise _unknown(given.place, given.section, given.name)
    for reading in given.readings:
        with suppress(msgspec.ValidationError, Malformed, UnicodeEncodeError):
            value = msgspec.convert(_shaped(setting.kind, reading), setting.annotation)
            if not isinstance(value, tuple) or len(set(value)) == len(value):
                return value
    fault = f"{given.section}.{given.name} cannot be {_toml(given.readings[-1]):.80}"
    raise BadSetting(given.place, fault, f"give {_form(setting.kind)}")


def _shaped(kind: kinds.Type, value: object) -> object:
    """The value with text that stands for a list split and addresses read."""
    match kind:
        case kinds.Metadata(type=inner):
            return _shaped(inner, value)
        case kinds.VarTupleType() if isinstance(value, str):
            return _shaped(kind, [item.strip() for item in value.split(",") if item.strip()])
        case kinds.VarTupleType(item_type=item_kind) if isinstance(value, list):
            return [_shaped(item_kind, item) for item in value]
        case kinds.StructType(cls=struct) if isinstance(value, str):
            reader = _READERS.get(struct)
            return reader(value) if reader else value
        case kinds.StructType(cls=struct) if struct is Peer and isinstance(value, dict):
            return Peer.of_table(value)
        case kinds.UnionType(types=alternatives):
            return _shaped(_present(alternatives), value)
    return value


def _present(alternatives: Sequence[kinds.Type]) -> kinds.Type:
    """Of `X | None`, the X."""
    return next(kind for kind in alternatives if not isinstance(kind, kinds.NoneType))


def _unknown(place: str, section: str, name: str) -> BadSetting:
    """What to say about a setting that there is not."""
    word = f"{section}_{name}" if name and section not in SECTIONS else name or section
    home = next((home for home, known in _SETTINGS if known == word), None)
    if section in SECTIONS:
        fault = f"there is no setting {section}.{name}".rstrip(".")
        choices = [known for home, known in _SETTINGS if home == section]
        near, others = get_close_matches(name, choices, 1), f"the settings of [{section}] are "
    else:
        fault, choices = f"there is no section {section}", list(SECTIONS)
        near, others = get_close_matches(section, choices, 1), "the sections are "
    if home:
        near = [f"{home}.{word}"]
    return BadSetting(
        place, fault, f"did you mean {near[0]}?" if near else others + ", ".join(choices)
    )


def _assembled(values: Mapping[Name, object]) -> Settings:
    sections = {
        section: struct(
            **{name: value for (home, name), value in values.items() if home == section}
        )
        for section, struct in SECTIONS.items()
    }
    return msgspec.convert(sections, Settings)


def _check_order(settings: Settings, chosen: dict[Name, _Given]) -> None:
    for low, high in _IN_ORDER:
        lower, higher = (getattr(getattr(settings, home), name) for home, name in (low, high))
        if lower > higher:
            fault = f"{'.'.join(low)}, {lower}, is above {'.'.join(high)}, {higher}"
            raise BadSetting(_last_place(chosen, low, high), fault, "set both so that it is not")


def _last_place(chosen: dict[Name, _Given], *names: Name) -> str:
    return next(chosen[name].place for name in reversed(chosen) if name in names)


# --- describing -----------------------------------------------------------------------------


class Description(Struct, frozen=True, gc=False):
    """What there is to say about a setting."""

    section: str
    name: str
    default: str
    "As TOML; empty where absence is the default."
    form: str
    "What values it takes."
    meaning: str
    "The lines under the field, as they stand in this module."


def describe() -> tuple[Description, ...]:
    """Every setting, in the order of the sections and of the fields in them."""
    meanings = {section: _meanings(struct) for section, struct in SECTIONS.items()}
    return tuple(
        Description(
            section, name, _toml(setting.default), _form(setting.kind), meanings[section][name]
        )
        for (section, name), setting in _SETTINGS.items()
    )


def _meanings(section: type[Struct]) -> dict[str, str]:
    """The text under each field of a section, on one line."""
    [definition] = ast.parse(inspect.getsource(section)).body
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id: " ".join(str(text.value.value).split())
        for field, text in pairwise(definition.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }


def _form(kind: kinds.Type) -> str:
    """What values a setting takes, in words."""
    match kind:
        case kinds.Metadata(extra={"form": str(form)}):
            return form
        case kinds.UnionType(types=alternatives):
            return _form(_present(alternatives))
        case kinds.VarTupleType(item_type=item, min_length=least):
            return f"a list{' of at least one' if least else ''}, none twice: {_form(item)}"
        case kinds.EnumType(cls=choices):
            return f"one of {', '.join(choice.value for choice in choices)}"
        case kinds.LiteralType(values=choices):
            return f"one of {', '.join(map(str, choices))}"
        case kinds.StructType(cls=struct):
            return _FORMS[struct]
    return "true or false" if isinstance(kind, kinds.BoolType) else "text on one line"


def _toml(value: object) -> str:
    """The value as TOML writes it; `None` as nothing at all."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case tuple() | list():
            return f"[{', '.join(map(_toml, value))}]"
        case dict():
            return f"{{{', '.join(f'{name} = {_toml(part)}' for name, part in value.items())}}}"
        case OfferRule():
            return _toml(msgspec.structs.asdict(value))
    return json.dumps(str(value.value if isinstance(value, Enum) else value))


_PAGE = """\
<!-- Written by `hereabouts.config.reference_page`; tests/test_config.py says how to renew it. -->
# Settings

`hereabouts serve` takes each setting from the last of these places that has it:

1. the default below;
2. the TOML file that `--config` names: `notify_interval = 0` under `[presence]`;
3. the environment: `HEREABOUTS_PRESENCE_NOTIFY_INTERVAL=0`;
4. `--set presence.notify_interval=0`, as often as needed;
5. an option of its own: {options}.

Values are TOML; outside a file text needs no quotes, and a list may be written with commas
between its items. A hyphen in a name counts as an underscore. Times are in seconds, sizes in
bytes. The host of an address is a name, an IPv4 address or an IPv6 address in brackets.
{sections}
## How to check it worked

Start `hereabouts serve`. A setting that it cannot take stops it, with the place of the setting
and what to write there instead. An unknown name stops it too, in whatever place.

## How to undo it

Take the setting out of its place and start the server again: the place before it counts.
"""

_SECTION = """
## `[{section}]`

{heading}

| setting | default | takes | meaning |
|---|---|---|---|
{rows}
"""


def reference_page() -> str:
    """The page `docs/reference/settings.md`, in Markdown."""
    options = (
        f"`--{option.replace('_', '-')}` ({'.'.join(name)})" for option, name in OPTIONS.items()
    )
    sections = "".join(
        _SECTION.format(section=section, heading=inspect.getdoc(struct), rows=_rows(section))
        for section, struct in SECTIONS.items()
    )
    return _PAGE.format(options=", ".join(options), sections=sections)


def _rows(section: str) -> str:
    rows = []
    for setting in describe():
        if setting.section == section:
            default = f"`{setting.default}`" if setting.default else "none"
            meaning = re.sub(
                r":rfc:`(\d+)#section-([\d.]+)`", r"RFC \1 section \2", setting.meaning
            )
            rows.append(f"| `{setting.name}` | {default} | {setting.form} | {meaning} |")
    return "\n".join(rows)
