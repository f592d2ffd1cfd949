"""`p:polite-block`: the watcher sees the neutral document (:rfc:`5025#section-3.2.1`).

He cannot tell it from a presentity who has published nothing.
"""

from __future__ import annotations

from hereabouts.policy.actions.plain import plain
from hereabouts.policy.decision import Operation
from hereabouts.policy.point import PRESENTITY_POINTS

POLITE_BLOCK = plain(Operation.POLITE_BLOCK, PRESENTITY_POINTS)
