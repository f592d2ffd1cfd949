"""A device by the name that its user writes."""

from __future__ import annotations

from collections.abc import Iterable

from hereabouts.base.journal import Journal
from hereabouts.base.refusal import Malformed
from hereabouts.devices import DEVICES
from hereabouts.presence.pua import Device


class BadDevice(Malformed):
    """A name that is no device's; says what to write instead."""


def device_named(text: str, journal: Journal) -> Device:
    """The device that a user means by `file:PATH` or `manual:open: at my desk`.

    What is wrong with it later is said to `journal`.

    Raises:
        BadDevice: there is no such device.
    """
    kind, _, rest = text.partition(":")
    make = DEVICES.get(kind)
    if make is None:
        raise BadDevice(f"{text!r} is no device; write one of {', '.join(_forms())}")
    try:
        return make(rest, journal)
    except Malformed as fault:
        raise BadDevice(f"--device {text}: {fault}") from None


def devices_named(texts: Iterable[str], journal: Journal) -> tuple[Device, ...]:
    """All the devices of one user, in his order.

    Raises:
        BadDevice: one is none, or is there twice.
    """
    found: dict[str, Device] = {}
    for text in texts:
        device = device_named(text, journal)
        if found.setdefault(device.slot, device) is not device:
            raise BadDevice(f"--device {text}: it is given twice; leave one of them out")
    return tuple(found.values())


def _forms() -> Iterable[str]:
    forms = {"file": "file:PATH"}
    return [forms.get(kind, f"{kind}:open: a note") for kind in DEVICES]
