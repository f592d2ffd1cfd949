"""Watchers' agents on a stage: a list, rules, and a server that says what the ladder says.

list   -> agent  ADD presentity=bob | REMOVE presentity=bob
rules  -> agent  SUBSCRIBING decision=reject because=no valid=300 expires=100 interval=600
rules  -> agent  SHOWING handling=suppress because=no valid=300 defer=30 interval=600
rules  -> agent  CHANGED | NONE                   they are asked again | there are none any more
watcher <- agent DISPLAYED presentity=bob state=active note=x withheld=why
server <- agent  SUBSCRIBE call=1 Expires=1000
server -> agent  200 Expires=1000
server -> agent  NOTIFY state=active note=x
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from hereabouts.base.journal import Silence
from hereabouts.base.units import NEVER, Moment, Timestamp
from hereabouts.presence.presentities import KIND, Listed
from hereabouts.presence.questions import (
    Decision,
    Handling,
    ShowAnswer,
    ShowQuestion,
    SubscribeAnswer,
    SubscribeQuestion,
)
from hereabouts.presence.steps import Step
from hereabouts.roles.build import finish
from hereabouts.roles.node import Node
from hereabouts.roles.watching import Watching
from hereabouts.sip.dialog import UnknownDialog
from hereabouts.sip.flow import Flow
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.message import Request
from hereabouts.sip.pace import Pace
from hereabouts.storage.memory import MemoryStore
from tests.ladders.player import Ladder, Sent
from tests.ladders.script import Note
from tests.roles.agent_stage import ALICE, AgentStage, CountedIds, Wire


class Rules:
    """`Questions` that are answered as the ladder says."""

    def __init__(self) -> None:
        self.subscribing: Note | None = None
        self.showing: Note | None = None
        self.asked: list[SubscribeQuestion] = []
        self.to_show: list[ShowQuestion] = []

    def has_rules(self) -> bool:
        return self.subscribing is not None or self.showing is not None

    def has_subscribing_rules(self, _presentity: str, _watcher: str) -> bool:
        return self.subscribing is not None

    def has_notifying_rules(self, _presentity: str, _watcher: str) -> bool:
        return self.showing is not None

    async def may_subscribe(self, question: SubscribeQuestion, now: Moment) -> SubscribeAnswer:
        self.asked.append(question)
        assert self.subscribing is not None
        fields = self.subscribing.fields
        return SubscribeAnswer(
            Decision(fields["decision"]),
            fields.get("because", ""),
            status=int(fields.get("status", "403")),
            min_interval=float(fields.get("interval", "0")),
            expires_at_most=int(fields["expires"]) if "expires" in fields else None,
            valid_until=_date(fields.get("valid"), now),
        )

    async def may_show(self, question: ShowQuestion, now: Moment) -> ShowAnswer:
        self.to_show.append(question)
        fields = self.showing.fields if self.showing is not None else {"handling": "deliver"}
        return ShowAnswer(
            Handling(fields["handling"]),
            fields.get("because", ""),
            defer=float(fields.get("defer", "0")),
            min_interval=float(fields.get("interval", "0")),
            valid_until=_date(fields.get("valid"), now),
        )


def _date(seconds: str | None, now: Moment) -> Timestamp:
    return NEVER if seconds is None else Timestamp(now.timestamp + float(seconds))


class WatchingStage(AgentStage):
    """The agents of Alice, on a node that does nothing else."""

    def __init__(self, *, most: int = 100) -> None:
        self.flow = Flow("TCP", "192.0.2.1", 5060, "192.0.2.9:5070")
        self.store = MemoryStore()
        self.rules = Rules()
        self.node = Node(self.store, CountedIds(), Silence(), secret=b"secret")
        self.node.application = self
        self.watching = Watching(
            self.node,
            CountedIds(),
            self.rules,  # type: ignore[arg-type]  # those that agents ask
            Pace(lifetime=1000),
            self._displayed,
            flow=self.flow,
            most=most,
        )
        self.sent_to: list[Flow] = []
        self.open_requests: list[Request] = []
        self._told: list[Sent[Wire]] = []
        self._calls: list[str] = []
        self._subscribe: dict[str, Request] = {}
        self._cseq = count(1)
        self._branches = count(1)
        self._is_blocked = False
        assert not list(
            self.store.changes(0, lambda key, entry, _: self.watching.changed(key, entry))
        )

    # -- Application

    def key(self, _request: Request) -> str:
        return ""

    async def serve(self, incoming: Incoming, now: Moment) -> None:
        if not self.watching.takes(incoming.request, incoming.sender):
            raise UnknownDialog
        self.watching.notified(incoming.request, now)
        self.node.endpoint.respond(incoming, 200, now)

    async def command(self, _line: bytes, _now: Moment) -> bytes:
        return b""

    def flow_lost(self, _flow: Flow, _now: Moment) -> None:
        """Nothing is lost here."""

    def work(self, now: Moment) -> bool:
        return self.watching.work(now)

    # -- Stage

    def say(self, peer: str, node: str, note: Note, now: Moment) -> Iterable[Sent[Wire]]:
        match peer, note.what:
            case "list", "ADD":
                key = (KIND, ALICE, _presentity(note))
                finish(self.store.put(key, Listed(added_at=now.timestamp), None))
            case "list", _:
                key = (KIND, ALICE, _presentity(note))
                entry = finish(self.store.get(key, now.timestamp))
                finish(self.store.delete(key, entry))
            case "rules", "SUBSCRIBING":
                self.rules.subscribing = note
            case "rules", "SHOWING":
                self.rules.showing = note
            case "rules", "NONE":
                self.rules.subscribing = self.rules.showing = None
            case "rules", _:
                self.watching.rules_changed(frozenset({ALICE}))
            case _:
                return super().say(peer, node, note, now)
        return self._sent(now)

    def _sent(self, now: Moment) -> list[Sent[Wire]]:
        sent: list[Sent[Wire]] = []
        while True:
            sent += super()._sent(now)
            due = self.node.next_deadline()
            if due is None or due > 0.0:
                return sent

    def _displayed(self, step: Step, presentity: str, watcher: str) -> None:
        assert (step, watcher) == (Step.DISPLAYED, ALICE)
        [row] = [row for row in self.rows() if row["presentity"] == presentity]
        fields = {
            "presentity": presentity.removeprefix("sip:").partition("@")[0],
            "state": str(row["state"]),
            "reason": str(row["reason"]).replace(" ", "-"),
            "note": str(row["note"] or "none"),
        }
        self._told.append(Sent("agent", "watcher", Note("DISPLAYED", fields)))

    def rows(self) -> list[dict[str, object]]:
        return self.watching.rows(ALICE)

    def withheld(self) -> object:
        """Why something is kept from Alice."""
        [row] = self.rows()
        return row["withheld"]


def _presentity(note: Note) -> str:
    return f"sip:{note.fields['presentity']}@example.com"


def begin(**options: int) -> tuple[Ladder[Wire], WatchingStage]:
    stage = WatchingStage(**options)
    return Ladder(stage), stage


def names(rows: Iterable[dict[str, object]]) -> Iterator[str]:
    return (str(row["presentity"]) for row in rows)
