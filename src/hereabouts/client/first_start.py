"""What a server does by itself on a first start: every kind of phone can be tried at once."""

from __future__ import annotations

from pathlib import Path

import msgspec

from hereabouts.client.names import machine_names
from hereabouts.client.server import Server
from hereabouts.config import Listen, Role, ServerSettings, Settings
from hereabouts.net.clock import now
from hereabouts.roles.build import IN_MEMORY

MORE = (
    Listen("TLS", "0.0.0.0", 5061),  # noqa: S104 - phones are elsewhere
    Listen("WS", "0.0.0.0", 8088),  # noqa: S104
    Listen("WSS", "0.0.0.0", 8089),  # noqa: S104
)
"Where it listens besides; the ports of WebSockets are those that their phones know from Asterisk."


def with_more_ways(settings: Settings) -> Server:
    """A server that listens by TLS and WebSockets too, unless its settings say where to listen.

    Without a certificate it makes one for itself, beside its store.
    """
    is_said = settings.server.listen != ServerSettings().listen
    if is_said or settings.server.store == IN_MEMORY or settings.server.role is Role.POLICY:
        return Server(settings)
    if settings.tls.certificate is None:
        settings = _with_certificate(settings)
    server = Server(settings)
    server.also = MORE
    return server


def _with_certificate(settings: Settings) -> Settings:
    # It takes 80 ms to load, and only a first start needs it.
    from hereabouts.net.self_signed import have_self_signed  # noqa: PLC0415

    store = Path(settings.server.store)
    certificate, key = (store.with_name(f"{store.stem}-tls.{end}") for end in ("crt", "key"))
    names = machine_names() | set(settings.server.domains)
    try:
        have_self_signed(certificate, key, names, now().timestamp)
    except OSError:
        return settings  # the store cannot be written there either, and says so
    tls = msgspec.structs.replace(settings.tls, certificate=str(certificate), key=str(key))
    return msgspec.structs.replace(settings, tls=tls)
