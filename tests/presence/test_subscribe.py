from __future__ import annotations

import msgspec
import pytest

from hereabouts.base.refusal import Refusal
from hereabouts.presence.agent import Rules
from hereabouts.presence.event_header import BadEvent
from hereabouts.presence.permission import Declined
from hereabouts.presence.questions import (
    Decision,
    Kind,
    SubscribeAnswer,
    WatchAnswer,
    WatchQuestion,
)
from hereabouts.presence.subscribe import NotAcceptable, TooManySubscriptions
from hereabouts.presence.subscription import Standing
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.dialog import OutOfOrder, UnknownDialog
from hereabouts.sip.guard import Forbidden
from hereabouts.sip.lifetime import IntervalTooBrief
from tests.presence.desk import TCP, Desk, tag_of


def test_a_subscription_is_kept_answered_and_notified_at_once() -> None:
    """6665-3.1.1-1, 6665-4.2.1.2-1, 6665-4.4.1-1."""
    desk = Desk()
    answer = desk.subscribe(Expires="600")
    assert answer.status == 200
    assert answer.headers["expires"] == ["600"]
    assert answer.headers["allow-events"] == ["presence"]
    assert answer.headers["contact"] == ["<sip:192.0.2.1:5060>"]
    assert desk.delivery().subscription.expires_at == desk.now.timestamp + 600
    notify = desk.notify()
    assert notify.headers["subscription-state"] == ["active;expires=600"]
    assert notify.headers["from"][0].endswith(f";tag={tag_of(answer)}")


DECISIONS = [
    (Decision.ALLOW, "600", Standing.ACTIVE),
    (Decision.CONFIRM, "600", Standing.PENDING),
    (Decision.POLITE_BLOCK, "600", Standing.POLITE),
    (Decision.REJECT, "600", Standing.REJECTED),
    (Decision.ALLOW, "0", Standing.ENDED),
    (Decision.CONFIRM, "0", Standing.ENDED_BLANK),
    (Decision.POLITE_BLOCK, "0", Standing.ENDED_BLANK),
    (Decision.REJECT, "0", Standing.REJECTED),
]


@pytest.mark.parametrize("decision, expires, standing", DECISIONS)
def test_the_decision_and_the_lifetime_say_how_a_subscription_begins(
    decision: Decision, expires: str, standing: Standing
) -> None:
    """6665-4.2.1.1-2, 6665-4.4.3-1: a fetch is over as it begins."""
    desk = Desk(decision=decision)
    desk.subscribe(Expires=expires)
    assert desk.delivery().subscription.standing is standing


def test_what_is_over_is_remembered_until_its_last_notify_is_answered() -> None:
    desk = Desk(Rules(memory=64.0))
    desk.subscribe(Expires="0")
    assert desk.delivery().subscription.expires_at == desk.now.timestamp + 64
    desk.answer(200, desk.notify())
    assert not desk.agent.notifier.deliveries


REFUSED = [
    ({"Event": "none"}, BadEvent, "6665-4.2.3-1: no package"),
    ({"Expires": "59"}, IntervalTooBrief, "6665-4.2.1.1-3: too brief"),
    ({"Accept": "text/html"}, NotAcceptable, "6665-4.1.2.1-1: nothing acceptable"),
    ({"Accept": "text"}, BadRequest, "an Accept that breaks its grammar"),
    ({"Contact": "none"}, BadRequest, "no Contact"),
    ({"Record-Route": "<tel:1>"}, BadRequest, "a route that is not SIP's"),
]


@pytest.mark.parametrize(
    "headers, refusal", [row[:2] for row in REFUSED], ids=[row[2] for row in REFUSED]
)
def test_what_cannot_be_watched_is_refused(headers: dict[str, str], refusal: type[Refusal]) -> None:
    desk = Desk()
    with pytest.raises(refusal):
        desk.subscribe(**headers)
    assert not desk.agent.notifier.deliveries


PIDF, CPIM = "application/pidf+xml", "application/cpim-pidf+xml"
WANTED = [
    ("none", PIDF, "no Accept"),
    (CPIM, CPIM, "the other name"),
    (f"text/html\r\nAccept: {CPIM}", CPIM, "3261-7.3.1-5: rows are a list too"),
    (f"{CPIM}{', text/html' * 100}", CPIM, "longer than what is kept"),
]


@pytest.mark.parametrize(
    "accept, wanted", [row[:2] for row in WANTED], ids=[row[2] for row in WANTED]
)
def test_a_watcher_has_the_format_he_likes_best(accept: str, wanted: str) -> None:
    desk = Desk()
    for _ in range(2):  # it is known again
        desk.subscribe(Accept=accept)
        assert desk.notify().headers["content-type"] == [wanted]


def test_a_rejection_may_be_a_response() -> None:
    """6665-4.2.1.3-2."""
    desk = Desk(Rules(rejects_by_notify=False), Decision.REJECT)
    with pytest.raises(Declined, match="the presentity does not allow it") as refused:
        desk.subscribe()
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "rules", [Rules(max_subscriptions=1), Rules(max_subscriptions_of_one=1)], ids=["all", "one"]
)
def test_subscriptions_are_bounded(rules: Rules) -> None:
    """SEC-6665-6.3-2."""
    desk = Desk(rules)
    desk.subscribe()
    with pytest.raises(TooManySubscriptions) as refused:
        desk.subscribe()
    assert refused.value.headers() == [("Retry-After", "60")]


def test_a_refresh_takes_what_it_says() -> None:
    """6665-4.2.1.4-1, 3856-6.7-1, 3261-12.2.2: lifetime, kind of document, Contact and flow."""
    desk = Desk()
    tag = tag_of(desk.subscribe(Expires="600"))
    desk.flow = TCP
    answer = desk.subscribe(
        tag, Expires="60", Accept="application/cpim-pidf+xml", Contact="<sip:b@192.0.2.9>"
    )
    assert answer.headers["expires"] == ["60"]
    record = desk.delivery().subscription
    assert record.expires_at == desk.now.timestamp + 60
    assert record.content_type == "application/cpim-pidf+xml"
    assert record.dialog.remote_target == "sip:b@192.0.2.9"
    assert record.flow == TCP


def test_a_refresh_to_zero_ends_the_subscription() -> None:
    """6665-4.2.1.4-3."""
    desk = Desk()
    tag = tag_of(desk.subscribe())
    desk.answer(200, desk.notify())
    desk.subscribe(tag, Expires="0")
    assert desk.notify().headers["subscription-state"] == ["terminated;reason=timeout"]
    with pytest.raises(UnknownDialog):
        desk.subscribe(tag)


IN_DIALOG = [
    ({"Event": "presence;id=1"}, Forbidden, "6665-4.5.2-2: another event"),
    ({"CSeq": "1 SUBSCRIBE"}, OutOfOrder, "3261-12.2.2: an old CSeq"),
    ({"Expires": "5"}, IntervalTooBrief, "6665-4.2.1.4-1: too brief"),
    ({"Contact": "<sip:a@b>, <sip:c@d>"}, BadRequest, "two Contacts"),
    ({"Call-ID": "other"}, UnknownDialog, "another call"),
    ({"From": "<sip:bob@example.com>;tag=eves"}, UnknownDialog, "another tag"),
]


@pytest.mark.parametrize(
    "headers, refusal", [row[:2] for row in IN_DIALOG], ids=[row[2] for row in IN_DIALOG]
)
def test_a_bad_refresh_changes_nothing(headers: dict[str, str], refusal: type[Refusal]) -> None:
    desk = Desk()
    tag = tag_of(desk.subscribe())
    before = desk.delivery().subscription
    with pytest.raises(refusal):
        desk.subscribe(tag, **headers)
    assert desk.delivery().subscription is before


def test_a_tag_that_nobody_gave_is_unknown() -> None:
    with pytest.raises(UnknownDialog):
        Desk().subscribe("nobodys")


def test_somebody_else_cannot_refresh() -> None:
    """SEC-6665-6.5-1."""
    desk = Desk()
    desk.subscribe()
    owner = msgspec.structs.replace(desk.delivery().subscription, watcher="sip:carol@example.com")
    entry = msgspec.structs.replace(desk.delivery().entry, record=owner)
    desk.delivery().entry = entry
    desk.delivery().subscription = owner
    for accept in (PIDF, "text/html"):  # whose it is comes before what he wants of it
        with pytest.raises(Forbidden):
            desk.subscribe(desk.delivery().id, Accept=accept)


def test_a_subscribe_that_is_known_from_before_a_crash_has_the_same_answer() -> None:
    desk = Desk()
    tag = tag_of(desk.subscribe(Expires="120"))
    desk.notifies()
    record = desk.delivery().subscription
    desk.forget_transactions()
    answer = desk.receive(desk.last_request)
    assert (tag_of(answer), answer.headers["expires"]) == (tag, ["120"])
    desk.work()
    assert desk.delivery().subscription is record
    assert desk.notifies() == []


def test_a_refresh_that_is_known_from_before_a_crash_has_the_same_answer() -> None:
    desk = Desk()
    tag = tag_of(desk.subscribe(Expires="600"))
    desk.subscribe(tag, Expires="120")
    desk.notifies()
    record = desk.delivery().subscription
    desk.forget_transactions()
    assert desk.receive(desk.last_request).headers["expires"] == ["120"]
    desk.work()
    assert desk.delivery().subscription is record
    assert desk.notifies() == []


# -- rules


def ruled(decision: Decision = Decision.ALLOW, rules: Rules | None = None) -> Desk:
    desk = Desk(rules, decision)
    desk.ruled = frozenset({"subscribing"})
    return desk


def test_without_rules_one_question_is_asked_and_at_a_refresh_none() -> None:
    desk = Desk()
    desk.subscribe()
    assert desk.take_asked() == ["watch"]
    assert desk.delivery().subscription.terms is None
    desk.subscribe(desk.delivery().id)
    assert desk.take_asked() == []


def test_with_rules_both_sides_are_asked_and_told_what_for() -> None:
    desk = ruled()
    desk.subscribe(Expires="600")
    tag = desk.delivery().id
    desk.subscribe(tag, Expires="900")
    desk.subscribe(tag, Expires="0")
    questions = [each for each in desk.asked if type(each) is WatchQuestion]
    assert [each.asked and (each.asked.kind, each.asked.expires) for each in questions] == [
        (Kind.INITIAL, 600),
        (Kind.REFRESH, 900),
        (Kind.UNSUBSCRIBE, 0),
    ]
    assert [each.state for each in questions] == ["init", "active", "active"]
    assert desk.take_asked() == [*["subscribe", "watch"] * 2, "watch"]  # who leaves needs no leave


def test_what_was_asked_is_kept_with_the_subscription() -> None:
    desk = ruled()
    desk.subscribe(Expires="600")
    terms = desk.delivery().subscription.terms
    assert terms is not None
    assert terms.asked is not None
    assert terms.asked.expires == 600


REFRESHED = [
    (Decision.ALLOW, "600", Standing.ACTIVE),
    (Decision.POLITE_BLOCK, "600", Standing.POLITE),
    (Decision.CONFIRM, "600", Standing.PENDING),
    (Decision.REJECT, "600", Standing.REJECTED),
    (Decision.ALLOW, "0", Standing.ENDED),
    (Decision.POLITE_BLOCK, "0", Standing.ENDED_BLANK),
    (Decision.REJECT, "0", Standing.REJECTED),
]


@pytest.mark.parametrize("decision, expires, standing", REFRESHED)
@pytest.mark.parametrize("by_notify", [True, False])
def test_a_refresh_is_decided_about_and_answered_200(
    decision: Decision, expires: str, standing: Standing, *, by_notify: bool
) -> None:
    desk = ruled(rules=Rules(rejects_by_notify=by_notify))
    desk.subscribe()
    desk.watching = WatchAnswer(decision, "the test says so")
    assert desk.subscribe(desk.delivery().id, Expires=expires).status == 200
    assert desk.delivery().subscription.standing is standing


def test_a_refresh_that_its_watchers_rules_keep_back_changes_nothing() -> None:
    desk = ruled()
    desk.subscribe()
    before = desk.delivery().subscription
    desk.subscribing = SubscribeAnswer(Decision.REJECT, "too dear", reason="Too dear")
    with pytest.raises(Declined, match="Too dear"):
        desk.subscribe(desk.delivery().id)
    assert desk.delivery().subscription is before


def test_a_rejection_may_be_a_response_in_the_words_of_the_rule() -> None:
    desk = ruled(rules=Rules(rejects_by_notify=False))
    desk.watching = WatchAnswer(Decision.REJECT, "late", status=480, reason="Gone home")
    with pytest.raises(Declined, match="Gone home") as refused:
        desk.subscribe()
    assert refused.value.status == 480


@pytest.mark.parametrize("asked, granted", [("7200", "900"), ("600", "600"), ("0", "0")])
def test_rules_may_shorten_the_lifetime(asked: str, granted: str) -> None:
    """6665-4.2.1.1-3: a notifier may only shorten it."""
    desk = ruled()
    desk.watching = WatchAnswer(Decision.ALLOW, "briefly", expires_at_most=900)
    answer = desk.subscribe(Expires=asked)
    assert answer.headers["expires"] == [granted]
    if granted != "0":
        again = desk.subscribe(desk.delivery().id, Expires=asked)
        assert again.headers["expires"] == [granted]
