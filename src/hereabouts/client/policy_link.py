"""The way to a policy server on another machine: questions as HTTP requests, in tasks."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from hereabouts.base.refusal import Unavailable
from hereabouts.base.units import NEVER, Moment, Timestamp
from hereabouts.client.policies import Declined, PolicyClient, PolicyRecord
from hereabouts.config import Settings, Url
from hereabouts.http.client import NoAnswer, Place
from hereabouts.http.news import News as Told
from hereabouts.policy.compilations import Compilations
from hereabouts.policy.engine import Policy
from hereabouts.policy.point import Point
from hereabouts.roles.policy_link import Answer, Answers, Dated, News, Poll, Question
from hereabouts.roles.remote_policies import POLL

MOST_COMPILED = 4 * 2**20
"Bytes of scripts that are kept ready to run."

Enter = Callable[[Callable[[Moment], None]], None]
"Has a node take what comes from elsewhere."


class CannotAsk(Unavailable):
    """The policy server cannot be asked as the settings say."""


class PolicyLink:
    """A `Link` by HTTP."""

    def __init__(self, client: PolicyClient) -> None:
        self.answers: Answers
        self.enter: Enter
        "To be set before anything is asked."
        self._client = client
        self._compilations = Compilations(MOST_COMPILED)
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def ask(self, question: Question) -> None:
        """Have a question answered."""
        self._begin(question, self._ask(question))

    def follow(self, poll: Poll) -> None:
        """Have changes told."""
        self._begin(poll, self._follow(poll))

    def drop(self, asked: Question | Poll) -> None:
        """Nobody waits for this answer any more."""
        task = self._tasks.pop(id(asked), None)
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        """Give up what is under way, and let go of the connections."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()

    def _begin(self, asked: Question | Poll, work: Coroutine[Any, Any, None]) -> None:
        self._tasks[id(asked)] = asyncio.get_running_loop().create_task(work)

    async def _ask(self, question: Question) -> None:
        owner, point = question.key
        try:
            tag, rows = await self._client.applicable(
                owner, point.value, unless=question.entity_tag
            )
            policies = None if rows is None else tuple(map(self._dated, rows))
        except (NoAnswer, Declined) as error:
            fault = str(error)
            self.enter(lambda now: self.answers.failed(question, fault, now))
        else:
            self.enter(lambda now: self.answers.answered(question, Answer(tag, policies), now))
        self._tasks.pop(id(question), None)

    async def _follow(self, poll: Poll) -> None:
        wait = POLL if poll.is_patient else 0.0
        try:
            told = await self._client.changes(poll.since, wait=wait)
        except (NoAnswer, Declined) as error:
            fault = str(error)
            self.enter(lambda now: self.answers.lost(poll, fault, now))
        else:
            news = _news(told)
            self.enter(lambda now: self.answers.told(poll, news, now))
        self._tasks.pop(id(poll), None)

    def _dated(self, row: PolicyRecord) -> Dated:
        script = self._compilations.of((row.script or "").encode())
        policy = Policy(
            owner=row.owner,
            id=row.id,
            name=row.name,
            priority=row.priority,
            script=script,
            valid_until=_date(row.valid_until, NEVER),
        )
        return Dated(policy, _date(row.valid_from, Timestamp(0.0)))


_POINTS = {point.value: point for point in Point}


def _news(told: Told) -> News:
    """What was told; points that this version does not know are nobody's to ask about here."""
    points = {
        owner: frozenset(_POINTS[name] for name in names if name in _POINTS)
        for owner, names in told.owners.items()
    }
    return News(told.version, points, told.everybody, told.is_complete)


def policy_link(settings: Settings) -> PolicyLink | None:
    """The way to the policy server that the settings name, if they name one.

    Raises:
        CannotAsk: the token would travel in clear text, or `policy.authority` cannot be read.
    """
    server = settings.policy.server
    if server is None:
        return None
    if not (server.is_secure or settings.http.insecure or _is_here(server)):
        raise CannotAsk(
            f"{server} would be told the token, and would tell policies, in clear text",
            "name an https address in policy.server or, in a lab, set http.insecure to true",
        )
    place = Place(server.host, server.port, server.is_secure)
    tls = _tls(settings.policy.authority) if server.is_secure else None
    return PolicyLink(PolicyClient(place, token=settings.policy.token, tls=tls))


def _tls(authority: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as error:
        fault = f"cannot use the certificates in {authority}: {error}"
        raise CannotAsk(fault, "name a PEM file in policy.authority") from error


def _is_here(server: Url) -> bool:
    try:
        return ipaddress.ip_address(server.host).is_loopback
    except ValueError:
        return server.host == "localhost"


def _date(text: str | None, otherwise: Timestamp) -> Timestamp:
    if text is None:
        return otherwise
    try:
        return Timestamp(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError) as error:
        raise NoAnswer(f"it answers with the date {text[:80]!r}") from error
