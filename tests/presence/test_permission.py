from __future__ import annotations

import msgspec
import pytest

from hereabouts.base.units import Timestamp
from hereabouts.presence.permission import Declined, Permission, permitted
from hereabouts.presence.questions import (
    Asked,
    Decision,
    Kind,
    SubscribeAnswer,
    WatchAnswer,
    WatchQuestion,
)
from hereabouts.presence.terms import Terms, Told
from hereabouts.roles.build import finish
from tests.presence.desk import ALICE, BOB, Desk

ASKED = Asked(
    kind=Kind.REFRESH,
    expires=0,
    event="presence",
    accept=(),
    origin=f"<{BOB}>",
    destination=ALICE,
    original_destination=f"<{ALICE}>",
)
QUESTION = WatchQuestion(ALICE, BOB, "presence")
TOLD = Told(at=Timestamp(1.0), body=b"<presence/>", fingerprint=b"f", is_change=True)


def ask(desk: Desk, terms: Terms | None = None) -> Permission:
    found = finish(permitted(desk, QUESTION, terms, desk.now))
    assert isinstance(found, Permission)
    return found


def test_the_watchers_rules_come_first() -> None:
    desk = Desk()
    ask(desk)
    assert desk.take_asked() == ["subscribe", "watch"]


def test_an_agent_that_has_asked_his_rules_is_asked_about_the_presentitys_alone() -> None:
    desk = Desk()
    desk.subscribing = SubscribeAnswer(Decision.REJECT, "no")
    finish(permitted(desk, QUESTION, None, desk.now, has_asked=True))
    assert desk.take_asked() == ["watch"]


@pytest.mark.parametrize("decision", [Decision.REJECT, Decision.CONFIRM])
def test_what_his_own_rules_do_not_allow_does_not_reach_the_presentity(decision: Decision) -> None:
    desk = Desk()
    desk.subscribing = SubscribeAnswer(decision, "too dear", status=603, reason="Too dear")
    with pytest.raises(Declined, match="Too dear") as refused:
        ask(desk)
    assert refused.value.status == 603
    assert desk.take_asked() == ["subscribe"]


def test_nobody_is_kept_from_unsubscribing() -> None:
    desk = Desk()
    desk.subscribing = SubscribeAnswer(Decision.REJECT, "no")
    asked = msgspec.structs.replace(ASKED, kind=Kind.UNSUBSCRIBE)
    question = msgspec.structs.replace(QUESTION, asked=asked)
    finish(permitted(desk, question, None, desk.now))
    assert desk.take_asked() == ["watch"]


def test_of_both_sides_the_stricter_terms_hold() -> None:
    desk = Desk()
    desk.subscribing = SubscribeAnswer(
        Decision.ALLOW, "slowly", min_interval=60.0, expires_at_most=900
    )
    desk.watching = WatchAnswer(Decision.ALLOW, "so", min_interval=30.0, valid_until=Timestamp(9.0))
    found = ask(desk, Terms(told=TOLD, is_provisional=True))
    assert found.terms == Terms(min_interval=60.0, decided_until=Timestamp(9.0), told=TOLD)
    assert (found.limited(600), found.limited(3600), found.limited(0)) == (600, 900, 0)


def test_nothing_limits_the_lifetime_where_nobody_says_so() -> None:
    assert ask(Desk()).limited(3600) == 3600
