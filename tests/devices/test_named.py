"""Devices by the names that users write."""

from __future__ import annotations

import pytest

from hereabouts.base.journal import Silence
from hereabouts.devices.named import BadDevice, device_named, devices_named


def test_each_device_has_its_word() -> None:
    devices = devices_named(["file:/a", "file:/b", "manual:open: here"], Silence())
    assert [device.name for device in devices] == ["file:/a", "file:/b", "manual"]
    assert len({device.slot for device in devices}) == 3


WRONG = [
    ("phone:1", "write one of file:PATH, manual:open: a note", "no such device"),
    ("/var/presence", "write one of file:PATH", "a path alone"),
    ("file:", "--device file:: it names no file", "no path"),
    ("manual:perhaps", "--device manual:perhaps: line 1", "words that say nothing"),
]


@pytest.mark.parametrize("text, told", [row[:2] for row in WRONG], ids=[row[2] for row in WRONG])
def test_what_is_no_device_is_refused(text: str, told: str) -> None:
    with pytest.raises(BadDevice) as caught:
        device_named(text, Silence())
    assert told in str(caught.value)


def test_one_device_is_not_given_twice() -> None:
    with pytest.raises(BadDevice, match="given twice"):
        devices_named(["manual:open", "manual:closed"], Silence())
