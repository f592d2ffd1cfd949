"""`edge set` and `edge show`."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest

from hereabouts.base.deadlines import Deadlines
from hereabouts.devices.manual import ManualDevice
from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.pua import Device, Puas
from hereabouts.presence.statement import Statement
from hereabouts.roles.build import finish
from hereabouts.roles.choices import Choices
from hereabouts.roles.commands import CommandRefused
from hereabouts.storage.memory import MemoryStore
from tests.ladders.edge_stage import ALICE, Phone
from tests.ladders.player import START


class Asked:
    """An edge's devices, and commands to it."""

    def __init__(self) -> None:
        phone = Phone()
        phone.said = Statement(Basic.CLOSED, "idle", ("away",))
        devices: list[Device] = [phone, ManualDevice()]
        puas = Puas(ALICE, devices, MemoryStore(), Deadlines(), lambda _key, start: finish(start()))
        puas.begin(START)
        self._table = Choices(ALICE, puas).table

    def __call__(self, command: str, /, **arguments: object) -> Any:  # noqa: ANN401 - its
        answered = self._table[command](arguments, START)
        assert isinstance(answered, Coroutine)
        return finish(answered)


def test_what_is_chosen_is_answered_and_shown_among_the_devices() -> None:
    ask = Asked()
    chosen = {"basic": "open", "note": "here", "activities": ("meeting",)}
    assert ask("edge set", basic="open", note="here", activities=["meeting"]) == {
        "presentity": ALICE,
        **chosen,
    }
    since = {"since": START.timestamp}
    idle = {"basic": "closed", "note": "idle", "activities": ("away",)}
    assert ask("edge show") == {
        "presentity": ALICE,
        "devices": [{"device": "phone", **idle, **since}, {"device": "manual", **chosen, **since}],
    }


def test_a_device_that_says_nothing_is_shown_as_such() -> None:
    nothing = {"basic": None, "note": "", "activities": (), "since": None}
    assert Asked()("edge show")["devices"][1] == {"device": "manual", **nothing}


def test_a_choice_without_a_status_is_one() -> None:
    assert Asked()("edge set", basic=None, note="only words")["basic"] is None


WRONG = [
    ({"basic": "busy"}, "basic is neither open nor closed; write one of them"),
    ({}, "it says nothing; write a line such as open: at my desk"),
    ({"note": "\0"}, "note is no text that can be shown; write a few words in quotes"),
]


@pytest.mark.parametrize("arguments, told", WRONG)
def test_what_says_nothing_is_refused(arguments: dict[str, object], told: str) -> None:
    with pytest.raises(CommandRefused) as caught:
        Asked()("edge set", **arguments)
    assert str(caught.value) == told
