"""The HTTP face of a server in this process: the policy API, on the addresses of the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from hereabouts.base.journal import Grade, Journal
from hereabouts.base.refusal import Malformed
from hereabouts.config import AuthMode, HostPort, Role, Settings
from hereabouts.http.api import PolicyApi
from hereabouts.http.connection import Bounds
from hereabouts.http.gate import Gate
from hereabouts.http.message import Problem
from hereabouts.http.server import HttpServer
from hereabouts.net.certificates import Certificates
from hereabouts.roles.policy_changes import PolicyChanges
from hereabouts.roles.policy_commands import owner_meant
from hereabouts.sip.domains import Domains

_LATER = (("Retry-After", "5"),)


class HttpFace:
    """Serves policies over HTTP.

    Args:
        settings: where, and to whom.
        domains: those of the users.
        ask: the reply to a command, once what it tells of is durable.
        changes: what the node knows of changes.
        certificates: how TLS is spoken, if it is.
        journal: for faults of ours, and warnings.
    """

    def __init__(
        self,
        settings: Settings,
        domains: Domains,
        ask: Callable[[bytes], Awaitable[bytes]],
        changes: PolicyChanges,
        certificates: Certificates,
        journal: Journal,
    ) -> None:
        self._settings = settings
        self._domains = domains
        self._ask_node = ask
        self._certificates = certificates
        self._journal = journal
        gate = Gate(
            settings.realm, settings.policy.token, self._verify, asyncio.get_running_loop().time
        )
        self._api = PolicyApi(gate, self._ask, changes, lambda text: owner_meant(text, domains))
        self._server = HttpServer(self._api.answer, journal, _bounds(settings))

    async def listen(self, at: HostPort) -> HostPort:
        """Listen at an address; the address, the port that the system chose filled in.

        Raises:
            CannotServe: it cannot; says what to do.
        """
        http = self._settings.http
        tls = self._certificates.web if self._certificates.can_serve else None
        port = await self._server.listen(at.host, at.port or 0, tls=tls, insecure=http.insecure)
        if self._settings.policy.token is None and self._settings.server.role is Role.POLICY:
            self._journal.say(
                Grade.WARNING,
                "no other node can ask for policies",
                remedy="set policy.token here and there, to the same word",
            )
        return HostPort(at.host, port)

    async def close(self) -> None:
        """Stop listening; what is being answered is answered."""
        self._api.close()
        await self._server.close()

    async def _ask(self, command: str, /, **arguments: object) -> Any:  # noqa: ANN401 - as the command
        line = msgspec.json.encode({"command": command, **arguments})
        reply = msgspec.json.decode(await self._ask_node(line), type=dict[str, Any])
        if "error" in reply:
            status = reply.get("status", 500)
            findings = tuple(reply.get("findings", ()))
            raise Problem(status, reply["error"], findings, _LATER if status == 503 else ())
        return reply["ok"]

    async def _verify(self, name: str, password: str) -> str | None:
        """The address of the user, if that is his password; where all are believed, in any case."""
        try:
            address = self._domains.meant(name)
        except Malformed:
            return None
        if self._settings.auth.mode is AuthMode.NONE:
            return address
        if not self._domains.serves(address):
            return None
        verified: str | None = await self._ask("user verify", user=address, password=password)
        return verified


def _bounds(settings: Settings) -> Bounds:
    http = settings.http
    return Bounds(
        max_body=http.max_body,
        max_connections=http.max_connections,
        max_connections_per_source=http.max_connections_per_source,
        arrival=http.timeout,
        idle=http.idle_timeout,
    )
