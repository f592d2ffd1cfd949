"""Scripts for the ladders, and how they are kept on the node's store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.policy import library
from hereabouts.policy.engine import Policy
from hereabouts.policy.library import PolicyChanged
from hereabouts.policy.point import Point
from hereabouts.policy.stored import StoredPolicy
from hereabouts.roles.policy_source import Changed, PolicyUnavailable
from hereabouts.storage.suspension import Suspension
from tests.ladders.conftest import Network, Play

TRIES = 5

TIMEOUT = 2.0
"Seconds until a question to a silent policy server ends."


def cpl(point: str, body: str) -> bytes:
    """A script about one point."""
    return (
        '<cpl xmlns="urn:ietf:params:xml:ns:cpl" xmlns:p="urn:x-hereabouts:cpl-presence:1">'
        f"<p:{point}>{body}</p:{point}></cpl>"
    ).encode()


def in_office_hours(inside: str, outside: str) -> str:
    """Mondays to Fridays from nine to five in Toronto, and the rest of the time."""
    return f"""
        <time-switch tzid="America/Toronto">
          <time dtstart="20260105T090000" duration="PT8H" freq="weekly" byday="MO,TU,WE,TH,FR">
            {inside}
          </time>
          <otherwise>{outside}</otherwise>
        </time-switch>
    """


REJECT = '<reject status="403" reason="Outside working hours"/>'

TOM = cpl("incoming-subscription", in_office_hours("<p:allow/>", REJECT))
"Thesis, section 3.4.1: Tom wishes to reject all watcher requests after working hours."

GENTLE_TOM = cpl(
    "incoming-subscription",
    f"""
    <p:subscription-switch field="kind">
      <p:subscription is="refresh"><p:allow/></p:subscription>
      <p:subscription is="unsubscribe"><p:allow/></p:subscription>
      <otherwise>{in_office_hours("<p:allow/>", REJECT)}</otherwise>
    </p:subscription-switch>
    """,
)
"The same, and who is subscribed already stays so."


def towards(point: str, user: str, body: str, field: str = "watcher") -> bytes:
    """A script about one person, which leaves everybody else to the default."""
    return cpl(
        point,
        f'<address-switch field="{field}"><address is="sip:{user}@example.com">{body}</address>'
        "<otherwise/></address-switch>",
    )


THROTTLE = '<p:throttle interval="PT10M"><p:deliver/></p:throttle>'

ALICE = towards("outgoing-notification", "tom", THROTTLE)
"Thesis, section 3.4.1: notifications to Tom not more often than every ten minutes."


def toronto(hour: int, minute: int = 0, second: int = 0) -> Moment:
    """This time on Tuesday, 24 November 2026, in Toronto."""
    zone = ZoneInfo("America/Toronto")
    date = datetime(2026, 11, 24, hour, minute, second, tzinfo=zone)
    return Moment(Instant(1000.0), Timestamp(date.timestamp()))


def put_on(network: Network, node: str, owner: str, script: bytes) -> None:
    """Keep a policy of a user of this node; any that he had goes."""
    store, now = network.stage.sites[node].backing.store, network.now.timestamp
    policy = StoredPolicy(name=f"the rule of {owner}", script=script)
    network.do(node, insisting(lambda: library.put(store, owner, "rule", policy, now)))


def delete_on(network: Network, node: str, owner: str) -> None:
    """Delete it."""
    store, now = network.stage.sites[node].backing.store, network.now.timestamp
    network.do(node, insisting(lambda: library.delete(store, owner, "rule", now)))


def put(ladder: Play, user: str, script: bytes, name: str = "rule") -> None:
    """Keep a policy of this user, enabled."""
    store, now = ladder.stage.backing.store, ladder.now.timestamp
    policy = StoredPolicy(name=f"the {name} of {user}", script=script)
    owner = f"sip:{user}@example.com"
    ladder.do(insisting(lambda: library.put(store, owner, name, policy, now)))


def delete(ladder: Play, user: str, name: str = "rule") -> None:
    """Delete it."""
    store, now = ladder.stage.backing.store, ladder.now.timestamp
    owner = f"sip:{user}@example.com"
    ladder.do(insisting(lambda: library.delete(store, owner, name, now)))


def insisting(
    act: Callable[[], Awaitable[object]],
) -> Callable[[], Coroutine[Any, Any, None]]:
    """The same, again and again as long as others are faster."""

    async def insist() -> None:
        for _ in range(TRIES):
            try:
                await act()
            except PolicyChanged:
                continue
            return
        raise AssertionError("others are always faster")

    return insist


def because(ladder: Play, user: str) -> str:
    """Why the last decision for this user was made."""
    return ladder.stage.server.decisions.of(f"sip:{user}@example.com")[0].because


class SilentSource:
    """A policy server that is silent: the first question costs `TIMEOUT` seconds, no other any."""

    def __init__(self, ladder: Play, owner: str, point: Point) -> None:
        self.on_changed: Changed = lambda _owners, _now: None
        self.has_any = True
        self._ladder = ladder
        self._applies = (f"sip:{owner}@example.com", point)
        self._is_silent = True
        self._is_known = False
        ladder.stage.may_wait = True
        ladder.stage.server.use(self)

    async def applicable(self, owner: str, point: Point, now: Moment) -> tuple[Policy, ...]:
        stage = self._ladder.stage
        if self._is_silent:
            if not self._is_known:
                suspension = Suspension()
                start = self._ladder.now.instant
                stage.node.deadlines.wait(TIMEOUT, start, lambda *_: suspension.resume(), None)
                await suspension
            self._is_known = True
            raise PolicyUnavailable(
                "the policy server does not answer within 2 s", "look whether it runs"
            )
        return await library.applicable(stage.backing.store, owner, point, now.timestamp)

    def may_apply(self, owner: str, point: Point) -> bool:
        return (owner, point) == self._applies

    def come_back(self) -> None:
        """Answer again, and say so."""
        self._is_silent = False

        async def tell() -> None:
            self.on_changed(None, self._ladder.now)

        self._ladder.do(tell)
