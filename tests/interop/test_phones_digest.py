"""How phones prove who they are; each row is a way in which one of them spells it."""

from __future__ import annotations

import hashlib
import re

import pytest

from tests.interop.phones import REGISTERS
from tests.interop.running import DOMAIN, PASSWORD, RunningServer
from tests.interop.wire import Wire

HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}

WITH_QOP = (
    'Digest username="{alice}", realm="{domain}", nonce="{nonce}", uri="sip:{domain}", '
    'response="{response}", algorithm={algorithm}, cnonce="c1d2", nc=00000001, qop=auth'
)

WITHOUT_QOP = (
    'Digest username="{alice}", realm="{domain}", nonce="{nonce}", uri="sip:{domain}", '
    'response="{response}"'
)

# The header, the algorithm that is taken up, and whose way it is.
SPELLINGS = [
    (WITH_QOP, "MD5", "pjsua: qop and algorithm without quotes"),
    (WITH_QOP.replace("Digest ", "Digest  "), "SHA-256", "linphone: two spaces after Digest"),
    (WITH_QOP.replace(", ", ","), "MD5", "Twinkle: commas without spaces"),
    (WITHOUT_QOP, "MD5", "Pidgin: no qop though it was offered, and no algorithm"),
    (WITH_QOP.replace("qop=auth", 'qop="auth"'), "SHA-256", "quotes around qop, as RFC 2617 had"),
    (WITH_QOP.replace('"{response}"', '"{RESPONSE}"'), "MD5", "hexadecimal digits in capitals"),
]


def nonces(rows: list[str]) -> dict[str, str]:
    """Each algorithm on offer with its nonce, in their order."""
    found = {}
    for row in rows:
        nonce, algorithm = re.search(r'nonce="([^"]+)"', row), re.search(r"algorithm=(\S+)", row)
        assert nonce is not None
        assert algorithm is not None
        found[algorithm[1].rstrip(",")] = nonce[1]
    return found


def response(algorithm: str, user: str, nonce: str, *, has_qop: bool) -> str:
    """The answer to a challenge (RFC 7616 section 3.4.1), reckoned apart from the server's code."""

    def hashed(text: str) -> str:
        return HASHES[algorithm](text.encode()).hexdigest()

    between = ":00000001:c1d2:auth:" if has_qop else ":"
    secret = hashed(f"{user}:{DOMAIN}:{PASSWORD}")
    return hashed(f"{secret}:{nonce}{between}{hashed(f'REGISTER:sip:{DOMAIN}')}")


def register(authorization: str = "", user_agent: str = "Linphone/5.1.65") -> str:
    """A REGISTER with these credentials."""
    text = REGISTERS[1].text.replace("Linphone/5.1.65", user_agent)
    return text.replace("Expires:", f"{authorization}Expires:")


@pytest.mark.parametrize(
    "header, algorithm", [row[:2] for row in SPELLINGS], ids=[row[2] for row in SPELLINGS]
)
def test_a_phone_proves_who_it_is(
    header: str, algorithm: str, digest_server: RunningServer
) -> None:
    with Wire(digest_server) as wire:
        user = wire.names["alice"]
        digest_server.add_user(user)
        challenge = wire.ask(register())
        assert challenge.status == 401
        nonce = nonces(challenge.headers["www-authenticate"])[algorithm]
        right = response(algorithm, user, nonce, has_qop="qop" in header)
        names = {"nonce": nonce, "algorithm": algorithm, "response": right}
        wrong = {**names, "response": "0" * len(right), "RESPONSE": "0" * len(right)}
        assert wire.ask(register(f"Authorization: {header}\n"), **wrong).status == 401
        answer = wire.ask(register(f"Authorization: {header}\n"), **names, RESPONSE=right.upper())
        assert answer.status == 200, answer


OFFERS = [
    ("Linphone/5.1.65 (belle-sip/5.1.65)", ["SHA-256", "MD5"], "takes the first it knows"),
    ("Twinkle/1.10.2", ["SHA-256", "MD5"], "takes the last, so that must be MD5"),
    ("baresip v1.0.0 (x86_64/linux)", ["MD5"], "fails on any offer of SHA-256"),
    ("baresip v3.1.0", ["SHA-256", "MD5"], "knows better since"),
]


@pytest.mark.parametrize(
    "user_agent, offered", [row[:2] for row in OFFERS], ids=[f"{r[0]} {r[2]}" for r in OFFERS]
)
def test_a_phone_is_offered_what_it_can(
    user_agent: str, offered: list[str], digest_server: RunningServer
) -> None:
    with Wire(digest_server) as wire:
        challenge = wire.ask(register(user_agent=user_agent))
        assert list(nonces(challenge.headers["www-authenticate"])) == offered


STRANGE = (
    'Authorization: Digest username="x, y", realm="other.example", nonce="n,1", uri="sip:o", '
    'response="0123456789abcdef0123456789abcdef", opaque="a, b"\n'
)


@pytest.mark.parametrize("is_first", [True, False], ids=["ours first", "ours last"])
def test_credentials_for_another_realm_may_stand_beside_ours(
    *, is_first: bool, digest_server: RunningServer
) -> None:
    """3261-20.7-1: rows of credentials are neither split at their commas nor joined."""
    with Wire(digest_server) as wire:
        user = wire.names["alice"]
        digest_server.add_user(user)
        nonce = nonces(wire.ask(register()).headers["www-authenticate"])["MD5"]
        right = response("MD5", user, nonce, has_qop=True)
        ours = f"Authorization: {WITH_QOP}\n"
        rows = ours + STRANGE if is_first else STRANGE + ours
        answer = wire.ask(register(rows), nonce=nonce, algorithm="MD5", response=right)
        assert answer.status == 200


def test_who_has_not_proved_anything_is_told_the_same_each_time(
    digest_server: RunningServer,
) -> None:
    """3261-8.2.7-1: nothing is kept of it, so that there is nothing to acknowledge or cancel."""
    with Wire(digest_server) as wire:
        packet = wire.write(register())
        answers = set()
        for _ in range(3):
            wire.send_bytes(packet)
            answer = wire.receive_bytes()
            assert answer.startswith(b"SIP/2.0 401 ")
            answers.add(re.findall(rb"\r\nTo: [^\r]*;tag=([^;\r]+)", answer)[0])
        assert len(answers) == 1
        wire.send_bytes(packet.replace(b"REGISTER", b"ACK", 1).replace(b" REGISTER", b" ACK"))
        wire.send_bytes(packet.replace(b"REGISTER", b"CANCEL", 1).replace(b" REGISTER", b" CANCEL"))
        assert wire.receive().status == 481


def test_nobody_registers_for_another(digest_server: RunningServer) -> None:
    """3261-10.3-3: whoever he is, and nothing has changed."""
    with Wire(digest_server) as wire:
        for name in ("alice", "bob"):
            digest_server.add_user(wire.names[name])
        user = wire.names["alice"]
        for whose, status in (("{bob}", 403), ("{alice}", 200)):
            text = register(f"Authorization: {WITH_QOP}\n")
            text = re.sub(r"\nTo: .*", f"\nTo: <sip:{whose}@{DOMAIN}>", text)
            nonce = nonces(wire.ask(register()).headers["www-authenticate"])["MD5"]
            right = response("MD5", user, nonce, has_qop=True)
            answer = wire.ask(text, nonce=nonce, algorithm="MD5", response=right)
            assert answer.status == status
