from __future__ import annotations

import pytest

from hereabouts.client.conversations import HERE, WITHIN, Conversations, Seen, in_order
from hereabouts.roles.decisions import Decided
from hereabouts.roles.node import Way
from hereabouts.roles.tracing import Shown
from hereabouts.sip.flow import LOCAL
from tests.client.passages import (
    ALICE,
    ASKED,
    AT,
    BOB,
    ELSEWHERE,
    TOLD,
    answer,
    decided,
    shown,
)
from tests.sip.packets import request

SEEN = [
    (shown(ASKED), ("SUBSCRIBE", "SUBSCRIBE", 0, "c1", ALICE, BOB), "a request"),
    (answer(), ("200 Whatever", "SUBSCRIBE", 200, "c1", ALICE, BOB), "an answer"),
    (shown(b"\x16\x03"), ("what is no SIP message", "", 0, "", "", ""), "nonsense"),
    (
        shown(request("OPTIONS", rows={"From": "x", "To": None, "Call-ID": "a\x1bb"})),
        ("OPTIONS", "OPTIONS", 0, "a b", "?", "?"),
        "a message that breaks the grammar",
    ),
]


@pytest.mark.parametrize("passed, parts", [r[:2] for r in SEEN], ids=[r[2] for r in SEEN])
def test_a_message_is_understood_as_far_as_it_can_be(
    passed: Shown, parts: tuple[object, ...]
) -> None:
    seen = Seen.of(passed)
    found = (seen.label, seen.method, seen.status, seen.call_id, seen.sender, seen.receiver)
    assert found == parts


ENDS = [
    (shown(ASKED), ("udp:192.0.2.1:5062", HERE), "it comes in"),
    (answer(), (HERE, "udp:192.0.2.1:5062"), "it goes out"),
    (shown(ASKED, host="::1", transport="TCP"), ("tcp:[::1]:5062", HERE), "by IPv6"),
    (shown(ASKED, Way.OUT, transport=LOCAL), (HERE, WITHIN), "it stays here"),
]


@pytest.mark.parametrize("passed, ends", [r[:2] for r in ENDS], ids=[r[2] for r in ENDS])
def test_where_it_comes_from_and_goes_to(passed: Shown, ends: tuple[str, str]) -> None:
    assert Seen.of(passed).ends == ends


def test_messages_of_a_call_id_are_one_dialog() -> None:
    known = Conversations()
    first = known.add(Seen.of(shown(ASKED)))
    assert known.add(Seen.of(answer())) is first
    assert known.add(Seen.of(shown(ELSEWHERE))) is not first
    assert known.add(Seen.of(shown(TOLD, Way.OUT, host="192.0.2.9"))) is first
    assert (first.count, first.last.label) == (3, "NOTIFY")
    assert first.parties == ("udp:192.0.2.1:5062", HERE, "udp:192.0.2.9:5062")
    assert first.title == f"SUBSCRIBE {ALICE} -> {BOB}  c1"


def test_what_cannot_be_read_is_together() -> None:
    known = Conversations()
    assert known.add(Seen.of(shown(b"x"))) is known.add(Seen.of(shown(b"y")))
    assert known.add(Seen.of(shown(b"x"))).title == "what is no SIP message"


def test_he_who_was_silent_for_longest_is_forgotten() -> None:
    known = Conversations(most=2)
    first = known.add(Seen.of(shown(ASKED)))
    second = known.add(Seen.of(shown(ELSEWHERE)))
    known.add(Seen.of(answer()))
    known.add(Seen.of(shown(b"x")))
    assert known.add(Seen.of(answer())) is first
    assert known.add(Seen.of(shown(ELSEWHERE))) is not second


def test_a_decision_is_about_the_dialog_between_the_two() -> None:
    known = Conversations()
    assert known.about(decided()) is None
    first = known.add(Seen.of(shown(ASKED)))
    assert known.about(decided()) is first
    later = known.add(Seen.of(shown(ELSEWHERE)))
    assert known.about(decided()) is later, "both are between the two"
    assert known.about(decided(watcher="sip:carol@example.com")) is None


ORDERS = [
    (0.0, "SUBSCRIBE decided 200", "in one turn"),
    (0.5, "SUBSCRIBE decided 200", "between two"),
    (-1.0, "decided SUBSCRIBE 200", "before all"),
    (9.0, "SUBSCRIBE 200 decided", "after all"),
]


@pytest.mark.parametrize("at, order", [r[:2] for r in ORDERS], ids=[r[2] for r in ORDERS])
def test_a_decision_stands_before_what_was_said_because_of_it(at: float, order: str) -> None:
    told = in_order([shown(ASKED), answer()], [decided(AT + at)])
    words = [e.label.split()[0] if isinstance(e, Seen) else "decided" for e in map(seen, told)]
    assert " ".join(words) == order


def seen(event: Shown | Decided) -> Seen | Decided:
    return Seen.of(event) if isinstance(event, Shown) else event


def test_at_the_same_moment_it_stands_before_the_answer() -> None:
    passed, made = [shown(ASKED), shown(TOLD, Way.OUT)], decided()
    assert list(in_order(passed, [made])) == [passed[0], made, passed[1]]
