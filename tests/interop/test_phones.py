"""What phones send is taken, and what they need is sent. One row each; its reason is its name."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from tests.interop.phones import (
    LIST_SUBSCRIBE,
    PUBLISHES,
    RAW_LINE_END,
    REFRESH,
    REGISTERS,
    REMOVAL,
    STRAY_NOTIFY,
    SUBSCRIBE,
    SUBSCRIBES,
    UNSUBSCRIBE,
    Published,
    Spoken,
)
from tests.interop.running import HOST, RunningServer
from tests.interop.wire import Message, Wire

PIDF = "urn:ietf:params:xml:ns:pidf"
T1 = 0.5
"After this time a NOTIFY without an answer comes again, in seconds."


def check_notify(notify: Message, state: str) -> str:
    """The body of a NOTIFY that every measured phone reads."""
    assert notify.start.startswith("NOTIFY sip:")
    assert re.fullmatch(state, notify["subscription-state"])
    assert notify["content-type"] == "application/pidf+xml"  # baresip refuses a parameter
    assert notify["event"] == "presence"
    assert re.fullmatch(r"<sip:[^<>]+>", notify["contact"])  # Twinkle refuses a NOTIFY without
    assert len(notify.body) == int(notify["content-length"])
    root = etree.fromstring(notify.body)
    assert root.tag == f"{{{PIDF}}}presence"
    assert root.prefix is None
    assert root.findall(f"{{{PIDF}}}tuple")
    return notify.body.decode()


ACTIVE = r"active;expires=(59\d|600|119\d|1200)"
ENDED = r"terminated;reason=timeout"


def tag_of(address: str) -> str:
    found = re.search(r";tag=([^;]+)", address)
    assert found is not None
    return found[1]


def fetch(server: RunningServer, presentity: str) -> str:
    """The document that a watcher gets who looks once."""
    with Wire(server) as wire:
        wire.names["alice"] = presentity
        answer = wire.ask(SUBSCRIBE.replace("Expires: 600", "Expires: 0"))
        assert answer.status == 200
        notify = wire.receive()
        wire.answer(notify)
        return check_notify(notify, ENDED)


@pytest.mark.parametrize("spoken", SUBSCRIBES, ids=[each.why for each in SUBSCRIBES])
def test_a_phone_can_watch(spoken: Spoken, open_server: RunningServer) -> None:
    with Wire(open_server, spoken.transport) as wire:
        answer = wire.ask(spoken.text)
        assert (answer.status, answer["expires"]) in ((200, "600"), (200, "1200"))
        notify = wire.receive()
        check_notify(notify, ACTIVE)
        assert notify.start.split()[1] in spoken_contact(spoken, wire)
        assert tag_of(notify["to"]) == tag_of(answer["from"])
        assert tag_of(notify["from"]) == tag_of(answer["to"])
        wire.answer(notify)
        ended = wire.ask(
            UNSUBSCRIBE,
            target=answer["contact"].strip("<>"),
            to=answer["to"],
            cseq=str(int(answer["cseq"].split()[0]) + 1),
            **{"from": answer["from"]},
        )
        assert (ended.status, ended["expires"]) == (200, "0")
        check_notify(wire.receive(), ENDED)


def spoken_contact(spoken: Spoken, wire: Wire) -> str:
    """The Contact row of a request as it went out."""
    return next(
        row
        for row in wire.write(spoken.text).decode().split("\r\n")
        if row.lower().startswith(("contact:", "m:"))
    )


@pytest.mark.parametrize("published", PUBLISHES, ids=[each.why for each in PUBLISHES])
def test_a_phone_can_publish(published: Published, open_server: RunningServer) -> None:
    with Wire(open_server) as wire:
        answer = wire.ask(published.text)
        assert answer.status == 200, answer.start
        assert answer["expires"] == ("600" if "Expires:" in published.text else "3600")
        body = fetch(open_server, wire.names["alice"])
        places = [body.find(part) for part in published.shows]
        assert -1 not in places, body
        assert places == sorted(places), body
        refreshed = wire.ask(REFRESH, tag=answer["sip-etag"])
        assert (refreshed.status, refreshed["expires"]) == (200, "600")
        assert fetch(open_server, wire.names["alice"]) == body
        removed = wire.ask(REMOVAL, tag=refreshed["sip-etag"])
        assert (removed.status, removed["expires"]) == (200, "0")
        assert "<basic>closed</basic>" in fetch(open_server, wire.names["alice"])


@pytest.mark.parametrize("spoken", REGISTERS, ids=[each.why for each in REGISTERS])
def test_a_phone_can_register(spoken: Spoken, open_server: RunningServer) -> None:
    with Wire(open_server, spoken.transport) as wire:
        answer = wire.ask(spoken.text)
        assert answer.status == 200
        assert re.search(r";expires=(59\d|600)\b", answer["contact"])
        assert "gruu" not in str(answer)  # a GRUU that is not routed leads NOTIFYs nowhere
        assert "<basic>open</basic>" in fetch(open_server, wire.names["alice"])


def test_a_change_of_nothing_but_tuple_ids_is_no_news(open_server: RunningServer) -> None:
    """Pjsua names its tuple anew with each PUBLISH."""
    pjsua = PUBLISHES[2].text
    with Wire(open_server) as wire, Wire(open_server) as watcher:
        watcher.names["alice"] = wire.names["alice"]
        first = wire.ask(pjsua)
        assert watcher.ask(SUBSCRIBE).status == 200
        watcher.answer(watcher.receive())
        again = pjsua.replace("pj1a2b3c", "pj9z9z9z").replace(
            "Event:", f"SIP-If-Match: {first['sip-etag']}\nEvent:"
        )
        second = wire.ask(again)
        assert second.status == 200
        assert watcher.is_silent(T1 / 2)
        wire.ask(
            again.replace("open</basic>", "closed</basic>").replace(
                first["sip-etag"], second["sip-etag"]
            )
        )
        assert "<basic>closed</basic>" in check_notify(watcher.receive(), ACTIVE)


ECHOED = f"""\
Contact: <sip:bob@{HOST}>
Event: presence
Content-Type: application/pidf+xml
Content-Length: 0
"""

ANSWERS = [
    ("200 Ok", "", "linphone: another spelling, and no Content-Length"),
    ("200 OK", ECHOED, "Pidgin: it echoes every header of the request"),
    ("200 OK", "Content-Length:  0", "pjsua: two spaces"),
    ("481 Subscription does not exist", "Content-Length: 0", "linphone, to the last of all"),
]


@pytest.mark.parametrize("status, more", [row[:2] for row in ANSWERS], ids=[r[2] for r in ANSWERS])
def test_a_notify_is_answered_as_phones_answer_it(
    status: str, more: str, open_server: RunningServer
) -> None:
    with Wire(open_server) as wire:
        wire.ask(SUBSCRIBE.replace("Expires: 600", "Expires: 0"))
        wire.answer(wire.receive(), status, more)
        _ = wire.pending()  # it came again before, if this machine is very busy
        assert wire.is_silent(2.2 * T1)  # not sent again
    open_server.check_faultless()


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_a_raw_line_end_in_a_header_is_refused_and_survived(
    transport: str, open_server: RunningServer
) -> None:
    with Wire(open_server, transport) as wire:
        packet = wire.write(RAW_LINE_END).replace(b"{newline}", b"\n")
        wire.send_bytes(packet)
        assert wire.receive().status == 400
        assert wire.ask(SUBSCRIBE.replace("/UDP", f"/{transport}")).status == 200
    open_server.check_faultless()


def test_a_list_of_friends_is_refused_by_its_extension(open_server: RunningServer) -> None:
    with Wire(open_server) as wire:
        answer = wire.ask(LIST_SUBSCRIBE)
        assert (answer.status, answer["unsupported"]) == (420, "recipient-list-subscribe")


def test_a_notify_that_nobody_waits_for_is_refused(open_server: RunningServer) -> None:
    with Wire(open_server) as wire:
        assert wire.ask(STRAY_NOTIFY).status == 481
