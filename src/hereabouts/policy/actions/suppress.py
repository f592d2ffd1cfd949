"""`p:suppress`: nothing is sent, or shown."""

from __future__ import annotations

from hereabouts.policy.actions.plain import plain
from hereabouts.policy.decision import Operation
from hereabouts.policy.point import NOTIFICATION_POINTS

SUPPRESS = plain(Operation.SUPPRESS, NOTIFICATION_POINTS)
