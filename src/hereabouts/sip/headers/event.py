"""Event and Subscription-State (:rfc:`6665#section-8.2`)."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

import msgspec

from hereabouts.sip.parameters import (
    CACHED,
    TOKEN,
    MalformedHeader,
    parse_parameters,
    parse_seconds,
)


class Event(msgspec.Struct, frozen=True):
    """Which event package a request is about; parameters but `id` mean nothing to us."""

    package: str
    "Compared byte by byte."
    id: str | None = None

    @classmethod
    def parse(cls, text: str) -> Event:
        """The event that `text` names.

        Raises:
            MalformedHeader: it names none, or more than one.
        """
        return _parse(text) if len(text) < CACHED else _read(text)

    def __str__(self) -> str:
        return self.package if self.id is None else f"{self.package};id={self.id}"


@lru_cache(maxsize=256)  # it is nearly always the same
def _parse(text: str) -> Event:
    return _read(text)


def _read(text: str) -> Event:
    package, semicolon, parameters = text.partition(";")
    if not TOKEN.fullmatch(package.strip()):
        raise MalformedHeader(f"{text[:80]!r} is not one event package")
    return Event(package.strip(), parse_parameters(semicolon + parameters).get("id"))


class Substate(Enum):
    """How a subscription stands."""

    ACTIVE = "active"
    PENDING = "pending"
    TERMINATED = "terminated"


class SubscriptionState(msgspec.Struct, frozen=True):
    """The `Subscription-State` header of a NOTIFY (:rfc:`6665#section-8.2.3`)."""

    substate: Substate
    expires: int | None = None
    "Time left, in seconds; absent once terminated."
    reason: str | None = None
    "Why a terminated subscription ended, such as `timeout` or `rejected`."
    retry_after: int | None = None
    "Time before the watcher may try again, in seconds."

    @classmethod
    def parse(cls, text: str) -> SubscriptionState:
        """The state that `text` spells; substates unknown to us count as active.

        Raises:
            MalformedHeader: there is no substate.
        """
        substate, semicolon, rest = text.partition(";")
        if not TOKEN.fullmatch(substate.strip()):
            raise MalformedHeader(f"{text[:80]!r} is not a subscription state")
        parameters = parse_parameters(semicolon + rest)
        try:
            known = Substate(substate.strip().lower())
        except ValueError:
            known = Substate.ACTIVE
        return cls(
            known,
            parse_seconds(parameters.get("expires")),
            parameters.get("reason"),
            parse_seconds(parameters.get("retry-after")),
        )

    def __str__(self) -> str:
        fields = {"expires": self.expires, "reason": self.reason, "retry-after": self.retry_after}
        given = [f"{name}={value}" for name, value in fields.items() if value is not None]
        return ";".join([self.substate.value, *given])
