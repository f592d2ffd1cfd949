"""What a log may show of text that strangers have written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.discretion import discreet, on_lines

HASH = "0123456789abcdef0123456789abcdef"
SECRET = [
    ("Authorization: Digest username=x, response=y", "Authorization: ***", "a header"),
    ("'Proxy-Authorization Basic YWxp' is no header", "'Proxy-Authorization ***", "one misspelt"),
    ("{'authorization': ['Digest x']}", "{'authorization': ***", "as a program shows it"),
    ("got Basic YWxpY2U6c2VjcmV0", "got Basic ***", "the scheme alone"),
    ("Bearer abcdefgh.ijkl-mnop", "Bearer ***", "a token"),
    (f'nc=1, response="{HASH}", qop=auth', 'nc=1, response="***", qop=auth', "a digest alone"),
    ("'sip:bob:hunter2@h;x' is no URI", "'sip:bob:***@h;x' is no URI", "a password in a URI"),
    ("SIPS:bob:hunter2@h", "SIPS:bob:***@h", "in capitals"),
    ('"password":"hunter2","x":1', '"password":"***","x":1', "in a command"),
    ("password = hunter2", "password = ***", "in a setting"),
    ("token=abc def", "token=*** def", "and no more than it"),
]
HARMLESS = [
    "sip:bob@example.com:5060;transport=tcp",
    "no digest algorithm is offered; offer SHA-256 at least",
    "basic is open",
    "a response has fewer or more Vias than its request",
    "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa",
    "sip:[2001:db8::1]:5060",
]


@pytest.mark.parametrize("text, shown", [r[:2] for r in SECRET], ids=[r[2] for r in SECRET])
def test_a_secret_is_not_shown(text: str, shown: str) -> None:
    """SEC-SIP-1: secrets are never logged."""
    assert discreet(text) == shown


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_is_shown(text: str) -> None:
    assert discreet(text) == text


@given(st.text(), st.text("abc123", min_size=8))
def test_no_header_of_credentials_is_ever_shown(before: str, secret: str) -> None:
    assert f"xx{secret}" not in discreet(f"{before}\r\nAuthorization: Digest xx{secret}")


@given(st.text())
def test_no_line_of_several_begins_at_the_margin(text: str) -> None:
    lines = on_lines(text, before="    ").splitlines()
    assert all(line.startswith("    ") and line.isprintable() for line in lines)
