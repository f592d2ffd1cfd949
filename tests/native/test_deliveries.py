"""Watchers told, and their answers taken note of: the compiled notifier does as Python's."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from itertools import count, cycle, repeat
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.units import Instant, Moment
from hereabouts.native.choice import messages
from hereabouts.presence import notify
from hereabouts.presence.notify import NOWHEN, Delivery, Notifier, Wants
from hereabouts.presence.questions import Trigger
from hereabouts.presence.settlement import Settlement
from hereabouts.presence.subscription import SUBSTATES, Standing
from hereabouts.presence.terms import Terms
from hereabouts.presence.view import View
from hereabouts.sip.endpoint import TAKEN
from hereabouts.sip.flow import Flow
from hereabouts.sip.leaving import Told, User, Written
from tests.native.test_messages import unprepared
from tests.native.test_notifies import NOW, delivery
from tests.native.ways import Way, built

pytestmark = built

VIEW = View(b"<presence/>", b"seen")
MOMENT = Moment(Instant(5.0), NOW)
HELD = (b"", b"seen", b"other")


class Wire:
    """An endpoint that keeps what it is to send."""

    def __init__(self) -> None:
        self.on_taken: Callable[[list[User]], list[User]] = list
        self.written: list[tuple[str, Flow, bytes, str]] = []
        self.branches: Iterator[str] = map("z9hG4bK{}".format, count(1))

    def begin_all(self, method: str, written: list[Written], told: Told) -> None:
        """As `Endpoint.begin_all`."""
        assert method == "NOTIFY"
        assert callable(told)
        self.written += [(*each[:3], each[3].id) for each in written]


class Told_:  # noqa: N801 - not the one of `sip.leaving`
    """What a notifier has asked of its agent."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def wants(self) -> Wants:
        """Each of them noted."""

        def noted(what: str) -> Callable[..., None]:
            return lambda each, *_: self.said.append((what, each.id))

        return Wants(*map(noted, ("catch up", "ended", "parked", "later")))


class Played:
    """A notifier that serves deliveries, and all that became of them."""

    def __init__(self, given: list[Delivery], known: list[bool], ruled: list[bool] | None) -> None:
        self.deliveries = [msgspec.structs.replace(each) for each in given]
        self.wire, self.asked, self.settlement = Wire(), Told_(), Settlement()
        self.passed: list[str] = []
        self.notifier = Notifier(self.wire, self.settlement, 1, self.asked.wants())  # type: ignore[arg-type]
        self.notifier.pass_on = lambda each, _trigger: self.passed.append(each.id)
        names = {each.id for each, is_ruled in zip(given, ruled or (), strict=False) if is_ruled}
        self.notifier.has_rules = lambda: ruled is not None
        by_record = {id(each.subscription): each.id for each in self.deliveries}
        self.notifier.is_ruled = lambda record: by_record[id(record)] in names
        for each, is_known in zip(self.deliveries, known, strict=True):
            if is_known:
                self.notifier.deliveries[each.id] = each
            if each.owes:
                self.settlement.owe(each.owes)

    def outcome(self) -> list[object]:
        """All of it."""
        kept = [
            [getattr(each, name) for name in each.__struct_fields__] for each in self.deliveries
        ]
        return [kept, self.wire.written, self.asked.said, self.passed, self.settlement.watermark]


def _numbered(made: tuple[Delivery, ...]) -> list[Delivery]:
    return [msgspec.structs.replace(each, id=str(at)) for at, each in enumerate(made)]


def _delivery(record: dict[str, Any], dialog: dict[str, Any], kept: dict[str, Any]) -> Delivery:
    made = delivery(dialog, {}, kept.pop("cseq"), **record)
    return msgspec.structs.replace(made, **kept)


RECORDS = st.fixed_dictionaries({
    "standing": st.sampled_from(Standing),
    "terms": st.sampled_from([None, Terms(), Terms(min_interval=5.0)]),
})  # fmt: skip
DIALOGS = st.sampled_from([{}, {"route_set": ("<sip:proxy;lr>",)}])
KEPT = st.fixed_dictionaries({
    "cseq": st.sampled_from([0, 1, 2**31, 2**63 - 1, 2**64]),
    "owes": st.sampled_from([0, 3, 3, 4]),
    "shown": st.sampled_from(HELD),
    "in_flight": st.booleans(),
    "is_dirty": st.booleans(),
    "is_due": st.booleans(),
    "is_parked": st.booleans(),
    "parked_until": st.sampled_from([NOWHEN, NOWHEN, Instant(9.0)]),
})  # fmt: skip
DELIVERIES = st.lists(st.builds(_delivery, RECORDS, DIALOGS, KEPT), max_size=5).map(
    lambda made: _numbered(tuple(made))
)
FLAGS = st.lists(st.booleans(), min_size=5, max_size=5)

Play = Callable[[Played], None]


def _both(given: list[Delivery], known: list[bool], ruled: list[bool] | None, play: Play) -> None:
    outcomes = []
    for way in Way:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(notify, "native", messages if way is Way.NATIVE else None)
            played = Played(given, known[: len(given)], ruled)
            play(played)
            outcomes.append(played.outcome())
    assert outcomes[0] == outcomes[1]


@given(DELIVERIES, FLAGS, st.none() | FLAGS)
def test_a_change_is_spread_as_by_python(
    deliveries: list[Delivery], known: list[bool], ruled: list[bool] | None
) -> None:
    def play(played: Played) -> None:
        played.notifier.spread(played.deliveries, VIEW, Trigger.UPDATE, MOMENT)

    _both(deliveries, known, ruled, play)


@given(DELIVERIES, FLAGS)
def test_everybody_is_notified_as_by_python(deliveries: list[Delivery], known: list[bool]) -> None:
    def play(played: Played) -> None:
        other = View(b"other", b"other")
        told = zip(played.deliveries, cycle([VIEW, other]), strict=False)
        played.notifier.notify(told, MOMENT)
        for each in played.deliveries:
            played.notifier.notify_change(each, View(b"x", b"newer"), MOMENT)

    _both(deliveries, known, None, play)


@given(DELIVERIES, FLAGS)
def test_answers_are_taken_note_of_as_by_python(
    deliveries: list[Delivery], known: list[bool]
) -> None:
    def play(played: Played) -> None:
        told = played.notifier._answer  # noqa: SLF001 - by which the endpoint knows it
        users: list[User] = [(told, each) for each in played.deliveries]
        for each, subject in played.wire.on_taken(users):
            each(subject, TAKEN, MOMENT)

    _both(deliveries, known, None, play)


def test_the_usual_is_done_without_python() -> None:
    played = Played(_numbered((delivery({}, {}, 1), delivery({}, {}, 2))), [True, True], None)
    told = played.notifier._answer  # noqa: SLF001 - as above
    played.notifier.spread(played.deliveries, VIEW, Trigger.UPDATE, MOMENT)
    assert [each.cseq for each in played.deliveries] == [2, 3]
    assert all(each.in_flight and each.notified_at == NOW for each in played.deliveries)
    assert played.wire.on_taken([(told, each) for each in played.deliveries]) == []
    assert not any(each.in_flight for each in played.deliveries)


def test_what_was_owed_is_settled_behind_all_others() -> None:
    made = [delivery({}, {}, 1) for _ in range(3)]
    made[0].owes, made[1].owes, made[2].is_dirty = 4, 4, True
    played = Played(_numbered(tuple(made)), [True, True, True], None)
    told = played.notifier._answer  # noqa: SLF001 - as above
    users = played.wire.on_taken([(told, each) for each in played.deliveries])
    assert users[0] == (told, played.deliveries[2])
    assert [each.owes for each in played.deliveries] == [0, 0, 0]
    settle, counted = users[1]
    settle(counted, TAKEN, MOMENT)
    assert played.settlement.watermark == 4
    with pytest.raises(KeyError):
        settle(counted, TAKEN, MOMENT)


def test_what_was_taken_from_a_view_is_no_crash() -> None:
    assert messages is not None
    for name in ("body", "fingerprint"):
        view = View(b"<presence/>", b"seen")
        # Frozen: no statement takes anything from it.
        type(view).__dict__[name].__delete__(view)
        told = (delivery({}, {}, 1), view)
        assert messages.notify_usual(iter([told]), 1.0, repeat("b"), SUBSTATES, None, []) is told


def test_what_was_taken_from_a_delivery_is_no_crash() -> None:
    assert messages is not None
    for name in ("subscription", "id", "owes", "parked_until", "shown", "is_dirty", "in_flight"):
        one = delivery({}, {}, 1)
        key = one.id
        delattr(one, name)
        told = iter([(one, VIEW)])
        messages.notify_usual(told, float(NOW), repeat("b"), SUBSTATES, {key: one}, [])
        messages.settled([(print, one)], print, {key: one}, SUBSTATES, NOWHEN)


def test_others_are_told_one_by_one() -> None:
    assert messages is not None
    users: list[Any] = [(print, 1), (len, delivery({}, {}, 1)), (print, delivery({}, {}, 1))]
    assert messages.settled(users, print, {}, SUBSTATES, NOWHEN) == (users, {})


def test_without_names_nothing_is_written() -> None:
    assert messages is not None
    written: list[Any] = []
    told = iter([(delivery({}, {}, 1), VIEW)])
    with pytest.raises(StopIteration):
        messages.notify_usual(told, 1.0, iter([]), SUBSTATES, None, written)
    assert written == []


class Fault(Exception):
    """Something of ours went wrong."""


def test_what_was_written_before_a_fault_is_sent_and_what_stands_behind_is_left() -> None:
    played = Played(
        _numbered(tuple(delivery({}, {}, 1) for _ in range(3))), [True, True, True], None
    )

    def branches() -> Iterator[str]:
        yield "z9hG4bK1"
        raise Fault

    played.wire.branches = branches()
    left = iter(played.deliveries)
    with pytest.raises(Fault):
        played.notifier.spread(left, VIEW, Trigger.UPDATE, MOMENT)
    assert [each[3] for each in played.wire.written] == ["0"]
    assert [each.in_flight for each in played.deliveries] == [True, False, False]
    assert [each.id for each in left] == ["2"]


WRONG: list[tuple[str, tuple[Any, ...]]] = [
    ("notify_usual", ()),
    ("notify_usual", ([], 1.0, iter([]), {}, {}, [])),
    ("notify_usual", (iter([]), 1, iter([]), {}, {}, [])),
    ("notify_usual", (iter([]), 1.0, print, {}, {}, [])),
    ("notify_usual", (iter([]), 1.0, iter([]), [], {}, [])),
    ("notify_usual", (iter([]), 1.0, iter([]), {}, [], [])),
    ("notify_usual", (iter([]), 1.0, iter([]), {}, {}, ())),
    ("settled", ()),
    ("settled", ((), print, {}, {}, NOWHEN)),
    ("settled", ([], print, [], {}, NOWHEN)),
    ("settled", ([], print, {}, [], NOWHEN)),
]


@pytest.mark.parametrize("name, arguments", WRONG)
def test_what_is_wrong_is_refused(name: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError):
        getattr(messages, name)(*arguments)


def test_what_is_no_delivery_is_left_to_python() -> None:
    modules: list[Any] = [messages, unprepared()]
    for module in modules:
        odds: list[Any] = [object(), (), (object(), VIEW), (delivery({}, {}, 1), object())]
        odds.append((delivery({}, {}, 1), View("text", b"")))  # type: ignore[arg-type]
        for odd in odds:
            assert module.notify_usual(iter([odd]), 1.0, repeat("b"), SUBSTATES, None, []) is odd
        users = [(print, odds[0]), None, ()]
        assert module.settled(users, print, {}, SUBSTATES, NOWHEN) == (users, {})


def test_nothing_of_ours_is_held() -> None:
    assert messages is not None
    one = delivery({}, {}, 1)
    shared = (one, VIEW.body, SUBSTATES)
    gc.collect()
    before = [sys.getrefcount(each) for each in shared]
    for _ in range(1000):
        written: list[Any] = []
        told = iter([(one, VIEW)])
        messages.notify_usual(told, float(NOW), repeat("b"), SUBSTATES, None, written)
        assert len(written) == 1
        messages.settled([(print, one)], print, {one.id: one}, SUBSTATES, NOWHEN)
        assert not one.in_flight
    del written
    for each, held in zip(shared, before, strict=True):
        assert abs(sys.getrefcount(each) - held) < 50
