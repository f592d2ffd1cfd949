"""What some torture messages must do, or must be told, beyond the status of their answer."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

import pytest

from tests.interop.running import RunningServer, running_server
from tests.interop.wire import Message
from tests.torture.answers import parse_any
from tests.torture.conftest import Choose, address_of
from tests.torture.messages import RFC4475, RFC5118
from tests.torture.peer import Peer, peer

_numbers = count(1)


def ask_by_udp(name: str, server: RunningServer) -> Message:
    """The answer to a message."""
    packet = RFC4475[name]
    with peer(address_of(server, "UDP"), "UDP", packet) as talking:
        return talking.ask(packet)


@pytest.mark.parametrize("name", ["intmeth", "esc02"])
def test_a_method_of_nobody_is_told_which_there_are(name: str, server_for: Choose) -> None:
    """4475-3.1.1.2-intmeth, 4475-3.1.1.5-esc02, 3261-8.2.1-1."""
    answer = ask_by_udp(name, server_for(RFC4475[name]))
    assert {"SUBSCRIBE", "PUBLISH", "REGISTER", "OPTIONS"} <= set(answer["allow"].split(", "))


def test_bext01_is_told_what_is_unsupported(server_for: Choose) -> None:
    """4475-3.3.5-bext01: by who serves, what Require names; what else, by who passes it on."""
    answer = ask_by_udp("bext01", server_for(RFC4475["bext01"]))
    assert answer["unsupported"] == "nothingSupportsThis, nothingSupportsThisEither"


CONTACTS = [
    (
        "escnull",
        ["<sip:%00@host5.example.com>", "<sip:%00%00@host5.example.com>"],
        "4475-3.1.1.4-escnull: two nulls are not one",
    ),
    ("esc02", [], "4475-3.1.1.5-esc02: no REGISTER, whatever it looks like"),
    ("scalar02", [], "4475-3.1.2.4-scalar02: nothing of it"),
    ("regbadct", [], "4475-3.1.2.13-regbadct: nothing of it"),
    (
        "cparam01",
        ["<sip:+19725552222@gw1.example.net>;unknownparam"],
        "4475-3.3.12-cparam01: behind the brackets",
    ),
    (
        "cparam02",
        ["<sip:+19725552222@gw1.example.net;unknownparam>"],
        "4475-3.3.13-cparam02: within them",
    ),
    (
        "regescrt",
        ["<sip:user@example.com?Route=%3Csip:sip.example.com%3E>"],
        "4475-3.3.14-regescrt: as it stood",
    ),
]


def bound(talking: Peer, user: str) -> list[str]:
    """The contacts of a user, without the time that each has left."""
    number = next(_numbers)
    packet = (
        "REGISTER sip:example.com SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP client.invalid;rport;branch=z9hG4bKquery{number}\r\n"
        f"To: {user}\r\nFrom: {user};tag=query\r\nMax-Forwards: 70\r\n"
        f"Call-ID: query{number}\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n"
    )
    answer = talking.ask(packet.encode())
    assert answer.status == 200
    return [re.sub(r";expires=\d+", "", each) for each in answer.headers.get("contact", [])]


@pytest.mark.parametrize(
    "name, contacts", [row[:2] for row in CONTACTS], ids=[row[2] for row in CONTACTS]
)
def test_what_is_registered(name: str, contacts: list[str], server_for: Choose) -> None:
    """3261-10.2.3-1: as a REGISTER without Contact shows it afterwards."""
    packet = RFC4475[name]
    server = server_for(packet)
    user = parse_any(packet)["to"]
    with peer(address_of(server, "UDP"), "UDP", packet) as talking:
        before = bound(talking, user)
        talking.ask(packet)
        after = bound(talking, user)
    assert [contact for contact in after if contact not in before] == contacts


def test_dblreq_is_one_message(server_for: Choose) -> None:
    """4475-3.1.1.8-dblreq, 3261-18.3-1: the INVITE behind it is none."""
    packet = RFC4475["dblreq"]
    server = server_for(packet)
    with peer(address_of(server, "UDP"), "UDP", packet) as talking:
        answer = talking.ask(packet)
        assert answer["cseq"] == "8 REGISTER"
        contacts = bound(talking, "sip:j.user@example.com")
    assert contacts == ["<sip:j.user@host.example.com>"]


def test_regaut01_is_challenged_where_credentials_are_asked_for(tmp_path: Path) -> None:
    """4475-3.3.7-regaut01: by Digest."""
    with running_server(tmp_path) as server:
        server.add_user("j.user")
        answer = ask_by_udp("regaut01", server)
    assert answer.status == 401
    assert all(row.startswith("Digest ") for row in answer.headers["www-authenticate"])


def test_received_is_written_without_brackets(server_for: Choose) -> None:
    """5118-4.5-via-received-param-no-delim: as RFC 3261 has it, which took none."""
    packet = RFC5118["via-received-param-no-delim"]
    with peer(address_of(server_for(packet), "UDP", ipv6=True), "UDP", packet) as talking:
        assert ";received=::1" in talking.ask(packet)["via"]


def test_messages_of_one_bare_branch_are_two(server_for: Choose) -> None:
    """4475-3.2.1-badbranch: the branch says nothing, so that the rest of them tells."""
    packet = RFC4475["badbranch"]
    other = packet.replace(b"Call-ID: badbranch", b"Call-ID: another")
    with peer(address_of(server_for(packet), "UDP"), "UDP", packet) as talking:
        assert talking.ask(packet)["call-id"].startswith("badbranch")
        assert talking.ask(other)["call-id"].startswith("another")
