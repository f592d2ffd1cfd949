"""Figure 3.7 between real nodes: each message has the fields that the thesis' tables list.

Left out of table 3.2 is Event: RFC 6665 section 8.2.1 has it in no response to a SUBSCRIBE. To and
From, which the tables swap in places, follow the dialog (RFC 3261 section 12).
"""

from __future__ import annotations

import re

import pytest

from hereabouts.demo import STORIES
from hereabouts.demo.figure_3_7 import FIGURE_3_7, PRESENCE, PUA, WATCHER
from hereabouts.demo.story import Step
from tests.demo import playing

DIALOG = ["Via", "To", "From", "Call-ID", "CSeq"]
NOTIFY = [
    *DIALOG, "Max-Forwards", "Event", "Subscription-State", "Contact", "Content-Type",
    "Content-Length", "PIDF",
]  # fmt: skip
SUBSCRIBE = [
    *DIALOG, "Max-Forwards", "Event", "Accept", "Contact", "Expires", "Content-Length",
]  # fmt: skip
ACCEPTED = [*DIALOG, "Contact", "Expires", "Content-Length"]
URI = "sip:presentityResource@example.com"

TABLES = [
    ("3.1", "F1 SIP SUBSCRIBE", WATCHER, rf"SUBSCRIBE {URI} SIP/2\.0", SUBSCRIBE),
    ("3.2", "F2 SIP 200 OK", PRESENCE, r"SIP/2\.0 200 OK", ACCEPTED),
    ("3.3", "F3 SIP NOTIFY", PRESENCE, r"NOTIFY sip:\S+ SIP/2\.0", NOTIFY),
    ("3.4", "F4 SIP 200 OK", WATCHER, r"SIP/2\.0 200 OK", [*DIALOG, "Content-Length"]),
    ("3.5", "F5 SIP NOTIFY", PRESENCE, r"NOTIFY sip:\S+ SIP/2\.0", NOTIFY),
    ("3.6", "F6 SIP 200 OK", WATCHER, r"SIP/2\.0 200 OK", [*DIALOG, "Content-Length"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    return playing.steps(playing.played(FIGURE_3_7))


def messages(steps: list[Step]) -> list[Step]:
    return [step for step in steps if step.label.startswith("F")]


def field(step: Step, name: str) -> str:
    [value] = [value for known, value in step.fields if known == name]
    return value


def test_it_is_one_of_the_demos() -> None:
    assert STORIES["figure-3.7"] is FIGURE_3_7


def test_its_steps_come_in_the_order_of_the_figure(steps: list[Step]) -> None:
    others = [(step.sender, step.receiver) for step in steps if step not in messages(steps)]
    assert [step.label[:2] for step in messages(steps)] == ["F1", "F2", "F3", "F4", "F5", "F6"]
    assert others == [(PUA, PRESENCE)] * 2
    assert [place for place, step in enumerate(steps) if step.sender == PUA] == [0, 5]


@pytest.mark.parametrize("place", range(6), ids=[f"table {row[0]}" for row in TABLES])
def test_each_message_has_the_fields_of_its_table(steps: list[Step], place: int) -> None:
    _, label, sender, first, names = TABLES[place]
    step = messages(steps)[place]
    assert (step.label, step.sender) == (label, sender)
    assert step.receiver == {WATCHER: PRESENCE, PRESENCE: WATCHER}[sender]
    assert step.fields[0][0] == ""
    assert re.fullmatch(first, step.fields[0][1])
    assert [name for name, _ in step.fields[1:]] == names
    assert all(value for _, value in step.fields)
    assert field(step, "Via").startswith("SIP/2.0/TCP ")


def test_they_are_one_dialog(steps: list[Step]) -> None:
    f1, f2, f3, f4, f5, f6 = messages(steps)
    assert {field(step, "Call-ID") for step in (f1, f2, f3, f4, f5, f6)} == {field(f1, "Call-ID")}
    for notify, answer in ((f3, f4), (f5, f6)):
        assert field(notify, "From") == field(f2, "To")
        assert field(notify, "To") == field(f1, "From")
        assert field(answer, "CSeq") == field(notify, "CSeq")
    counts = [int(field(step, "CSeq").partition(" ")[0]) for step in (f3, f5)]
    assert counts[1] == counts[0] + 1
    assert field(f1, "Event") == field(f3, "Event") == field(f5, "Event") == "presence"


def test_the_watcher_sees_what_the_pua_said(steps: list[Step]) -> None:
    _, _, f3, _, f5, _ = messages(steps)
    assert field(f3, "PIDF") == f"{URI} is closed - not at the desk"
    assert field(f5, "PIDF") == f"{URI} is open - back at the desk"
    assert field(f3, "Content-Type") in field(messages(steps)[0], "Accept")
    assert field(f5, "Subscription-State").startswith("active;expires=")
