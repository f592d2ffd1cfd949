"""A whole node lives through what strangers, phones that err, operators and time do to it.

Nothing but `Malformed` comes out of it, it never answers 500, and afterwards it is there.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hereabouts.storage.interface import StoreUnavailable
from tests.fuzz.lab import Lab
from tests.fuzz.targets import COMMANDS
from tests.interop.spoilt import ANYWHERE, SEEDS, SHAPED, Spoil, apply

DAMAGES = st.lists(ANYWHERE | SHAPED, max_size=3)

EVENTS = st.one_of(
    st.tuples(st.just("message"), st.sampled_from(SEEDS), DAMAGES, st.sampled_from(["UDP", "TCP"])),
    st.tuples(st.just("answer"), st.sampled_from([100, 200, 401, 481, 503, 600]), DAMAGES),
    st.tuples(st.just("command"), st.sampled_from(COMMANDS), DAMAGES),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 5.0, 40.0, 700.0, 4000.0])),
    st.tuples(st.sampled_from(["lose", "fail"])),
)
"What happens to a node."

STORIES = st.lists(EVENTS, min_size=1, max_size=12)


def tell(lab: Lab, story: list[tuple[object, ...]]) -> None:
    for number, event in enumerate(story):
        match event:
            case ("message", str(text), list(damages), str(transport)):
                lab.receive(apply(damages, lab.write(text, transport, number)), transport)
            case ("answer", int(status), list(damages)):
                lab.receive(apply(damages, lab.answer(status)))
            case ("command", bytes(line), list(damages)):
                lab.command(apply(damages, line))
            case ("wait", float(seconds)):
                lab.wait(seconds)
            case ("lose",):
                lab.lose()
            case ("fail",):
                lab.store.fail_next_turn(StoreUnavailable("the disk is full", "make room"))
    lab.check()


@pytest.mark.parametrize("profile", ["open", "private"])
@settings(max_examples=150)
@given(story=STORIES)
def test_a_node_that_believes_everybody_lives_on(
    profile: str, story: list[tuple[object, ...]]
) -> None:
    tell(Lab(profile=profile), story)


@settings(max_examples=100)
@given(story=STORIES)
def test_a_node_that_asks_for_passwords_lives_on(story: list[tuple[object, ...]]) -> None:
    tell(Lab(auth="digest"), story)


@settings(max_examples=100)
@given(
    damages=st.lists(ANYWHERE | SHAPED, min_size=1, max_size=3), status=st.sampled_from([200, 481])
)
def test_a_damaged_answer_to_a_notify_is_survived(damages: list[Spoil], status: int) -> None:
    lab = Lab()
    for number, text in enumerate(SEEDS[:4]):
        lab.receive(lab.write(text, "UDP", number))
        assert lab.asked
        lab.receive(apply(damages, lab.answer(status)))
    lab.wait(700.0)
    lab.check()


@pytest.mark.soak
@settings(max_examples=20_000)
@given(story=STORIES)
def test_a_node_lives_on_for_long(story: list[tuple[object, ...]]) -> None:
    tell(Lab(), story)


# --- the lab itself: a test that finds nothing must be one that could


def test_undamaged_messages_are_read_far() -> None:
    lab = Lab()
    answered = [lab.receive(lab.write(text, "UDP", place)) for place, text in enumerate(SEEDS)]
    statuses = {payload[8:11] for said in answered for payload in said if payload[:4] == b"SIP/"}
    assert {b"200", b"400", b"420", b"481"} <= statuses
    assert len(lab.asked) > 5
    assert {packet.partition(b" ")[0] for _, packet in lab.asked} == {b"NOTIFY", b"INVITE"}


def test_a_fault_of_the_program_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("hereabouts.roles.server.handle_subscribe", fails)
    lab = Lab()
    with pytest.raises(AssertionError, match="500"):
        lab.receive(lab.write(SEEDS[0], "UDP", 1))
    with pytest.raises(AssertionError):
        lab.check()
