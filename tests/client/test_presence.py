from __future__ import annotations

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.client.presence import presence_of
from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.sighting import Sighting
from hereabouts.presence.statement import Statement
from hereabouts.sip.headers.event import Substate

BOB = "sip:bob@example.com"
HERE = Statement(Basic.OPEN, "here", ("meeting",)).document(BOB)

TEXTS = [
    (Sighting(Substate.ACTIVE, "", HERE), f"{BOB} open meeting: here", "active"),
    (Sighting(Substate.ACTIVE), f"{BOB} unknown", "nothing shown yet"),
    (Sighting(Substate.PENDING), f"{BOB} unknown (pending)", "not decided yet"),
    (
        Sighting(Substate.TERMINATED, "rejected", HERE),
        f"{BOB} unknown (terminated: rejected)",
        "what was shown before counts no more",
    ),
    (Sighting(Substate.TERMINATED), f"{BOB} unknown (terminated)", "without a reason"),
]


@pytest.mark.parametrize(
    "sighting, text", [row[:2] for row in TEXTS], ids=[row[2] for row in TEXTS]
)
def test_a_presence_in_a_line(sighting: Sighting, text: str) -> None:
    assert str(presence_of(BOB, sighting, Timestamp(0.0))) == text


def test_its_parts() -> None:
    presence = presence_of(BOB, Sighting(Substate.ACTIVE, "odd", HERE), Timestamp(7.0))
    assert (presence.basic, presence.note) == (Basic.OPEN, "here")
    assert presence.activities == ("meeting",)
    assert presence.document is HERE
    assert presence.seen_at == 7.0
    assert presence.reason == ""  # only an end has a reason
