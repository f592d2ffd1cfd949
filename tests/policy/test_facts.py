from __future__ import annotations

import pytest

from hereabouts.policy.facts import Facts, Trigger
from hereabouts.policy.point import Point


@pytest.mark.parametrize(
    "trigger, is_mandatory",
    [
        pytest.param(Trigger.SUBSCRIBE, True, id="the answer to a SUBSCRIBE"),
        pytest.param(Trigger.APPROVAL, True, id="pending becomes active"),
        pytest.param(Trigger.POLICY, True, id="a policy changes the state"),
        pytest.param(Trigger.TERMINATION, True, id="the last one"),
        pytest.param(Trigger.UPDATE, False, id="news can wait"),
        pytest.param(Trigger.REGISTRATION, False, id="a registration is news too"),
        pytest.param(None, False, id="no cause is given"),
    ],
)
def test_some_notifications_cannot_be_withheld(
    trigger: Trigger | None, *, is_mandatory: bool
) -> None:
    facts = Facts(
        owner="sip:a@h", presentity="sip:a@h", point=Point.OUTGOING_NOTIFICATION, trigger=trigger
    )
    assert facts.is_mandatory == is_mandatory


def test_what_a_watcher_is_shown_is_his_own_affair() -> None:
    facts = Facts(
        owner="sip:b@h",
        presentity="sip:a@h",
        point=Point.INCOMING_NOTIFICATION,
        trigger=Trigger.TERMINATION,
    )
    assert not facts.is_mandatory
