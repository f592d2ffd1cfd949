"""The policies that a presentities' agent obeys: whatever they have said is asked again in time."""

from __future__ import annotations

from hereabouts.base.units import Moment
from hereabouts.policy.stored import KIND
from hereabouts.presence.agent import PresenceAgent
from hereabouts.roles.policies import Policies
from hereabouts.roles.policy_source import Changed, PolicySource
from hereabouts.roles.stored_policies import StoredPolicies
from hereabouts.storage.interface import Entry, Key


class Ruled:
    """Plugs the policies of a node to its agent; `tell` hears too of whose may be others now."""

    def __init__(
        self,
        policies: Policies,
        agent: PresenceAgent,
        tell: Changed = lambda _owners, _now: None,
    ) -> None:
        self._policies = policies
        self._agent = agent
        self._tell = tell
        self._stored: StoredPolicies | None = None
        self.use(policies.source)

    def use(self, source: PolicySource) -> None:
        """Have the policies brought by this source from now on."""
        self._policies.source = source
        self._stored = source if isinstance(source, StoredPolicies) else None
        source.on_changed = self._rules_changed

    def changed(self, key: Key, entry: Entry | None, *, is_news: bool = True) -> None:
        """Take note of a change of the store; `is_news`: what was said before may hold no more."""
        if key[0] == KIND and self._stored is not None:
            self._stored.stored(key, entry, is_news=is_news)

    def work(self, now: Moment) -> None:
        """Tell the agent of what has changed since the last turn."""
        if self._stored is not None:
            self._stored.work(now)

    def _rules_changed(self, owners: frozenset[str] | None, now: Moment) -> None:
        self._policies.changed(owners)
        if owners is None:
            self._agent.review.doubt_everybody()
        else:
            for owner in owners:
                self._agent.review.doubt(owner)
        self._tell(owners, now)
