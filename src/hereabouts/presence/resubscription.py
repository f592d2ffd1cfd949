"""When a watcher subscribes again after a subscription has ended, as tables."""

from __future__ import annotations

from enum import Enum, auto

ENDING = frozenset({404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604})
"Answers to a refresh that end the subscription (:rfc:`6665#section-4.1.2.2`)."


class Again(Enum):
    """When to subscribe again."""

    AT_ONCE = auto()
    LATER = auto()
    "After the time that the notifier names, or a pause."
    NEVER = auto()


AFTER = {
    "deactivated": Again.AT_ONCE,
    "timeout": Again.AT_ONCE,
    "probation": Again.LATER,
    "giveup": Again.LATER,
    "rejected": Again.NEVER,
    "noresource": Again.NEVER,
    "invariant": Again.NEVER,
}
"By the reason of a NOTIFY (:rfc:`6665#section-4.1.3`)."


def after(reason: str | None) -> Again:
    """When to subscribe again after this reason; an unknown one, and none, mean `LATER`."""
    return AFTER.get((reason or "").lower(), Again.LATER)
