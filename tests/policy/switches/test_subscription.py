from __future__ import annotations

import pytest

from hereabouts.policy.cpl.finding import Code
from hereabouts.policy.decision import Operation
from hereabouts.policy.facts import Kind, Trigger
from hereabouts.policy.point import Point
from hereabouts.policy.switches.subscription import FIELDS
from tests.policy.cpl.problems import problems
from tests.policy.samples import facts, incoming
from tests.policy.switches.asked import ABSENT, DIFFERS, FITS, ask

# fmt: off
RULES = [
    ("event", 'is="presence"', {"event": "presence"}, FITS, "the package"),
    ("event", 'is="Presence"', {"event": "presence"}, DIFFERS, "packages have case"),
    ("event", 'contains="winfo"', {"event": "presence.winfo"}, FITS, "a part of its name"),
    ("kind", 'is="refresh"', {"kind": Kind.REFRESH}, FITS, "a refresh"),
    ("kind", 'is="Refresh"', {"kind": Kind.REFRESH}, FITS, "tokens have no case"),
    ("kind", 'is="refresh"', {"kind": Kind.INITIAL}, DIFFERS, "another kind"),
    ("kind", 'is="refresh"', {}, ABSENT, "no request"),
    ("state", 'is="active"', {"state": "Active"}, FITS, "a state, whatever its case"),
    ("state", 'is="active"', {"state": "pending"}, DIFFERS, "another state"),
    ("reason", 'is="rejected"', {"reason": "rejected"}, FITS, "a reason"),
    ("reason", 'is="rejected"', {}, ABSENT, "no reason"),
    ("trigger", 'is="refresh-timer"', {"trigger": Trigger.REFRESH_TIMER}, FITS, "a cause"),
    ("trigger", 'is="user"', {"trigger": Trigger.REFRESH_TIMER}, DIFFERS, "another cause"),
    ("accept", 'is="application/pidf+xml"', {"accept": ("text/plain", "Application/PIDF+xml;q=1")},
     FITS, "any of several types, without case and parameters"),
    ("accept", 'is="text/html"', {"accept": ("text/plain",)}, DIFFERS, "none of them"),
    ("accept", 'contains="/pidf"', {"accept": ("text/plain", "application/pidf+xml")}, FITS,
     "a part of any"),
    ("accept", 'contains="xpidf"', {"accept": ("text/plain", "application/pidf+xml")}, DIFFERS,
     "a part of none"),
    ("accept", 'is="text/plain"', {}, ABSENT, "nothing was said"),
    ("content-type", 'is="text/plain"', {"content_type": "text/plain; charset=a"}, FITS, "a type"),
    ("authentication", 'is="digest"', {"authentication": "Digest"}, FITS, "how it was proved"),
]
# fmt: on


@pytest.mark.parametrize(
    "field, operator, known, outcome",
    [pytest.param(*row[:4], id=f"{row[0]}: {row[4]}") for row in RULES],
)
def test_what_is_known_of_a_subscription_compares(
    field: str, operator: str, known: dict[str, object], outcome: Operation
) -> None:
    evaluation = ask(
        f'p:subscription-switch field="{field}"',
        f"p:subscription {operator}",
        facts(Point.INCOMING_SUBSCRIPTION, **known),
    )
    assert evaluation.operation is outcome
    assert evaluation.looked_at == {field.replace("-", "_")}


def test_every_field_is_asked_for_here() -> None:
    assert {row[0] for row in RULES} == FIELDS.keys()


@pytest.mark.parametrize(
    "operator, known, clause",
    [
        ('is="fetch"', {"kind": Kind.FETCH}, "the kind of request was fetch"),
        ('is="fetch"', {"kind": Kind.INITIAL}, "the kind of request was initial, not fetch"),
        ('is="fetch"', {}, "the kind of request was absent"),
    ],
)
def test_a_person_is_told_what_was_found(
    operator: str, known: dict[str, object], clause: str
) -> None:
    evaluation = ask(
        'p:subscription-switch field="kind"',
        f"p:subscription {operator}",
        facts(Point.INCOMING_SUBSCRIPTION, **known),
    )
    assert [each.clause for each in evaluation.reasons] == [clause]


def test_the_trace_shows_all_there_is() -> None:
    known = facts(accept=("text/plain", "text/html"))
    evaluation = ask('p:subscription-switch field="accept"', 'p:subscription is="a/b"', known)
    assert evaluation.trace[0].value == "text/plain, text/html"


@pytest.mark.parametrize(
    "field, outputs, problem",
    [
        pytest.param("size", "", (Code.ATTRIBUTE, 3), id="no such field"),
        pytest.param(
            "kind", '<p:subscription is="new"/>', (Code.ATTRIBUTE, 4), id="what no kind is"
        ),
        pytest.param("reason", '<p:subscription is=""/>', (Code.ATTRIBUTE, 4), id="nothing"),
        pytest.param(
            "kind", '<p:subscription contains="re"/>', (Code.OPERATOR, 4), id="a part of a kind"
        ),
        pytest.param(
            "kind",
            '<p:subscription is="fetch"/>\n<p:subscription is="Fetch"/>',
            (Code.UNREACHABLE, 5),
            id="one twice",
        ),
        pytest.param(
            "reason",
            '<p:subscription contains="out"/>\n<p:subscription is="timeout"/>',
            (Code.UNREACHABLE, 5),
            id="one that has another in it",
        ),
        pytest.param(
            "reason",
            '<p:subscription is="timeout"/><p:subscription contains="out"/>',
            None,
            id="the reverse is fine",
        ),
    ],
)
def test_what_cannot_be_asked_or_met_is_told(
    field: str, outputs: str, problem: tuple[Code, int] | None
) -> None:
    script = incoming(
        f'<p:subscription-switch field="{field}">\n{outputs}<otherwise/></p:subscription-switch>'
    )
    assert problems(script) == ([problem] if problem else [])
