"""What happens between a device and its watchers, step by step, for whoever wants to see it."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum


class Step(Enum):
    """A step of a registration or an update, in the order in which they come."""

    DEVICE_CHANGED = "device_changed"
    "A PUA has read something new from its device, and recorded it."
    PUA_INFORMED = "pua_informed"
    "The PUA has informed its P-PA beside it."
    REGISTRAR_SAVED = "registrar_saved"
    "A publication or a registration is in the registrar's database."
    AGENT_INFORMED = "agent_informed"
    "The registrar has informed the P-PA."
    FETCHES = "fetches"
    "The P-PA asks for what there is to know of the presentity."
    FETCHED = "fetched"
    "It has it."
    DISPLAYED = "displayed"
    "A W-PA shows its watcher what it has heard of the presentity."


Tell = Callable[[Step, str, str], None]
"""Called with a step, the presentity, and which of its parts it is about: a publication, a device,
a watcher (empty: all)."""
