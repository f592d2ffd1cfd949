"""The policy API over a store in memory, without sockets."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import msgspec

from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.http.api import PolicyApi
from hereabouts.http.gate import Gate
from hereabouts.http.message import CPL, Problem, Request, Response, parse_target
from hereabouts.roles.build import finish
from hereabouts.roles.commands import Commands
from hereabouts.roles.policy_changes import PolicyChanges
from hereabouts.roles.policy_commands import owner_meant
from hereabouts.sip.domains import Domains
from hereabouts.storage.memory import MemoryStore

NOW = Moment(Instant(1.0), Timestamp(1000.0))
DOMAINS = Domains(("example.com",))
TOKEN = "0123456789abcdef"
TOM, ALICE = "sip:tom@example.com", "sip:alice@example.com"
PASSWORDS = {"tom": TOM, "alice": ALICE}
"Each user's name is his password too."

OPERATOR = ("authorization", f"Bearer {TOKEN}")
AS_SCRIPT = ("content-type", CPL)


def as_user(name: str, password: str = "") -> tuple[str, str]:
    """The header by which a user says who he is."""
    return "authorization", "Basic " + b64encode(f"{name}:{password or name}".encode()).decode()


async def verify(name: str, password: str) -> str | None:
    return PASSWORDS.get(name) if name == password else None


class Desk:
    """Asks an API, and changes its store behind its back."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.commands = Commands(self.store, DOMAINS, "example.com")
        self.changes = PolicyChanges(self.store, "run")
        gate = Gate("example.com", TOKEN, verify, lambda: 0.0)
        self.api = PolicyApi(
            gate, self.command, self.changes, lambda text: owner_meant(text, DOMAINS)
        )

    async def command(self, command: str, /, **arguments: object) -> Any:  # noqa: ANN401 - as the command
        line = msgspec.json.encode({"command": command, **arguments})
        reply = msgspec.json.decode(finish(self.commands.answer(line, NOW)), type=dict[str, Any])
        if "error" in reply:
            raise Problem(reply["status"], reply["error"], tuple(reply.get("findings", ())))
        return reply["ok"]

    async def ask(
        self,
        method: str,
        target: str,
        *headers: tuple[str, str],
        body: bytes = b"",
        asker: tuple[str, str] = OPERATOR,
    ) -> Response:
        path, query = parse_target(target)
        request = Request(
            method=method, path=path, query=query, headers=dict((asker, *headers)), body=body
        )
        try:
            return await self.api.answer(request)
        except Problem as problem:
            return problem.response()


def said(response: Response) -> Any:  # noqa: ANN401 - whatever it is
    """The body of a response."""
    return msgspec.json.decode(response.body)
