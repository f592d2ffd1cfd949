"""The feature of a presence agent: which contacts have it, and that it can be written."""

from __future__ import annotations

import re

import pytest

from hereabouts.sip.feature import PRESENCE_AGENT, is_presence_agent
from hereabouts.sip.headers.address import Address

CONTACTS = [
    (f"<sip:a@h>;{PRESENCE_AGENT}", True, "it says so"),
    (f"<sip:a@h>;expires=600;{PRESENCE_AGENT.upper()}", True, "names have no case"),
    ('<sip:a@h>;events="presence";methods="SUBSCRIBE"', False, "an able phone is no agent"),
    (f"<sip:a@h;x={PRESENCE_AGENT}>", False, "a parameter of the URI"),
    (f'<sip:a@h>;x="{PRESENCE_AGENT}"', False, "a value"),
]


@pytest.mark.parametrize(
    "contact, expected", [r[:2] for r in CONTACTS], ids=[r[2] for r in CONTACTS]
)
def test_a_contact_is_an_agent_only_if_it_says_so(contact: str, *, expected: bool) -> None:
    assert is_presence_agent(Address.parse(contact).parameters) is expected


def test_its_name_keeps_the_grammar() -> None:
    """RFC 3840 section 9: `other-tags` and `ftag-name`."""
    assert re.fullmatch(r"\+[A-Za-z][A-Za-z0-9!'.%-]*", PRESENCE_AGENT)
