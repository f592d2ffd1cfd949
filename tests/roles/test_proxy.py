"""Which requests are passed on, and which are answered here."""

from __future__ import annotations

import pytest

from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Request
from hereabouts.sip.reader import read
from hereabouts.sip.uri import SipUri
from tests.roles.realm import Realm
from tests.roles.test_errands import BOUND


def request(method: str, uri: str, route: str = "") -> Request:
    rows = f"Route: {route}\r\n" if route else ""
    message = read(f"{method} {uri} SIP/2.0\r\nCall-ID: c\r\n{rows}\r\n".encode())
    assert isinstance(message, Request)
    return message


TAKEN = [
    ("SUBSCRIBE", "sip:bob@b.example", True, True, "for a stranger"),
    ("SUBSCRIBE", "sip:carol@c.example", True, True, "also if there is no way: it says so"),
    ("PUBLISH", "sip:bob@b.example", True, True, "a publication likewise"),
    ("SUBSCRIBE", "sip:alice@a.example", True, True, "for one with an agent of his own"),
    ("SUBSCRIBE", "sip:alice@192.0.2.11", True, True, "by whatever name of ours"),
    ("SUBSCRIBE", "sip:watcher@a.example", True, False, "for one without"),
    ("SUBSCRIBE", "sip:bob@b.example", False, False, "in a dialog that is not known"),
    ("NOTIFY", "sip:bob@b.example", True, False, "a NOTIFY outside of any"),
    ("OPTIONS", "sip:bob@b.example", True, False, "a method that is not passed on"),
    ("REGISTER", "sip:b.example", True, False, "a registration least of all"),
]


@pytest.mark.parametrize(
    "method, uri, is_outside, taken", [row[:4] for row in TAKEN], ids=[row[4] for row in TAKEN]
)
def test_what_is_passed_on(method: str, uri: str, *, is_outside: bool, taken: bool) -> None:
    realm = Realm()
    realm.play(BOUND)
    asked = request(method, uri)
    assert realm.proxy.takes(asked, SipUri.parse(uri), is_outside=is_outside) is taken
    assert realm.proxy.relays.named(asked) is None


def test_what_names_a_relay_is_passed_on() -> None:
    realm = Realm()
    realm.subscribe()
    [held] = realm.proxy.relays.all()
    uri = "sip:watcher@a.example"
    asked = request("NOTIFY", uri, f"<sip:{held.id}@192.0.2.11;lr>")
    assert realm.proxy.takes(asked, SipUri.parse(uri), is_outside=False)
    assert realm.proxy.relays.named(asked) is held


def test_a_registration_by_datagrams_is_no_new_way_to_anybody() -> None:
    realm = Realm()
    realm.subscribe()
    [held] = realm.proxy.relays.all()
    held.is_parked = True
    realm.proxy.flow_found("sip:watcher@a.example", Flow("UDP", "h", 1, "l:1"), realm.now)
    assert held.is_parked
