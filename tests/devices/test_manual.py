"""A choice made by a person."""

from __future__ import annotations

import pytest

from hereabouts.base.journal import Silence
from hereabouts.devices.manual import ManualDevice
from hereabouts.devices.words import BadWords
from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.statement import Statement

HERE = Statement(Basic.OPEN, "here")
AWAY = Statement(Basic.CLOSED, "away")


def test_the_first_choice_counts_until_another_was_made() -> None:
    device = ManualDevice.named("open: here", Silence())
    assert device.read(None) == HERE
    assert device.read(AWAY) == AWAY


def test_before_any_choice_nothing_is_said() -> None:
    assert ManualDevice.named("", Silence()).read(None) is None


def test_a_first_choice_that_says_nothing_is_refused() -> None:
    with pytest.raises(BadWords):
        ManualDevice.named("perhaps", Silence())
