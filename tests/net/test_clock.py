from __future__ import annotations

import time

from hereabouts.net.clock import now


def test_both_clocks_are_read() -> None:
    before = time.monotonic(), time.time()
    moment = now()
    after = time.monotonic(), time.time()
    assert before[0] <= moment.instant <= after[0]
    assert before[1] <= moment.timestamp <= after[1]
