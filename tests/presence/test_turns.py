"""Whatever happens in whichever turns: at last everybody was told how he stands, and no more."""

from __future__ import annotations

from enum import Enum, auto

from hypothesis import given, settings
from hypothesis import strategies as st

from hereabouts.presence.agent import Rules
from hereabouts.presence.subscription import Happening
from hereabouts.roles.build import finish
from hereabouts.sip.message import Request
from tests.presence.desk import ALICE, Desk, document, tag_of

EXAMPLES = 300


class Do(Enum):
    """What may happen; several of them in one turn."""

    SUBSCRIBE = auto()
    REFRESH = auto()
    LEAVE = auto()
    PUBLISH_OPEN = auto()
    PUBLISH_CLOSED = auto()
    REJECT = auto()
    BLOCK = auto()
    ALLOW = auto()
    ANSWER = auto()
    REFUSE = auto()


HAPPENINGS = {
    Do.REJECT: Happening.REJECTED,
    Do.BLOCK: Happening.POLITELY_BLOCKED,
    Do.ALLOW: Happening.ALLOWED,
}


Turn = list[tuple[Do, int]]
"What happens in one turn, and to which of them."


class Played:
    """A presentity, those who watch her, and what each of them was told last."""

    def __init__(self, interval: float) -> None:
        self.desk = Desk(Rules(notify_interval=interval))
        self.last: dict[str, Request] = {}
        self.ends: list[str] = []
        "Whoever was told the end, once for each time."
        self.tags: list[str] = []
        self._under_way: list[Request] = []
        self._entity_tag: dict[str, str] = {}

    def do(self, what: Do, which: int) -> None:
        """Let it happen to one of them."""
        match what:
            case Do.SUBSCRIBE:
                self.tags.append(self._ask())
            case Do.REFRESH | Do.LEAVE:
                self._ask_again(which, "0" if what is Do.LEAVE else "600")
            case Do.PUBLISH_OPEN | Do.PUBLISH_CLOSED:
                basic = "open" if what is Do.PUBLISH_OPEN else "closed"
                answer = self.desk.publish(document(basic), **self._entity_tag)
                self._entity_tag = {"SIP_If_Match": answer.headers["sip-etag"][0]}
            case Do.ANSWER | Do.REFUSE:
                if self._under_way:
                    notify = self._under_way.pop(which % len(self._under_way))
                    self._answer(notify, 200 if what is Do.ANSWER else 500)
            case _:
                self._move(which, HAPPENINGS[what])

    def turn(self, steps: Turn) -> None:
        """Let all of this happen in one turn."""
        for step in steps:
            self.do(*step)
        self._end_turn()

    def come_to_rest(self) -> None:
        """Answer all, until there is nothing more to say."""
        for _ in range(4):
            for _ in range(5):
                self._end_turn()
                while self._under_way:
                    self._answer(self._under_way.pop(), 200)
            self.desk.wait(4.0)
        assert not self._under_way

    def _ask(self, tag: str = "", expires: str = "600") -> str:
        headers = {"Event": "presence", "Contact": "<sip:bob@192.0.2.2>", "Expires": expires}
        if tag:
            headers["To"] = f"<{ALICE}>;tag={tag}"
        return tag_of(self.desk.ask("SUBSCRIBE", headers))

    def _ask_again(self, which: int, expires: str) -> None:
        known = self.desk.agent.notifier.deliveries
        there = [tag for tag, each in known.items() if not each.subscription.is_over]
        if there:
            self._ask(there[which % len(there)], expires)

    def _move(self, which: int, happening: Happening) -> None:
        known = list(self.desk.agent.notifier.deliveries.values())
        if known:
            finish(self.desk.agent.move(known[which % len(known)], happening, self.desk.now))

    def _end_turn(self) -> None:
        self.desk.work()
        for notify in self.desk.notifies():
            self._under_way.append(notify)
            tag = notify.headers["from"][0].partition(";tag=")[2]
            self.last[tag] = notify
            if self._state(tag) == "terminated":
                self.ends.append(tag)

    def _answer(self, notify: Request, status: int) -> None:
        self.desk.answer(status, notify)

    def _state(self, tag: str) -> str:
        return self.last[tag].headers["subscription-state"][0].partition(";")[0]

    def check(self) -> None:
        """Each has the newest that he may see; whoever is gone was told so, once."""
        agent = self.desk.agent
        known = agent.notifier.deliveries
        for tag in self.tags:
            assert tag in self.last, "never told"
            if tag not in known:
                assert self._state(tag) == "terminated", "gone without a word"
                continue
            standing = known[tag].subscription.standing
            view = finish(agent.views.of(ALICE, standing, self.desk.now))
            assert self.last[tag].body == view.body, f"{standing.name} has seen something else"
            assert not known[tag].owes
        assert len(self.ends) == len(set(self.ends)), "told the end twice"
        newest = agent.settlement.watermark
        agent.settlement.owe(newest + 1)
        assert agent.settlement.watermark == newest, "something is owed still"


TURNS = st.lists(
    st.lists(st.tuples(st.sampled_from(Do), st.integers(0, 5)), min_size=1, max_size=6),
    min_size=3,
    max_size=20,
)


@settings(max_examples=EXAMPLES)
@given(TURNS, st.sampled_from([0.0, 3.0]))
def test_at_last_everybody_knows_how_he_stands(turns: list[Turn], interval: float) -> None:
    played = Played(interval)
    for turn in turns:
        played.turn(turn)
    played.come_to_rest()
    played.check()
