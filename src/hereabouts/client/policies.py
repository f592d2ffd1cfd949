"""A typed client of the policy server's HTTP API."""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Sequence
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from hereabouts.base.units import Seconds
from hereabouts.http.client import HttpClient, NoAnswer, Place
from hereabouts.http.conditions import quoted
from hereabouts.http.message import CPL, JSON, Response, write_target
from hereabouts.http.news import News

T = TypeVar("T")

ANY = "*"
"As an entity-tag in a condition: whatever is there."


class Found(msgspec.Struct, frozen=True, gc=False):
    """What the checker says about a script."""

    code: str
    "`E-` refuses the script, `W-` only warns of it."
    line: int
    "From 1."
    message: str
    remedy: str


class PolicyRecord(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A policy as the server shows it."""

    owner: str
    id: str
    name: str
    priority: int
    is_enabled: bool
    valid_from: str | None
    "A date as RFC 3339 writes it; `None`: from ever."
    valid_until: str | None
    "`None`: for ever."
    points: tuple[str, ...]
    etag: str
    "Names this version of the policy."
    findings: tuple[Found, ...] = ()
    script: str | None = None
    "`None` where it was not asked for."


class Checked(msgspec.Struct, frozen=True, gc=False):
    """What the checker says about a script that was not stored."""

    is_accepted: bool
    findings: tuple[Found, ...]


class Declined(Exception):
    """The server declines what was asked; the text is its reason."""

    def __init__(self, status: int, detail: str, findings: tuple[Found, ...]) -> None:
        super().__init__(detail)
        self.status = status
        "The HTTP status."
        self.findings = findings
        "What the checker found in the script, if that is it."


class _ProblemBody(msgspec.Struct):
    detail: str
    findings: tuple[Found, ...] = ()


class _List(msgspec.Struct):
    policies: tuple[PolicyRecord, ...]


class PolicyClient:
    """Asks a policy server.

        async with PolicyClient("http://127.0.0.1:8181", token=TOKEN) as policies:
            await policies.put("sip:tom@example.com", "hours", script)

    As the operator with a `token`, or as a user with his name and password. There is no time limit
    of its own: `asyncio.timeout` sets one.

    Raises, from each method:
        NoAnswer: no answer came, or one that is not of a policy server.
        Declined: the server says no.
    """

    def __init__(
        self,
        server: str | Place,
        *,
        token: str | None = None,
        user: str | None = None,
        password: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        place = Place.parse(server) if isinstance(server, str) else server
        self._client = HttpClient(place, tls)
        self._headers: list[tuple[str, str]] = []
        if token is not None:
            self._headers.append(("Authorization", f"Bearer {token}"))
        elif user is not None:
            basic = b64encode(f"{user}:{password}".encode()).decode()
            self._headers.append(("Authorization", f"Basic {basic}"))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.close()

    # -- writing

    async def put(  # noqa: PLR0913 - what a policy has
        self,
        owner: str,
        policy_id: str,
        script: str,
        *,
        name: str | None = None,
        priority: int | None = None,
        is_enabled: bool | None = None,
        valid_from: str | None = None,
        valid_until: str | None = None,
        if_match: str | None = None,
    ) -> PolicyRecord:
        """Create a policy; or, with the entity-tag of the one that is there, write it anew.

        What is `None` stays as it is, or is the default. An empty date takes the date away.
        """
        settings = _query(name, priority, is_enabled, valid_from, valid_until)
        target = write_target(("policies", owner, policy_id), settings)
        headers = [("Content-Type", CPL), *_if_match(if_match)]
        return _read(await self._ask("PUT", target, headers, script.encode()), PolicyRecord)

    async def update(  # noqa: PLR0913 - what a policy has
        self,
        owner: str,
        policy_id: str,
        *,
        name: str | None = None,
        priority: int | None = None,
        is_enabled: bool | None = None,
        valid_from: str | None = None,
        valid_until: str | None = None,
        if_match: str | None = None,
    ) -> PolicyRecord:
        """Change what stands beside the script."""
        settings = _query(name, priority, is_enabled, valid_from, valid_until)
        target = write_target(("policies", owner, policy_id), settings)
        return _read(await self._ask("PATCH", target, _if_match(if_match)), PolicyRecord)

    async def delete(self, owner: str, policy_id: str, *, if_match: str | None = None) -> None:
        """Remove a policy."""
        target = write_target(("policies", owner, policy_id))
        await self._ask("DELETE", target, _if_match(if_match))

    # -- reading

    async def fetch(self, owner: str, policy_id: str) -> PolicyRecord:
        """A policy with its script."""
        target = write_target(("policies", owner, policy_id))
        return _read(await self._ask("GET", target, [("Accept", JSON)]), PolicyRecord)

    async def list(self, owner: str) -> tuple[PolicyRecord, ...]:
        """An owner's policies, by priority."""
        return _read(await self._ask("GET", write_target(("policies", owner))), _List).policies

    async def search(
        self, owner: str | None = None, *, point: str | None = None, text: str | None = None
    ) -> tuple[PolicyRecord, ...]:
        """The policies of an owner or of all; those about a point, those with a text in them."""
        given = {"owner": owner, "point": point, "text": text}
        query = {name: value for name, value in given.items() if value is not None}
        return _read(await self._ask("GET", write_target(("policies",), query)), _List).policies

    async def applicable(
        self, owner: str, point: str, *, unless: str | None = None
    ) -> tuple[str, tuple[PolicyRecord, ...] | None]:
        """What an agent has to obey, in order and with the scripts, and the entity-tag of it all.

        `None` in place of it: it is still what had the entity-tag `unless`.
        """
        target = write_target(("applicable",), {"owner": owner, "point": point})
        headers = [("If-None-Match", quoted(unless))] if unless is not None else []
        response = await self._ask("GET", target, headers)
        tag = (response.header("etag") or "").strip('"')
        if response.status == 304:
            return tag, None
        return tag, _read(response, _List).policies

    async def changes(self, since: str | None = None, *, wait: Seconds = 0) -> News:
        """What has changed since a version; if nothing has, after `wait` seconds at most."""
        query = {"wait": str(wait)}
        if since is not None:
            query["since"] = since
        return _read(await self._ask("GET", write_target(("changes",), query)), News)

    async def check(self, script: str) -> Checked:
        """What the checker says about a script."""
        headers = [("Content-Type", CPL)]
        return _read(await self._ask("POST", "/check", headers, script.encode()), Checked)

    async def _ask(
        self, method: str, target: str, headers: Sequence[tuple[str, str]] = (), body: bytes = b""
    ) -> Response:
        response = await self._client.ask(method, target, [*self._headers, *headers], body)
        if 200 <= response.status < 300 or response.status == 304:
            return response
        try:
            problem = msgspec.json.decode(response.body, type=_ProblemBody)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise NoAnswer(f"it answers {response.status}, and not as a policy server") from None
        raise Declined(response.status, problem.detail, problem.findings)


def _read(response: Response, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(response.body, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise NoAnswer(f"it does not answer as a policy server does: {error}") from None


def _if_match(entity_tag: str | None) -> list[tuple[str, str]]:
    if entity_tag is None:
        return []
    return [("If-Match", ANY if entity_tag == ANY else quoted(entity_tag))]


def _query(
    name: str | None,
    priority: int | None,
    is_enabled: bool | None,  # noqa: FBT001 - handed on
    valid_from: str | None,
    valid_until: str | None,
) -> dict[str, str]:
    given = {
        "name": name,
        "priority": None if priority is None else str(priority),
        "enabled": None if is_enabled is None else str(is_enabled).lower(),
        "valid-from": valid_from,
        "valid-until": valid_until,
    }
    return {parameter: value for parameter, value in given.items() if value is not None}
