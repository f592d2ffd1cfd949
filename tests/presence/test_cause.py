from __future__ import annotations

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.presence.cause import cause_of
from hereabouts.presence.pua import Observation
from hereabouts.presence.publication import Publication
from hereabouts.presence.questions import Trigger
from hereabouts.presence.statement import Statement
from hereabouts.sip.registrar import Bindings
from hereabouts.storage.interface import Entry, Record

SLOT = "slot"
SAID = Observation(said=Statement(), since=Timestamp(0.0))


def published(request: str, body: bytes = b"<presence/>") -> Publication:
    return Publication(body=body, request=request)


CAUSES = [
    (published(SLOT), Trigger.REGISTRATION, "a first PUBLISH gives the slot its name"),
    (published("other"), Trigger.UPDATE, "a later one has another name"),
    (published(SLOT, b""), Trigger.UPDATE, "a first one that says nothing shows nothing"),
    (Bindings(is_first=True), Trigger.REGISTRATION, "there was no contact"),
    (Bindings(), Trigger.UPDATE, "one more, one less, or a refresh"),
    (
        Observation(said=SAID.said, since=SAID.since, is_first=True),
        Trigger.REGISTRATION,
        "a device says something for the first time",
    ),
    (SAID, Trigger.UPDATE, "it says something else"),
    (None, Trigger.UPDATE, "what ends is known no more"),
]


@pytest.mark.parametrize(
    "record, expected", [each[:2] for each in CAUSES], ids=[each[2] for each in CAUSES]
)
def test_what_a_change_is_for(record: Record | None, expected: Trigger) -> None:
    assert cause_of(SLOT, Entry(record, 1) if record is not None else None) is expected
