from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.policy import library
from hereabouts.policy.cpl.finding import Code, MalformedScript
from hereabouts.policy.decision import Operation
from hereabouts.policy.engine import Policy, decide
from hereabouts.policy.library import Kept, NoSuchPolicy, PolicyChanged
from hereabouts.policy.place import AFTER, BEFORE
from hereabouts.policy.point import Point
from hereabouts.policy.stored import (
    KIND,
    MAXIMUM_POLICIES,
    MalformedPolicy,
    StoredPolicy,
    TooManyPolicies,
)
from hereabouts.storage.interface import Conflict
from tests.contracts.backends import Backend, Far, Memory
from tests.policy.samples import NOW, TEN_MINUTES, WORKING_HOURS, facts, incoming

TOM = "sip:tom@example.com"
IN = Point.INCOMING_SUBSCRIPTION
HOURS = StoredPolicy(name="working hours", script=WORKING_HOURS.encode())
TEN = StoredPolicy(name="Every ten minutes", script=TEN_MINUTES.encode(), priority=5)
ALLOW = StoredPolicy(name="everybody", script=incoming("<p:allow/>").encode())


@pytest.fixture(params=[Memory, Far], ids=["memory", "far"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    made: Callable[[Path], Backend] = request.param
    each = made(tmp_path)
    yield each
    each.store.close()


def put(backend: Backend, policy_id: str, policy: StoredPolicy, owner: str = TOM) -> Kept:
    return backend.run(library.put(backend.store, owner, policy_id, policy, NOW))


def applicable(backend: Backend, point: Point = IN, now: Timestamp = NOW) -> tuple[Policy, ...]:
    return backend.run(library.applicable(backend.store, TOM, point, now))


def test_what_is_created_can_be_fetched(backend: Backend) -> None:
    kept = backend.run(library.create(backend.store, TOM, "hours", HOURS, NOW))
    assert [(each.code, each.line) for each in kept.findings] == [(Code.REFRESH, 8)]
    fetched = backend.run(library.fetch(backend.store, TOM, "hours", NOW))
    assert fetched.policy.script == HOURS.script
    assert fetched.policy.points == (IN,)
    assert fetched.entity_tag == kept.entity_tag


def test_what_is_there_is_not_created_again(backend: Backend) -> None:
    put(backend, "hours", HOURS)
    with pytest.raises(PolicyChanged, match="there is a policy 'hours' already"):
        backend.run(library.create(backend.store, TOM, "hours", HOURS, NOW))


def test_what_is_put_takes_the_place_of_what_was_there(backend: Backend) -> None:
    first = put(backend, "hours", HOURS)
    second = put(backend, "hours", TEN)
    fetched = backend.run(library.fetch(backend.store, TOM, "hours", NOW))
    assert fetched.policy.name == TEN.name
    assert fetched.entity_tag == second.entity_tag != first.entity_tag


def test_a_change_names_the_version_it_was_made_from(backend: Backend) -> None:
    tag = put(backend, "hours", HOURS).entity_tag
    changes = {"priority": 1}
    store = backend.store
    newer = backend.run(library.update(store, TOM, "hours", changes, NOW, if_match=tag))
    assert newer.policy.priority == 1
    for change in (
        library.update(store, TOM, "hours", changes, NOW, if_match=tag),
        library.put(store, TOM, "hours", HOURS, NOW, if_match=tag),
        library.put(store, TOM, "none", HOURS, NOW, if_match=tag),
        library.delete(store, TOM, "hours", NOW, if_match=tag),
    ):
        with pytest.raises(PolicyChanged) as refused:
            backend.run(change)
        assert refused.value.status == 412
    backend.run(library.delete(store, TOM, "hours", NOW, if_match=newer.entity_tag))


def test_what_is_not_there_cannot_be_fetched_changed_or_deleted(backend: Backend) -> None:
    put(backend, "hours", HOURS, owner="sip:alice@example.com")
    for call in (
        library.fetch(backend.store, TOM, "hours", NOW),
        library.update(backend.store, TOM, "hours", {}, NOW),
        library.delete(backend.store, TOM, "hours", NOW),
    ):
        with pytest.raises(NoSuchPolicy) as refused:
            backend.run(call)
        assert refused.value.status == 404


def test_what_is_deleted_is_gone(backend: Backend) -> None:
    put(backend, "hours", HOURS)
    backend.run(library.delete(backend.store, TOM, "hours", NOW))
    assert applicable(backend) == ()
    assert backend.run(library.search(backend.store, TOM, NOW)) == ()


def test_a_script_that_is_refused_is_not_kept(backend: Backend) -> None:
    with pytest.raises(MalformedScript):
        put(backend, "bad", StoredPolicy(name="bad", script=b"<cpl>"))
    with pytest.raises(MalformedPolicy):
        put(backend, "Bad Id", HOURS)
    put(backend, "hours", HOURS)
    with pytest.raises(MalformedScript):
        backend.run(library.update(backend.store, TOM, "hours", {"script": b"<cpl>"}, NOW))
    fetched = backend.run(library.fetch(backend.store, TOM, "hours", NOW))
    assert fetched.policy.script == HOURS.script


def test_there_are_so_many_for_one_point(backend: Backend) -> None:
    for number in range(MAXIMUM_POLICIES):
        put(backend, f"p{number}", ALLOW)
    with pytest.raises(TooManyPolicies):
        put(backend, "more", ALLOW)
    put(backend, "p0", HOURS)
    put(backend, "elsewhere", TEN)
    put(backend, "more", ALLOW, owner="sip:alice@example.com")


def test_a_change_that_others_overtake_is_begun_again() -> None:
    far = Far(Path())
    tag = put(far, "hours", HOURS).entity_tag
    far.far.inject_conflicts(1)
    with pytest.raises(Conflict):
        put(far, "hours", TEN)
    change = library.put(far.store, TOM, "hours", TEN, NOW, if_match=tag)
    assert far.run(change).policy.name == TEN.name


@pytest.mark.parametrize(
    "point, text, found",
    [
        pytest.param(None, "", ["ten", "hours"], id="all, by priority"),
        pytest.param(IN, "", ["hours"], id="by point"),
        pytest.param(None, "EVERY TEN", ["ten"], id="by name"),
        pytest.param(None, "Hour", ["hours"], id="by id"),
        pytest.param(None, "p:allow", ["hours"], id="by what is in the script"),
        pytest.param(Point.OUTGOING_NOTIFICATION, "p:allow", [], id="by both"),
    ],
)
def test_policies_are_searched_by_point_and_text(
    backend: Backend, point: Point | None, text: str, found: list[str]
) -> None:
    put(backend, "hours", HOURS)
    put(backend, "ten", TEN)
    put(backend, "other", TEN, owner="sip:alice@example.com")
    kept = backend.run(library.search(backend.store, TOM, NOW, point=point, text=text))
    assert [each.id for each in kept] == found


def test_those_that_apply_come_in_their_order(backend: Backend) -> None:
    put(backend, "low", ALLOW)
    put(backend, "high", StoredPolicy(name="h", script=ALLOW.script, priority=1))
    put(backend, "off", StoredPolicy(name="o", script=ALLOW.script, is_enabled=False))
    put(backend, "elsewhere", TEN)
    put(backend, "first", ALLOW, owner=BEFORE)
    put(backend, "last", ALLOW, owner=AFTER)
    put(backend, "alices", ALLOW, owner="sip:alice@example.com")
    assert [each.id for each in applicable(backend)] == ["first", "high", "low", "last"]


def test_a_policy_applies_within_its_dates(backend: Backend) -> None:
    dates = StoredPolicy(
        name="d",
        script=ALLOW.script,
        valid_from=Timestamp(NOW + 60),
        valid_until=Timestamp(NOW + 120),
    )
    put(backend, "dates", dates)
    assert [len(applicable(backend, now=Timestamp(NOW + each))) for each in (0, 60, 120)] == [
        0,
        1,
        0,
    ]
    (policy,) = applicable(backend, now=Timestamp(NOW + 60))
    assert policy.valid_until == NOW + 120


def test_what_applies_can_be_asked(backend: Backend) -> None:
    put(backend, "hours", HOURS)
    decision = decide(applicable(backend), facts(), NOW, default=Operation.CONFIRM)
    assert decision.operation is Operation.ALLOW


def test_a_script_that_this_version_cannot_run_is_not_passed_over(backend: Backend) -> None:
    """Another version may have kept it."""
    future = StoredPolicy(name="future", script=b"<cpl><warp/></cpl>", points=(IN,))
    backend.put((KIND, TOM, "future"), future)
    (policy,) = applicable(backend)
    assert policy.script is None
    decision = decide([policy], facts(), NOW, default=Operation.ALLOW)
    assert decision.operation is Operation.CONFIRM
