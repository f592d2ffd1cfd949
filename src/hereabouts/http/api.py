"""The policy server's HTTP API: routes, representations, and what is asked of the node for them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Seconds
from hereabouts.http.conditions import Condition, condition, quoted
from hereabouts.http.gate import Asker, Gate
from hereabouts.http.message import CPL, JSON, Problem, Request, Response, answer
from hereabouts.http.news import News
from hereabouts.http.routing import Route, route

LONGEST_POLL: Seconds = 25.0
"Seconds that a question for changes waits for one."

SCRIPT_TYPES = frozenset({CPL, "application/xml", "text/xml"})
"What a script may be called."

Ask = Callable[..., Awaitable[Any]]
"Asks the node for a command such as `policy put`; what it declines is a `Problem`."

Row = dict[str, Any]


class Changes(Protocol):
    """What the node knows of changes to policies."""

    on_change: Callable[[], None]
    "Called after each change."

    def since(self, version: str | None, owner: str | None) -> News:
        """What has changed, for one owner or (`None`) for all."""
        ...


class PolicyApi:
    """Answers requests about policies."""

    def __init__(
        self, gate: Gate, ask: Ask, changes: Changes, address: Callable[[str], str]
    ) -> None:
        self._gate = gate
        self._ask = ask
        self._changes = changes
        self._address = address
        self._polls: set[asyncio.Future[None]] = set()
        self._is_closed = False
        changes.on_change = self._wake
        self._routes = (
            Route("/policies", {"GET": self._search}, frozenset({"owner", "point", "text"})),
            Route("/policies/{owner}", {"GET": self._list}),
            Route(
                "/policies/{owner}/{id}",
                {
                    "GET": self._fetch,
                    "PUT": self._put,
                    "PATCH": self._adjust,
                    "DELETE": self._delete,
                },
                frozenset(_SETTINGS),
            ),
            Route("/applicable", {"GET": self._applicable}, frozenset({"owner", "point"})),
            Route("/changes", {"GET": self._poll}, frozenset({"since", "wait"})),
            Route("/check", {"POST": self._check}),
        )

    async def answer(self, request: Request) -> Response:
        """The response to a request.

        Raises:
            Problem: it is declined.
        """
        asker = await self._gate.identify(request)
        return await route(self._routes, request, asker)

    def close(self) -> None:
        """Answer the polls that wait, and let none wait any more."""
        self._is_closed = True
        self._wake()

    # -- reading

    async def _search(self, request: Request, asker: Asker) -> Response:
        sought = dict(request.query)
        if "owner" in sought or asker.owner is not None:
            sought["owner"] = self._owned(sought.get("owner", asker.owner or ""), asker)
        return answer({"policies": await self._ask("policy search", **sought)})

    async def _list(self, _request: Request, asker: Asker, owner: str) -> Response:
        found = await self._ask("policy search", owner=self._owned(owner, asker))
        return answer({"policies": found})

    async def _fetch(self, request: Request, asker: Asker, owner: str, policy_id: str) -> Response:
        row: Row = await self._ask("policy fetch", owner=self._owned(owner, asker), id=policy_id)
        tag = ("ETag", quoted(row["etag"]))
        known = condition(request, "if-none-match")
        if known is not None and known.names(row["etag"]):
            return Response(304, headers=(tag,))
        if JSON in request.headers.get("accept", ""):
            return answer(row, 200, tag, ("Vary", "Accept"))
        return Response(200, row["script"].encode(), CPL, (tag, ("Vary", "Accept")))

    async def _applicable(self, request: Request, asker: Asker) -> Response:
        """What an agent has to obey: steps -2 and -3 of the thesis' figures."""
        owner, point = (_required(request, name) for name in ("owner", "point"))
        found = await self._ask("policy applicable", owner=self._owned(owner, asker), point=point)
        response = answer({"policies": found})
        tag = hashlib.sha256(response.body).hexdigest()[:32]
        known = condition(request, "if-none-match")
        if known is not None and known.names(tag):
            return Response(304, headers=(("ETag", quoted(tag)),))
        return msgspec.structs.replace(response, headers=(("ETag", quoted(tag)),))

    # -- writing

    async def _put(self, request: Request, asker: Asker, owner: str, policy_id: str) -> Response:
        script = _script(request)
        conditions = _conditions(request)
        settings = _settings(request)
        owner = self._owned(owner, asker)
        row: Row = await self._ask(
            "policy put",
            owner=owner,
            id=policy_id,
            script=script,
            is_careful=True,
            **settings,
            **conditions,
        )
        status = 201 if row.pop("is_new") else 200
        return answer(row, status, ("ETag", quoted(row["etag"])))

    async def _adjust(self, request: Request, asker: Asker, owner: str, policy_id: str) -> Response:
        """Change what stands beside the script."""
        settings, conditions = _settings(request), _conditions(request)
        row: Row = await self._ask(
            "policy update", owner=self._owned(owner, asker), id=policy_id, **settings, **conditions
        )
        return answer(row, 200, ("ETag", quoted(row["etag"])))

    async def _delete(self, request: Request, asker: Asker, owner: str, policy_id: str) -> Response:
        owner, conditions = self._owned(owner, asker), _conditions(request)
        await self._ask("policy delete", owner=owner, id=policy_id, **conditions)
        return Response(204)

    async def _check(self, request: Request, _asker: Asker) -> Response:
        return answer(await self._ask("policy check", script=_script(request)))

    # -- changes

    async def _poll(self, request: Request, asker: Asker) -> Response:
        """What has changed; if nothing has, wait a while for it."""
        since, wait = request.query.get("since"), _wait(request)
        loop = asyncio.get_running_loop()
        until = loop.time() + wait
        news = self._changes.since(since, asker.owner)
        while news.is_empty and not self._is_closed and loop.time() < until:
            await self._next_change(until)
            news = self._changes.since(since, asker.owner)
        return answer(news)

    async def _next_change(self, until: float) -> None:
        changed = asyncio.get_running_loop().create_future()
        self._polls.add(changed)
        try:
            async with asyncio.timeout_at(until):
                await changed
        except TimeoutError:
            pass
        finally:
            self._polls.discard(changed)

    def _wake(self) -> None:
        for changed in self._polls:
            if not changed.done():
                changed.set_result(None)

    # -- owners

    def _owned(self, owner: str, asker: Asker) -> str:
        """The owner's address-of-record, if he is the one who asks, or whoever does may."""
        try:
            address = self._address(owner)
        except Malformed as fault:
            raise Problem(400, str(fault)) from fault
        asker.check(address)
        return address


_SETTINGS = {
    "name": "name",
    "priority": "priority",
    "enabled": "is_enabled",
    "valid-from": "valid_from",
    "valid-until": "valid_until",
}
"Parameters of the query, and what commands call them."


def _settings(request: Request) -> dict[str, str]:
    return {_SETTINGS[name]: text for name, text in request.query.items()}


def _conditions(request: Request) -> dict[str, object]:
    """What If-Match and If-None-Match demand, as commands take it."""
    demanded: dict[str, object] = {}
    for header in ("if-match", "if-none-match"):
        found = condition(request, header)
        if found is not None:
            demanded[header.replace("-", "_")] = _written(found)
    return demanded


def _written(found: Condition) -> object:
    return "*" if found.is_any else sorted(found.tags)


def _script(request: Request) -> str:
    if request.content_type not in SCRIPT_TYPES:
        raise Problem(415, f"a script is sent with Content-Type: {CPL}")
    if not request.body:
        raise Problem(400, "the body is empty; it is to be a script")
    try:
        return request.body.decode()
    except UnicodeDecodeError as error:
        raise Problem(400, "the script is not text in UTF-8") from error


def _required(request: Request, parameter: str) -> str:
    text = request.query.get(parameter)
    if not text:
        raise Problem(400, f"the parameter {parameter} is missing")
    return text


def _wait(request: Request) -> Seconds:
    text = request.query.get("wait", str(LONGEST_POLL))
    try:
        return min(max(float(text), 0.0), LONGEST_POLL)
    except ValueError as error:
        raise Problem(400, "wait is a number of seconds") from error
