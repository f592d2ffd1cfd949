"""All settings together, and the tables of what there are."""

from __future__ import annotations

from typing import get_type_hints

import msgspec
from msgspec import Struct
from msgspec import inspect as kinds

from hereabouts.config.addresses import HostPort
from hereabouts.config.server import (
    DnsSettings,
    HttpSettings,
    LimitSettings,
    LogSettings,
    ServerSettings,
    SipSettings,
    TlsSettings,
    TraceSettings,
    WebsocketSettings,
)
from hereabouts.config.services import (
    AuthSettings,
    CallSettings,
    PolicySettings,
    PresenceSettings,
    RegistrarSettings,
    RoutingSettings,
    WatcherSettings,
)
from hereabouts.config.values import ClientCertificates, Role

HTTP_PORT = 8181
"Where a policy server listens unless something else is said."


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

IN_ORDER: tuple[tuple[Name, Name], ...] = (
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


class Setting(Struct, frozen=True):
    """What a setting can be, and is unless somebody sets it."""

    annotation: object
    kind: kinds.Type
    default: object


def _settings_of(section: type[Struct]) -> dict[str, Setting]:
    annotations = get_type_hints(section, include_extras=True)
    fields = msgspec.structs.fields(section)
    return {
        field.name: Setting(
            annotations[field.name], kinds.type_info(annotations[field.name]), field.default
        )
        for field in fields
    }


SETTINGS: dict[Name, Setting] = {
    (section, name): setting
    for section, struct in SECTIONS.items()
    for name, setting in _settings_of(struct).items()
}
