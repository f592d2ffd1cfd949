"""What a change of the store is to a presentity's watchers: something new, or an update of it.

They are two of the three causes of a notification that the thesis names (section 3.2.3).
"""

from __future__ import annotations

from hereabouts.presence.pua import Observation
from hereabouts.presence.publication import Publication
from hereabouts.presence.questions import Trigger
from hereabouts.sip.registrar import Bindings
from hereabouts.storage.interface import Entry


def cause_of(slot: str, entry: Entry | None) -> Trigger:
    """What a change is for, of a publication, a registration or a device, by what is there now.

    `slot` is its id. What ends is an update.
    """
    record = entry.record if entry is not None else None
    match record:
        case Publication(body=body, request=request):
            is_new = bool(body) and request == slot  # the slot has its name from the first PUBLISH
        case Bindings(is_first=is_new) | Observation(is_first=is_new):
            pass
        case _:
            is_new = False
    return Trigger.REGISTRATION if is_new else Trigger.UPDATE
