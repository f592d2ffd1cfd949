"""Where messages come from, and how much of the server each source may have.

An address proves nothing: a datagram comes from wherever its sender says. So a source is not
only served at a rate; what is larger than that which came, and what goes to somebody else than
who asked, has rates of its own (`docs/decisions/0016-limits.md`).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import lru_cache

import msgspec

from hereabouts.base.refusal import Refusal
from hereabouts.base.units import Instant, Seconds
from hereabouts.sip.flow import LOCAL, Flow
from hereabouts.sip.rates import Rate, Rates, Verdict

_WELCOME = Verdict.WELCOME
_SUBNET = 64
"Bits of an IPv6 address that are one customer's: what he does with the rest is his own affair."


class TooOften(Refusal):
    """One who asks for more than he may have; it is no fault of the request."""

    status = 503

    def __init__(self, reason: str, wait: Seconds) -> None:
        super().__init__(reason)
        self._wait = wait

    def headers(self) -> list[tuple[str, str]]:
        """Says after how many seconds he may ask again."""
        return [("Retry-After", f"{self._wait:.0f}")]


class Allowance(msgspec.Struct, frozen=True):
    """What each may have: the settings of the section `limits`."""

    requests: Rate = Rate(200.0, 1000)
    "Requests of one source."
    larger_answers: Rate = Rate(50.0, 250)
    "Answers to datagrams of one source that are longer than what they answer."
    subscriptions: Rate = Rate(20.0, 2000)
    "New subscriptions of one watcher."
    strange_targets: Rate = Rate(1.0, 50)
    "New subscriptions whose NOTIFYs go to one address that does not ask for them itself."
    exempt: frozenset[str] = frozenset()
    "Addresses that may have everything: servers that we know."
    exempt_by_streams: frozenset[str] = frozenset()
    "The same, but on a connection alone."
    exempts_loopback: bool = True
    exempts_everybody: bool = False


EVERYTHING = Allowance(exempts_everybody=True)
"For a node whose peers are all known, and for tests."


class Sources:
    """All sources of a node."""

    def __init__(self, allowance: Allowance = EVERYTHING) -> None:
        self.on_excess: Callable[[str, Instant], None] = lambda _source, _now: None
        "Told of each request that is turned away, and where it came from."
        self._exempts_everybody = allowance.exempts_everybody
        self._exempt = allowance.exempt
        self._exempt_by_streams = allowance.exempt_by_streams
        self._exempts_loopback = allowance.exempts_loopback
        self._exempted: Flow | None = None  # the last: servers that we know send most of all
        self._requests = Rates(allowance.requests)
        self._larger = Rates(allowance.larger_answers)
        self._subscriptions = Rates(allowance.subscriptions)
        self._targets = Rates(allowance.strange_targets)

    def is_exempt(self, flow: Flow) -> bool:
        """Whether who comes by this flow may have everything."""
        if flow is self._exempted or self._exempts_everybody:
            return True
        if not self._is_exempt(flow):
            return False
        self._exempted = flow
        return True

    def _is_exempt(self, flow: Flow) -> bool:
        host = flow.host
        if self._exempts_loopback and (host.startswith("127.") or host == "::1"):
            return True
        if host in self._exempt or flow.transport == LOCAL:
            return True
        return host in self._exempt_by_streams and flow.is_reliable

    def asks(self, flow: Flow, now: Instant) -> Verdict:
        """Count a request, or anything that is of no use to anybody."""
        if self.is_exempt(flow):
            return _WELCOME
        source = source_of(flow.host)
        verdict = self._requests.take(source, now)
        if verdict is not _WELCOME:
            self.on_excess(source, now)
        return verdict

    def is_unheard(self, flow: Flow, now: Instant) -> bool:
        """Whether nothing that comes by this flow is looked at any more."""
        if self.is_exempt(flow):
            return False
        return self._requests.is_unheard(source_of(flow.host), now)

    def wait(self, flow: Flow, now: Instant) -> Seconds:
        """Whole seconds after which a request by this flow is served again."""
        return self._requests.wait(source_of(flow.host), now)

    def may_say_more(self, flow: Flow, now: Instant) -> bool:
        """Whether one who has proved nothing may be sent more than he has sent; it is counted.

        On a connection it is he who asks: an address that is not his own cannot open one.
        """
        if flow.is_reliable or self.is_exempt(flow):
            return True
        return self._larger.take(source_of(flow.host), now) is _WELCOME

    def check_subscribes(self, watcher: str, flow: Flow, now: Instant) -> None:
        """Let pass a new subscription that comes by this flow.

        Raises:
            TooOften: the watcher has just made many.
        """
        if self.is_exempt(flow) or self._subscriptions.take(watcher, now) is _WELCOME:
            return
        wait = self._subscriptions.wait(watcher, now)
        raise TooOften("this watcher subscribes too often", wait)

    def check_target(self, asks: Flow, told: Flow, now: Instant) -> None:
        """Let pass a subscription asked for by one flow whose NOTIFYs go by another.

        Raises:
            TooOften: much has been sent there lately that others have asked for.
        """
        if not self.may_be_told(asks, told, now):
            wait = self._targets.wait(source_of(told.host), now)
            raise TooOften("too much goes to this Contact from elsewhere", wait)

    def may_be_told(self, asks: Flow, told: Flow, now: Instant) -> bool:
        """Whether what was asked for by one flow may go by another; it is counted."""
        if told.host == asks.host or self.is_exempt(asks):
            return True
        return self._targets.take(source_of(told.host), now) is _WELCOME


@lru_cache(maxsize=4096)
def _subnet_of(host: str) -> str:
    try:
        address = ipaddress.IPv6Address(host.partition("%")[0])
    except ValueError:
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, _SUBNET), strict=False))


def source_of(host: str) -> str:
    """What is counted together with this address: the address itself, or its /64 in IPv6."""
    return _subnet_of(host) if ":" in host else host
