"""`p:allow`: the subscription is asked for, or approved."""

from __future__ import annotations

from hereabouts.policy.actions.plain import plain
from hereabouts.policy.decision import Operation
from hereabouts.policy.point import SUBSCRIPTION_POINTS

ALLOW = plain(Operation.ALLOW, SUBSCRIPTION_POINTS)
