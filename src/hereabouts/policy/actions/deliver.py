"""`p:deliver`: the document goes to the watcher, or is shown to him."""

from __future__ import annotations

from hereabouts.policy.actions.plain import plain
from hereabouts.policy.decision import Operation
from hereabouts.policy.point import NOTIFICATION_POINTS

DELIVER = plain(Operation.DELIVER, NOTIFICATION_POINTS)
