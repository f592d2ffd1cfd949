"""The sections about the server itself: where it is found, what it takes and what it tells."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from hereabouts.base.units import Seconds
from hereabouts.config.addresses import HostPort, Listen
from hereabouts.config.values import (
    Burst,
    Bytes,
    ClientCertificates,
    Domain,
    LogFormat,
    LogLevel,
    Rate,
    Role,
    Timer,
    Token,
    Word,
    number,
    whole,
)


class ServerSettings(Struct, frozen=True, gc=False):
    """What the server is, and where it is found."""

    domains: tuple[Domain, ...] = ()
    """The domains whose users it serves; the first one gives the realm its name. Without: this
    machine's name."""
    aliases: tuple[Domain, ...] = ()
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
    max_store_pages: Annotated[int, whole(0, 2**32 - 2, "pages")] = 0
    """Longest store, in pages of 4 KiB; what does not fit is answered 503. 0: as long as the disk
    allows."""
    control: Word | None = None
    "The local socket by which commands reach it. Without: the store's path and `.sock`."

    @property
    def control_path(self) -> str:
        """The path of the control socket; without a store's path, in the current folder."""
        store = "hereabouts" if self.store == ":memory:" else self.store
        return self.control or f"{store}.sock"


class SipSettings(Struct, frozen=True, gc=False):
    """Timers of the protocol, and bounds on what peers can make the server keep."""

    t1: Timer = 0.5
    "Estimate of a round trip, in seconds (:rfc:`3261#section-17.1.1.1`)."
    t2: Timer = 4.0
    "Longest pause between two retransmissions, in seconds (:rfc:`3261#section-17.1.2.2`)."
    t4: Timer = 5.0
    "Time that a message may stay in the network, in seconds (:rfc:`3261#section-17.1.2.2`)."
    max_message: Bytes = 65_535
    "Longest message, in bytes; a longer one is answered 513, or its connection closed."
    max_header: Bytes = 16_384
    "Longest start line and header fields together, in bytes; answered as a long message is."
    max_body: Bytes = 65_535
    "Longest body, in bytes; a longer one is answered 413."
    max_connections: Annotated[int, whole(1, 1_000_000, "connections")] = 10_000
    "Most connections open at once."
    max_connections_per_peer: Annotated[int, whole(1, 1_000_000, "connections")] = 100
    "Most connections open at once from one address."
    max_lingering_transactions: Annotated[int, whole(1, 10_000_000, "transactions")] = 100_000
    "Most finished transactions kept to answer retransmissions; the oldest go first."
    idle_timeout: Annotated[Seconds, number(1, 86400, "seconds")] = 3900.0
    "Time after which a silent connection is closed, in seconds; an hourly refresh fits in."


class LimitSettings(Struct, frozen=True, gc=False):
    """How much of the server each source may have: an IPv4 address, or an IPv6 /64.

    The servers that `[routing]` names may have everything.
    """

    requests_per_second: Rate = 200.0
    """Requests that one source is served in the long run; to as many more the answer is when to
    come back (503), and to those beyond there is none."""
    requests_burst: Burst = 1000
    "Requests that one source is served at once after a rest."
    larger_answers_per_second: Rate = 50.0
    """Challenges, and other answers longer than what they answer, that are sent by UDP to one
    source that has proved nothing; a phone without its answer asks again by itself."""
    larger_answers_burst: Burst = 250
    "The same at once after a rest."
    subscriptions_per_second: Rate = 20.0
    "New subscriptions of one watcher in the long run; more are answered 503."
    subscriptions_burst: Burst = 2000
    "The same at once after a rest."
    strange_targets_per_second: Rate = 1.0
    """New subscriptions whose NOTIFYs go to one address that the SUBSCRIBEs did not come from, in
    the long run; more are answered 503."""
    strange_targets_burst: Burst = 50
    "The same at once after a rest."
    exempt_loopback: bool = True
    "Whether this machine may have everything."
    max_transactions: Annotated[int, whole(1, 100_000_000, "transactions")] = 120_000
    """Most transactions of requests that came in, finished ones kept for retransmissions included;
    more are answered 503."""
    silence_timeout: Annotated[Seconds, number(1, 86400, "seconds")] = 32.0
    "Time after which a connection is closed on which no message has passed yet, in seconds."
    partial_timeout: Annotated[Seconds, number(1, 86400, "seconds")] = 32.0
    "Time that one message may take to arrive on a connection, in seconds."


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
    max_handshakes: Annotated[int, whole(1, 100_000, "connections")] = 256
    "Most connections at once that have not ended their handshake."
    handshake_timeout: Annotated[Seconds, number(0.1, 60, "seconds")] = 10.0
    "Time that a handshake may take, in seconds."


class WebsocketSettings(Struct, frozen=True, gc=False):
    """Whose WebSockets are taken, for `ws` and `wss` among `server.listen`."""

    origins: tuple[Word, ...] = ()
    """Where the pages come from whose browsers may connect, such as `https://phone.example.com`;
    others are answered 403. Without: any page. What is no browser is not asked."""
    token: Token | None = None
    """A word that each handshake must show, as the cookie `hereabouts` or as the password of HTTP
    Basic authentication; else it is answered 401. Without: none. SIP asks for the user's own
    password all the same."""


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
    max_connections: Annotated[int, whole(1, 100_000, "connections")] = 256
    "Most connections open at once."
    max_connections_per_source: Annotated[int, whole(1, 100_000, "connections")] = 64
    "Most connections open at once from one address."
    max_body: Bytes = 262_144
    "Longest body, in bytes; a longer one is answered 413."
    timeout: Annotated[Seconds, number(0.1, 3600, "seconds")] = 10.0
    "Time that a request may take to arrive, in seconds."
    idle_timeout: Annotated[Seconds, number(0.1, 86400, "seconds")] = 60.0
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
    timeout: Annotated[Seconds, number(0.1, 30, "seconds")] = 2.0
    "Longest wait for the answer to one question, in seconds, repetitions included."


class LogSettings(Struct, frozen=True, gc=False):
    """What the server says about itself."""

    level: LogLevel = LogLevel.INFO
    "The least grave event that is logged."
    format: LogFormat = LogFormat.TEXT
    "`text` for people, `json` (one object a line) for programs."


class TraceSettings(Struct, frozen=True, gc=False):
    """What can be seen of what passes, with `hereabouts trace`."""

    keep: Annotated[int, whole(0, 1_000_000, "packets")] = 1000
    """How many packets are kept in memory to be shown; the oldest go first. They are shown to
    whoever may open the control socket, without their credentials. 0: none."""
