"""The policies of a node, plugged to its agent."""

from __future__ import annotations

from hereabouts.base.journal import Silence
from hereabouts.base.units import Moment
from hereabouts.policy.engine import Policy
from hereabouts.policy.point import Point
from hereabouts.policy.stored import KIND, StoredPolicy
from hereabouts.presence.watchers import Approvals
from hereabouts.roles.build import finish
from hereabouts.roles.policies import Policies
from hereabouts.roles.policy_source import Changed
from hereabouts.roles.ruled import Ruled
from hereabouts.roles.stored_policies import StoredPolicies
from hereabouts.sip.domains import Domains
from tests.presence.desk import ALICE, START, Desk

KEY = (KIND, ALICE, "hours")


class Elsewhere:
    """A source on another machine."""

    on_changed: Changed
    has_any = True

    async def applicable(self, owner: str, point: Point, now: Moment) -> tuple[Policy, ...]:
        return ()

    def may_apply(self, owner: str, point: Point) -> bool:
        return False


class Plugged:
    def __init__(self) -> None:
        self.desk = Desk()
        self.stored = StoredPolicies(self.desk.store, self.desk.deadlines)
        approvals = Approvals(self.desk.store, is_private=False)
        policies = Policies(
            self.stored, approvals, Domains(("example.com",)), Silence(), authentication="digest"
        )
        self.policies = policies
        self.told: list[frozenset[str] | None] = []
        self.ruled = Ruled(policies, self.desk.agent, lambda owners, _now: self.told.append(owners))
        self.doubted: list[str] = []
        review = self.desk.agent.review
        review.doubt = self.doubted.append  # type: ignore[method-assign,assignment]
        review.doubt_everybody = lambda: self.doubted.append("everybody")  # type: ignore[method-assign]

    def store_policy(self, *, is_news: bool = True) -> None:
        policy = StoredPolicy(name="hours", script=b"<cpl/>", points=(Point.INCOMING_SUBSCRIPTION,))
        entry = finish(self.desk.store.put(KEY, policy, None))
        self.ruled.changed(KEY, entry, is_news=is_news)
        self.ruled.work(START)


def test_whom_a_policy_concerns_is_asked_about_again() -> None:
    plugged = Plugged()
    plugged.store_policy()
    assert (plugged.doubted, plugged.told) == ([ALICE], [frozenset({ALICE})])
    assert plugged.policies.source.may_apply(ALICE, Point.INCOMING_SUBSCRIPTION)


def test_what_was_there_before_is_known_and_no_news() -> None:
    plugged = Plugged()
    plugged.store_policy(is_news=False)
    assert plugged.doubted == []
    assert plugged.policies.source.may_apply(ALICE, Point.INCOMING_SUBSCRIPTION)


def test_other_records_are_none_of_its_business() -> None:
    plugged = Plugged()
    plugged.ruled.changed(("approval", ALICE, "sip:bob@example.com"), None)
    plugged.ruled.work(START)
    assert plugged.doubted == []


def test_another_source_tells_of_its_own_changes() -> None:
    plugged, elsewhere = Plugged(), Elsewhere()
    plugged.ruled.use(elsewhere)
    plugged.store_policy()
    assert plugged.doubted == []
    elsewhere.on_changed(None, START)
    assert (plugged.doubted, plugged.told) == (["everybody"], [None])
    assert plugged.policies.source is elsewhere
