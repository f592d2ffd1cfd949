"""The watchers' agents (W-PAs) of a node: one for each row in the lists of its users.

They speak SIP to their own node, as phones of its users do, by the flow that never leaves it.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from itertools import islice

from hereabouts import __version__
from hereabouts.base.ids import Ids
from hereabouts.base.journal import Grade
from hereabouts.base.units import Moment
from hereabouts.presence.presentities import KIND
from hereabouts.presence.questions import Questions
from hereabouts.presence.steps import Tell
from hereabouts.presence.watching import Watch
from hereabouts.roles.node import Node
from hereabouts.roles.watcher_agent import Means, WatcherAgent
from hereabouts.sip.dialog import UnknownDialog
from hereabouts.sip.flow import WITHIN, Flow
from hereabouts.sip.message import Request
from hereabouts.sip.pace import Pace
from hereabouts.sip.requester import Account, Requester
from hereabouts.storage.interface import Entry, Key

SLICE = 16
"Watches begun between two looks at what arrives: each is a SUBSCRIBE, its answer and a NOTIFY."

MOST_WATCHED = 100_000
"Rows of all lists together that are watched."


class Watching:
    """All W-PAs of a node."""

    def __init__(
        self,
        node: Node,
        ids: Ids,
        questions: Questions,
        pace: Pace,
        tell: Tell | None = None,
        *,
        flow: Flow = WITHIN,
        most: int = MOST_WATCHED,
    ) -> None:
        self._node = node
        self._ids = ids
        self._questions = questions
        self.pace = pace
        self._tell = tell
        self._flow = flow
        self._most = most
        self._agents: dict[str, dict[str, WatcherAgent]] = {}  # by watcher and presentity
        self._means: dict[str, Means] = {}
        self._watchers: dict[str, dict[str, None]] = {}  # by presentity
        self._count = 0
        self._by_call_id: dict[str, Watch] = {}
        self._changed: deque[tuple[str, str, bool]] = deque()
        self._doubted: dict[str | None, None] = {}
        self._welcome: dict[tuple[str, str], None] = {}  # in the order in which they came

    # -- what the store tells

    def changed(self, key: Key, entry: Entry | None) -> None:
        """Take note of one change of the store: of a row of a list."""
        kind, watcher, presentity = key
        if kind == KIND:
            self._changed.append((watcher, presentity, entry is not None))

    def rules_changed(self, watchers: frozenset[str] | None) -> None:
        """The rules of these watchers may be others now; `None`: everybody's."""
        self._doubted |= dict.fromkeys(self._agents if watchers is None else watchers)

    def welcomes(self, presentity: str) -> None:
        """This presentity may let in by now whom it did not: its word, or its rules, are others."""
        watchers = self._watchers.get(presentity, ())
        self._welcome |= dict.fromkeys((watcher, presentity) for watcher in watchers)

    def work(self, now: Moment) -> bool:
        """Begin and end watches, a slice of them; whether some are left."""
        doubted, self._doubted = self._doubted, {}
        for watcher in doubted:
            for agent in self._agents.get(watcher or "", {}).values():
                agent.rules_changed(now)
        for _ in range(min(SLICE, len(self._changed))):
            watcher, presentity, is_listed = self._changed.popleft()
            if is_listed:
                self._begin(watcher, presentity, now)
            else:
                self._end(watcher, presentity, now)
        for watcher, presentity in list(islice(self._welcome, SLICE)):
            del self._welcome[watcher, presentity]
            refused = self._agents.get(watcher, {}).get(presentity)
            if refused is not None:
                refused.ask_again(now)
        return bool(self._changed or self._welcome)

    def _begin(self, watcher: str, presentity: str, now: Moment) -> None:
        agents = self._agents.setdefault(watcher, {})
        if presentity in agents:
            return
        if self._count >= self._most:
            self._node.journal.say(
                Grade.WARNING,
                "a presentity is not watched",
                watcher=watcher,
                presentity=presentity,
                fault=f"{self._most} are watched already",
            )
            return
        self._count += 1
        self._watchers.setdefault(presentity, {})[watcher] = None
        agents[presentity] = WatcherAgent(presentity, self._means_of(watcher))
        agents[presentity].begin(now)

    def _end(self, watcher: str, presentity: str, now: Moment) -> None:
        agents = self._agents.get(watcher, {})
        agent = agents.pop(presentity, None)
        if agent is not None:
            self._count -= 1
            self._forget(watcher, presentity)
            agent.end(now)
        if not agents and watcher in self._agents:
            del self._agents[watcher]
            del self._means[watcher]

    def _forget(self, watcher: str, presentity: str) -> None:
        watchers = self._watchers[presentity]
        del watchers[watcher]
        if not watchers:
            del self._watchers[presentity]

    def _means_of(self, watcher: str) -> Means:
        means = self._means.get(watcher)
        if means is None:
            account = Account(watcher, "")
            user_agent = f"hereabouts/{__version__}"
            node = self._node
            means = self._means[watcher] = Means(
                Requester(node.endpoint, self._ids, account, self._flow, user_agent=user_agent),
                node.deadlines,
                self._questions,
                self.pace,
                partial(node.run, f"watcher {watcher}"),
                self._by_call_id,
                self._tell,
            )
        return means

    # -- what comes in

    def takes(self, request: Request, sender: Flow) -> bool:
        """Whether this NOTIFY is for one of the agents here."""
        return sender == self._flow and request.call_id in self._by_call_id

    def notified(self, request: Request, now: Moment) -> None:
        """Take a NOTIFY; it is to be answered 200.

        Raises:
            UnknownDialog: it belongs to no subscription that is left.
            Refusal: it cannot be taken; says why.
        """
        watch = self._by_call_id.get(request.call_id)
        if watch is None:
            raise UnknownDialog
        watch.notified(request, now)

    # -- for people

    def rows(self, watcher: str) -> list[dict[str, object]]:
        """What this watcher sees of each presentity of his list now."""
        return [agent.row() for agent in self._agents.get(watcher, {}).values()]
