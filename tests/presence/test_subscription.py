from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.units import Timestamp
from hereabouts.presence.questions import Decision
from hereabouts.presence.subscription import (
    ANSWERED,
    CSEQ_JUMP,
    SUBSTATES,
    TABLE,
    Happening,
    Standing,
    Subscription,
    after,
    restored_cseq,
)
from hereabouts.sip.dialog import Dialog
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.event import SubscriptionState

OVER = {Standing.ENDED, Standing.ENDED_BLANK, Standing.REJECTED}
SUBSCRIPTION = Subscription(
    Timestamp(1600.0),
    presentity="sip:alice@example.com",
    watcher="sip:bob@example.com",
    event="presence",
    content_type="application/pidf+xml",
    standing=Standing.ACTIVE,
    dialog=Dialog("To: a\r\nFrom: b\r\nCall-ID: c\r\n", "sip:bob@192.0.2.2", 1),
    flow=Flow("UDP", "192.0.2.2", 5060, "192.0.2.1:5060"),
    cseq=7,
    boots=3,
    lifetime=600,
    request="first",
)


@given(st.sampled_from(Standing), st.lists(st.sampled_from(Happening)))
def test_nothing_happens_any_more_to_what_is_over(
    standing: Standing, happenings: list[Happening]
) -> None:
    for happening in happenings:
        before, standing = standing, after(standing, happening)
        assert before not in OVER or standing is before


@pytest.mark.parametrize("standing", sorted(SUBSTATES))
@pytest.mark.parametrize("happening", [Happening.TIMED_OUT, Happening.REJECTED, Happening.GONE])
def test_every_standing_that_is_not_over_has_a_way_out(
    standing: Standing, happening: Happening
) -> None:
    assert after(standing, happening) in OVER


@pytest.mark.parametrize("decision", Decision)
def test_every_decision_about_a_new_watcher_leads_somewhere(decision: Decision) -> None:
    assert (Standing.NONE, ANSWERED[decision]) in TABLE


@given(st.lists(st.sampled_from(Happening)))
def test_who_was_never_approved_sees_no_state_at_the_end(happenings: list[Happening]) -> None:
    """3856-6.6.2-2: the last NOTIFY shows no more than those before it."""
    standing = Standing.PENDING
    for happening in happenings:
        before, standing = standing, after(standing, happening)
        assert standing is not Standing.ENDED or before in (Standing.ACTIVE, Standing.ENDED)


@pytest.mark.parametrize("standing", sorted(SUBSTATES))
def test_of_one_who_is_gone_nothing_is_seen(standing: Standing) -> None:
    """Whoever has his name next."""
    assert after(standing, Happening.GONE) is Standing.ENDED_BLANK


def test_who_is_gone_is_no_resource_to_his_watchers() -> None:
    """6665-4.1.3: they are not to subscribe again."""
    gone = msgspec.structs.replace(SUBSCRIPTION, standing=Standing.ENDED_BLANK, is_gone=True)
    assert gone.state_value(Timestamp(1000.0)) == "terminated;reason=noresource"


STATES = [
    (Standing.ACTIVE, 1000.0, "active;expires=600", "6665-4.2.2-2: the time left"),
    (Standing.POLITE, 1000.0, "active;expires=600", "6665-6.2-1: as if it were active"),
    (Standing.PENDING, 1000.5, "pending;expires=599", "never rounded up"),
    (Standing.ACTIVE, 1000.0004, "active;expires=600", "but for what floating point loses"),
    (Standing.ACTIVE, 1700.0, "active;expires=0", "never negative, though it is overdue"),
    (Standing.ENDED, 1000.0, "terminated;reason=timeout", "6665-4.1.3-1: a reason, no expires"),
    (Standing.ENDED_BLANK, 1000.0, "terminated;reason=timeout", "6665-6.2-1: the same reason"),
    (Standing.REJECTED, 1000.0, "terminated;reason=rejected", "6665-4.2.1.3-3"),
]


@pytest.mark.parametrize(
    "standing, now, value", [row[:3] for row in STATES], ids=[row[3] for row in STATES]
)
def test_what_the_watcher_is_told_of_how_he_stands(
    standing: Standing, now: float, value: str
) -> None:
    told = msgspec.structs.replace(SUBSCRIPTION, standing=standing)
    assert told.state_value(Timestamp(now)) == value
    assert told.is_over is (standing in OVER)
    assert told.state == value.partition(";")[0]
    assert str(SubscriptionState.parse(value)) == value


@given(st.integers(0, 2**20), st.integers(0, CSEQ_JUMP - 1), st.integers(1, 500))
def test_a_restored_cseq_is_ahead_of_all_that_former_runs_sent(
    written: int, sent: int, boots: int
) -> None:
    """3261-12.2.1.1: it only rises, and stays below 2**31."""
    record = msgspec.structs.replace(SUBSCRIPTION, cseq=written, boots=0)
    restored = [restored_cseq(record, boot) for boot in range(boots + 1)]
    assert restored[0] == written
    assert restored[-1] > restored[-2] + sent
    assert restored[-1] < 2**31
