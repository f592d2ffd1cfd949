"""Tom: whatever is asked after 17:00 is rejected; and, in a second act, who is there stays."""

from __future__ import annotations

import pytest

from hereabouts.demo import tom
from hereabouts.demo.office import SERVER
from hereabouts.demo.story import Step, Told
from hereabouts.demo.tom import BOB, CAROL
from tests.demo.playing import field, played, reasons, steps

SECOND = "The same evening"


@pytest.fixture(scope="module")
def acts() -> tuple[list[Told], list[Told]]:
    told = played(tom.STORY)
    begin = next(at for at, each in enumerate(told) if not isinstance(each, Step) and at > 0
                 and each.text.startswith(SECOND))  # fmt: skip
    return told[:begin], told[begin:]


def decisions(told: list[Told]) -> list[tuple[str, str, str]]:
    """What was decided about whom, and the hour and minute."""
    return [
        (field(step, "at")[4:9], field(step, "about"), step.label)
        for step in steps(told)
        if step.sender == step.receiver
    ]


def states(told: list[Told], watcher: str) -> list[str]:
    """How the subscription of this watcher stood, by the NOTIFYs to him."""
    found = [step for step in steps(told) if (step.label, step.receiver) == ("NOTIFY", watcher)]
    return [field(step, "Subscription-State").partition(";expires")[0] for step in found]


BOB_ASKS = ("16:58", "sip:bob@example.com", "obeys: allow")
CAROL_ASKS = ("17:01", "sip:carol@example.com", "obeys: reject")


def test_after_working_hours_every_request_is_rejected(
    acts: tuple[list[Told], list[Told]],
) -> None:
    act, _ = acts
    refresh = ("17:02", "sip:bob@example.com", "obeys: reject")
    assert decisions(act) == [BOB_ASKS, CAROL_ASKS, refresh]
    assert states(act, BOB) == ["active", "terminated;reason=rejected"]
    assert states(act, CAROL) == ["terminated;reason=rejected"]


def test_by_the_gentle_policy_who_is_subscribed_stays(
    acts: tuple[list[Told], list[Told]],
) -> None:
    _, act = acts
    refresh = ("17:02", "sip:bob@example.com", "obeys: allow")
    assert decisions(act) == [BOB_ASKS, CAROL_ASKS, refresh]
    assert states(act, BOB) == ["active", "active"]
    assert states(act, CAROL) == ["terminated;reason=rejected"]


def test_each_decision_has_its_reason_in_a_sentence(acts: tuple[list[Told], list[Told]]) -> None:
    strict, gentle = map(reasons, acts)
    within, outside = "within Mon-Fri 09:00-17:00", "outside Mon-Fri 09:00-17:00"
    assert [within in strict[0], outside in strict[1], outside in strict[2]] == [True] * 3
    assert strict[1].startswith(
        "Rejected (403) because it was Tue 17:01 in America/Toronto, outside Mon-Fri 09:00-17:00"
    )
    assert "tom@example.com's policy 'his working hours'" in strict[1]
    assert within in gentle[0]
    assert outside in gentle[1]
    assert gentle[2].startswith("Allowed because the kind of request was refresh")


def test_a_rejected_watcher_is_told_as_the_thesis_has_it(
    acts: tuple[list[Told], list[Told]],
) -> None:
    """A 200, and a last NOTIFY with a blank document."""
    for act in acts:
        carols = [step for step in steps(act) if CAROL in (step.sender, step.receiver)]
        assert [(step.sender, step.label) for step in carols] == [
            (CAROL, "SUBSCRIBE"),
            (SERVER, "200 OK"),
            (SERVER, "NOTIFY"),
            (CAROL, "200 OK"),
        ]
        document = "sip:tom@example.com is closed - The subscription was not approved."
        assert field(carols[2], "PIDF") == document
