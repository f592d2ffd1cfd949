"""What is shown of what passes: credentials are not, and all else is as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.masking import mask
from hereabouts.sip.reader import read
from tests.sip.packets import request

HEX = "0123456789abcdef0123456789abcdef"
ANSWER = (
    f'Digest username="alice", realm="example.com", nonce="n0nce", uri="sip:example.com", '
    f'response="{HEX}", algorithm=MD5, cnonce="c", opaque="o", qop=auth, nc=00000001'
)
SHOWN = (
    'Digest username="alice", realm="example.com", nonce="xxxxx", uri="sip:example.com", '
    f'response="{"x" * 32}", algorithm=MD5, cnonce="x", opaque="x", qop=auth, nc=00000001'
)
CHALLENGE = 'Digest realm="example.com", nonce="n0nce", qop="auth", algorithm=MD5'

ROWS = [
    (f"Authorization: {ANSWER}", f"Authorization: {SHOWN}", "an answer to a challenge"),
    (f"Proxy-Authorization: {ANSWER}", f"Proxy-Authorization: {SHOWN}", "to a proxy's"),
    (f"AUTHORIZATION : {ANSWER}", f"AUTHORIZATION : {SHOWN}", "however it is spelled"),
    (
        f"Authorization: {ANSWER.replace(', ', f',{chr(13)}{chr(10)} ')}",
        f"Authorization: {SHOWN.replace(', ', f',{chr(13)}{chr(10)} ')}",
        "on several lines",
    ),
    ("Authorization: Basic YTpi", "Authorization: xxxxx xxxx", "another scheme"),
    ("Authorization: Digest YTpi", "Authorization: Digest xxxx", "what is no parameter"),
    (
        'Authorization: Digest username="a", response="12',
        'Authorization: Digest username="a", response="xx',
        "a quote that is not closed",
    ),
    (
        f'Authentication-Info: rspauth="{HEX}", nextnonce="n", qop=auth, nc=00000001',
        f'Authentication-Info: rspauth="{"x" * 32}", nextnonce="x", qop=auth, nc=00000001',
        "the server's own proof",
    ),
    (f"WWW-Authenticate: {CHALLENGE}", f"WWW-Authenticate: {CHALLENGE}", "a challenge stays"),
    (f'X-Odd: response="{HEX}"', f'X-Odd: response="{"x" * 32}"', "where nobody expects it"),
    ("Contact: <sip:a:pw@host>", "Contact: <sip:a:xx@host>", "a password in a URI"),
    ("Contact: <sips:a:p%40w@host:5061>", "Contact: <sips:a:xxxxx@host:5061>", "of SIPS"),
    ("Contact: <sip:host:5060>", "Contact: <sip:host:5060>", "a port is no password"),
    ("Route: <sip:h:5060>,<sip:b@h>", "Route: <sip:h:5060>,<sip:b@h>", "nor before an address"),
    ("Subject: response=yes", "Subject: response=yes", "a word"),
]


@pytest.mark.parametrize("row, shown", [r[:2] for r in ROWS], ids=[r[2] for r in ROWS])
def test_what_is_shown_of_a_row(row: str, shown: str) -> None:
    packet = f"OPTIONS sip:b@example.com SIP/2.0\r\n{row}\r\nTo: <sip:b@c>\r\n\r\nbody".encode()
    assert mask(packet).decode() == packet.decode().replace(row, shown)


def test_a_message_in_a_body_is_masked_as_well() -> None:
    inner = request(rows={"Authorization": ANSWER})
    shown = mask(request("NOTIFY", body=inner))
    assert read(shown).body == mask(inner) != inner


secrets = st.text("0123456789abcdef", min_size=8, max_size=64)


@given(secrets, secrets, st.sampled_from(["Authorization", "proxy-authorization"]))
def test_no_secret_is_left(answer: str, nonce: str, name: str) -> None:
    row = f'Digest username="z", nonce="{nonce}", response={answer}'
    shown = mask(f"REGISTER sip:z SIP/2.0\r\n{name}: {row}\r\n\r\n".encode()).decode()
    assert answer not in shown
    assert nonce not in shown


@given(st.binary() | st.from_regex(rb"(?s)Authorization: Digest .*"))
def test_nothing_grows_or_shrinks_whatever_it_is(packet: bytes) -> None:
    assert len(mask(packet)) == len(packet)
