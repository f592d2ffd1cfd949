from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import pytest

from hereabouts.base.journal import Grade
from hereabouts.demo.stage import Event, Stage, password
from hereabouts.demo.story import DemoFailed
from hereabouts.roles.node import Way
from hereabouts.sip.flow import LOCAL, Flow
from tests.sip.packets import request, response

HOSTS = {"127.0.0.11": "A", "127.0.0.12": "B"}
TO_A, TO_B = (Flow("TCP", host, 5060, "") for host in HOSTS)
AT_HOME = Flow("TCP", "127.0.0.1", 40_000, "")
SUBSCRIBE = request("SUBSCRIBE")


def heard(stage: Stage) -> list[Event]:
    """What it has heard so far."""

    async def drain() -> list[Event]:
        stage.say(Event(("end",)))
        found = []
        while (event := await stage.next(("end",))).cue != ("end",):
            found.append(event)
        return found

    return asyncio.run(drain())


def test_a_server_is_seen_to_send_to_those_who_have_an_address() -> None:
    stage = Stage(HOSTS)
    tap = stage.server("A")
    tap(Way.OUT, SUBSCRIBE, TO_B)
    tap(Way.IN, SUBSCRIBE, TO_B)
    tap(Way.OUT, SUBSCRIBE, AT_HOME)
    tap(Way.OUT, SUBSCRIBE, Flow(LOCAL, "within.invalid", 5060, ""))
    [event] = heard(stage)
    assert event.cue == ("SUBSCRIBE", "A", "B")
    assert event.text == "SUBSCRIBE"
    assert ("To", "<sip:bob@example.com>") in event.fields


def test_an_agent_is_seen_to_send_and_to_receive() -> None:
    stage = Stage(HOSTS)
    tap = stage.agent("Bob")
    tap(Way.OUT, SUBSCRIBE, TO_A)
    tap(Way.IN, response(SUBSCRIBE, 200), TO_A)
    assert [event.cue for event in heard(stage)] == [
        ("SUBSCRIBE", "Bob", "A"),
        ("answer SUBSCRIBE", "A", "Bob"),
    ]


POLICY = {
    "point": "incoming-subscription",
    "owner": "sip:o@b",
    "presentity": "sip:o@b",
    "watcher": "sip:w@a",
}
TOLD = [
    ("1", "asks", "asks", (("point", "incoming-subscription"), ("of", "sip:o@b")), "the question"),
    ("3", "this one", "this one", (), "what was found"),
    ("4", "Because.", "obeys: allow", (("about", "sip:w@a"), ("because", "Because.")), "the end"),
]


@pytest.mark.parametrize(
    "step, text, shown, fields", [row[:4] for row in TOLD], ids=[row[4] for row in TOLD]
)
def test_what_a_node_decides_it_tells_its_journal(
    step: str, text: str, shown: str, fields: tuple[tuple[str, str], ...]
) -> None:
    stage = Stage(HOSTS)
    told = {**POLICY, "step": int(step), "text": text, "decision": "allow"}
    stage.journal("P-PA").say(Grade.DEBUG, "policy", **told)
    assert heard(stage) == [Event(("incoming-subscription", step, "P-PA"), shown, fields)]


def test_what_happens_inside_of_a_node_it_tells_its_journal() -> None:
    stage = Stage(HOSTS)
    journal = stage.journal("P-PA")
    journal.say(Grade.DEBUG, "presence step", step="fetches", presentity="sip:o@b")
    journal.say(Grade.DEBUG, "the policy server answers")
    assert [event.cue for event in heard(stage)] == [
        ("fetches", "P-PA"),
        ("the policy server answers", "P-PA"),
    ]


def test_with_a_stamp_each_event_tells_when_it_was() -> None:
    stage = Stage(HOSTS, lambda: "Tue 17:00:00")
    stage.say(Event(("x",), fields=(("a", "b"),)))
    [event, _] = [*heard(stage), None]
    assert event is not None
    assert event.fields == (("at", "Tue 17:00:00"), ("a", "b"))


def run(test: Coroutine[None, None, None]) -> None:
    asyncio.run(test)


def test_what_is_waited_for_lets_everything_before_it_pass() -> None:
    async def test() -> None:
        stage = Stage(HOSTS)
        for name in "abcd":
            stage.say(Event((name,)))
        await stage.wait_for(("a",), ("c",))
        assert (await stage.next(("d",))).cue == ("d",)
        stage.say(Event(("e",)))
        stage.clear()
        stage.say(Event(("f",)))
        assert (await stage.next(("f",))).cue == ("f",)

    run(test())


def test_what_does_not_come_is_told_with_what_was_wrong() -> None:
    async def test() -> None:
        stage = Stage(HOSTS, patience=0.0)
        stage.journal("A").say(Grade.WARNING, "trouble", fault="no way there")
        stage.clear()
        await stage.wait_for(("NOTIFY", "A", "B"))

    with pytest.raises(DemoFailed) as failed:
        run(test())
    assert str(failed.value) == (
        "the demo stopped: NOTIFY (A, B) did not come within 0 s; A: trouble: no way there"
    )


def test_no_password_is_like_another() -> None:
    assert password() != password()
    assert len(password()) >= 16
