"""What a server does not let be done with it: to others, to itself, and to who reads its log."""

from __future__ import annotations

import io
import logging

import pytest

from hereabouts.base.journal import Grade
from hereabouts.config import LimitSettings
from hereabouts.net.log import LogJournal, set_up
from hereabouts.presence.publication import KIND as PUBLICATION
from tests.ladders.conftest import Begin, Play
from tests.ladders.stage import NET

VICTIM = "Contact=<sip:victim@victim.example.net>"


# --- nobody else is made to suffer -----------------------------------------------------------


def test_a_victim_is_sent_so_many_subscriptions_and_not_one_more(begin: Begin) -> None:
    """SEC-3856-9.5-1: the bound is that of the target, and each costs it eleven datagrams."""
    limits = LimitSettings(strange_targets_burst=2, strange_targets_per_second=0.1)
    play = begin(limits=limits)
    play.play(f"""
        watcher -> node   SUBSCRIBE dialog=1 {VICTIM}
        watcher <- node   200
        victim  x- node   NOTIFY
        bob     -> node   SUBSCRIBE dialog=1 {VICTIM}
        bob     <- node   200
        victim  x- node   NOTIFY
        watcher -> node   SUBSCRIBE dialog=2 {VICTIM}
        watcher <- node   503       Retry-After=10
        bob     -> node   SUBSCRIBE dialog=2 {VICTIM}
        bob     <- node   503       Retry-After=10
        bob     -> node   SUBSCRIBE dialog=3
        bob     <- node   200
        bob     <- node   NOTIFY
        bob     -> node   200
    """)
    for pause in (0.5, 1, 2, 4, 4, 4, 4, 4, 4, 4):
        play.play(f"{pause} s pass\n victim x- node NOTIFY\n victim x- node NOTIFY")
    play.play("200 s pass")
    assert len(play.stage.agent.notifier.deliveries) == 1


def test_a_refresh_that_aims_at_somebody_else_counts_too(begin: Begin) -> None:
    """SEC-3856-9.5-1."""
    limits = LimitSettings(strange_targets_burst=1, strange_targets_per_second=0.1)
    begin(limits=limits).play(f"""
        watcher -> node SUBSCRIBE
        watcher <- node 200
        watcher <- node NOTIFY
        watcher -> node 200
        watcher -> node SUBSCRIBE {VICTIM}
        watcher <- node 200
        victim  x- node NOTIFY
        bob     -> node SUBSCRIBE
        bob     <- node 200
        bob     <- node NOTIFY
        bob     -> node 200
        bob     -> node SUBSCRIBE {VICTIM}
        bob     <- node 503
    """)


def test_a_route_that_leads_to_somebody_else_counts_as_a_contact(begin: Begin) -> None:
    """SEC-3856-9.5-1: NOTIFYs would go there first."""
    limits = LimitSettings(strange_targets_burst=1, strange_targets_per_second=0.1)
    route = f"Record-Route=<sip:victim{NET};lr>"
    begin(limits=limits).play(f"""
        watcher -> node SUBSCRIBE dialog=1 {route}
        watcher <- node 200
        victim  x- node NOTIFY
        watcher -> node SUBSCRIBE dialog=2 {route}
        watcher <- node 503
    """)


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(f"Contact=<sip:victim{NET};transport=tcp>", id="a Contact"),
        pytest.param(f"Record-Route=<sip:victim{NET};transport=tcp;lr>", id="a route"),
    ],
)
def test_who_hangs_up_does_not_have_more_sent_to_somebody_else(begin: Begin, way: str) -> None:
    """SEC-3856-9.5-1: as long as the connection is there it leads to him who asks."""
    limits = LimitSettings(strange_targets_burst=1, strange_targets_per_second=0.0001)
    play = begin(limits=limits)
    play.play("watcher -> node CONNECT\n victim -> node LISTEN")
    for dialog in (1, 2):
        play.play(f"""
            watcher -> node SUBSCRIBE dialog={dialog} Expires=3600 {way}
            watcher <- node 200
            watcher <- node NOTIFY
            watcher -> node 200
        """)
    play.play("""
        watcher -> node HANGUP
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        victim  x- node NOTIFY
                300 s pass
    """)


def test_a_server_that_is_out_of_reach_is_not_tried_more_often_than_it_may_be_told(
    begin: Begin,
) -> None:
    """SEC-3856-9.5-1: nobody knows whether it is one that the watcher has to do with."""
    limits = LimitSettings(strange_targets_burst=1, strange_targets_per_second=0.01)
    play = begin(limits=limits)
    play.play(f"""
        watcher -> node CONNECT
        watcher -> node SUBSCRIBE Expires=3600 Record-Route=<sip:victim{NET};transport=tcp;lr>
        watcher <- node 200
        watcher <- node NOTIFY
        watcher -> node 200
        watcher -> node HANGUP
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        victim  -> node LISTEN
                99 s pass
    """)
    play.play("6 s pass\n victim x- node NOTIFY")


def test_an_answer_goes_to_who_asks_whatever_his_via_says(ladder: Play) -> None:
    """3261-18.2.1-1: the address is that of the datagram; `maddr` of a stranger is not followed."""
    packet = (
        f"OPTIONS sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP victim{NET};branch=z9hG4bK1;"
        f"maddr=victim{NET}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:example.com>\r\nCall-ID: 1\r\n"
        "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    ).encode()
    [answer] = ladder.stage.tell_raw("watcher", packet, ladder.now)
    assert answer.startswith(b"SIP/2.0 200 ")


def test_what_the_server_can_do_is_not_told_to_a_forged_address_for_ever(begin: Begin) -> None:
    """SEC-6665-6.3-1: the answer to an OPTIONS is longer than the OPTIONS."""
    begin(limits=LimitSettings(larger_answers_burst=1, larger_answers_per_second=0.1)).play("""
        eve -> node OPTIONS
        eve <- node 200
        eve -> node OPTIONS
            10 s pass
        eve -> node AGAIN
        eve <- node 200
    """)


# --- nor the server itself ---------------------------------------------------------------------


def test_one_watcher_makes_so_many_subscriptions_a_minute(begin: Begin) -> None:
    """SEC-6665-6.3-2, SEC-3856-9.5-1: per user, whatever he does with them; others are served."""
    limits = LimitSettings(subscriptions_burst=2, subscriptions_per_second=0.05)
    play = begin(limits=limits)
    for number in (1, 2):
        play.play(f"""
            watcher -> node SUBSCRIBE dialog={number} Expires=0
            watcher <- node 200
            watcher <- node NOTIFY    state=terminated
            watcher -> node 200
        """)
    play.play("""
        watcher -> node SUBSCRIBE dialog=3 Expires=0
        watcher <- node 503       Retry-After=20
        bob     -> node SUBSCRIBE
        bob     <- node 200
        bob     <- node NOTIFY
        bob     -> node 200
                40 s pass
        watcher -> node SUBSCRIBE dialog=4 Expires=0
        watcher <- node 200
        watcher <- node NOTIFY    state=terminated
        watcher -> node 200
    """)


def test_one_source_asks_so_often_and_others_are_served_meanwhile(begin: Begin) -> None:
    """SEC-6665-6.3-2, SEC-3856-9.6-1: per source; the operator is told once of it all."""
    play = begin(limits=LimitSettings(requests_burst=2, requests_per_second=0.1))
    play.play("""
        eve   -> node OPTIONS
        eve   <- node 200
        eve   -> node OPTIONS
        eve   <- node 200
        eve   -> node PUBLISH   to=eve basic=open
        eve   <- node 503       Retry-After=10
        eve   -> node REGISTER
        eve   <- node 503       Retry-After=10
        eve   -> node SUBSCRIBE
        alice -> node PUBLISH   basic=open
        alice <- node 200
              10 s pass
        eve   -> node OPTIONS
        eve   <- node 200
    """)
    said = [fields for _, event, fields in play.stage.diary.said if "too often" in event]
    assert [fields["source"] for fields in said] == ["eve.example.net"]


def test_all_transactions_together_have_a_bound(begin: Begin) -> None:
    """SEC-6665-6.3-2: in total; what is over makes room after Timer J."""
    play = begin(limits=LimitSettings(max_transactions=2))
    play.play("""
        alice -> node OPTIONS
        alice <- node 200
        bob   -> node OPTIONS
        bob   <- node 200
        carol -> node OPTIONS
        carol <- node 503     Retry-After=5
              32 s pass
        carol -> node OPTIONS
        carol <- node 200
    """)


# --- nor who reads its log ---------------------------------------------------------------------

INJECTED = [
    "sip:a%0d%0aEvil:%20yes@example.com",
    "sip:a%00b@example.com",
    "sip:a%1b[2Jb@example.com",
    "sip:a%250d%250ab@example.com",
]
DISPLAYED = ['"a\\"b" ', '"%0d%0aEvil: yes" ', '"\x1b[2J" ', '"\x7f\x08" ', "a\u2028b "]


@pytest.mark.parametrize("display", ["", *DISPLAYED])
@pytest.mark.parametrize("uri", INJECTED)
@pytest.mark.parametrize("method", ["SUBSCRIBE", "REGISTER", "PUBLISH", "OPTIONS", "MESSAGE"])
def test_nothing_that_a_stranger_writes_becomes_a_line_of_ours(
    ladder: Play, method: str, uri: str, display: str
) -> None:
    """SEC-SIP-1: in no header, and in no line of the log."""
    packet = "\r\n".join(
        [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP watcher{NET};branch=z9hG4bK1",
            f"From: {display}<{uri}>;tag=1",
            f"To: {display}<{uri}>",
            "Call-ID: a",
            f"CSeq: 1 {method}",
            f"Contact: <{uri.replace('example.com', f'watcher{NET}')}>",
            "Event: presence",
            f"User-Agent: {uri}",
            "Content-Length: 0",
            "",
            "",
        ]
    ).encode()
    stream = io.StringIO()
    logger = logging.getLogger("hereabouts")
    before = list(logger.handlers), logger.level, logger.propagate
    try:
        set_up("debug", as_json=False, stream=stream)
        ladder.stage.node.journal = _Both(ladder)
        answers = ladder.stage.tell_raw("watcher", packet, ladder.now)
    finally:
        logger.handlers[:], logger.level, logger.propagate = before
    assert answers
    for answer in answers:
        head = answer.partition(b"\r\n\r\n")[0]
        assert not [row for row in head.split(b"\r\n") if row.lower().startswith(b"evil")]
        assert b"\r" not in head.replace(b"\r\n", b"")
        assert b"\0" not in head
    assert all(line.isprintable() for line in stream.getvalue().split("\n"))


class _Both:
    """The diary of the stage, and the log."""

    least = Grade.DEBUG

    def __init__(self, play: Play) -> None:
        self._diary, self._log = play.stage.diary, LogJournal()

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        self._diary.say(grade, event, **fields)
        self._log.say(grade, event, **fields)


# --- documents ---------------------------------------------------------------------------------

PIDF = 'xmlns="urn:ietf:params:xml:ns:pidf"'
OPEN = "<status><basic>open</basic></status>"


def whole(inner: str, *, attributes: str = "", prolog: str = "") -> str:
    start = f'{prolog}<presence {PIDF} entity="sip:alice@example.com" {attributes}>'
    return f"{start}{inner}</presence>"


BOMBS = [
    (whole("", prolog='<!DOCTYPE p [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>'), 400, "entities"),
    (whole("", prolog='<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/passwd">]>'), 400, "a file"),
    (whole("", prolog='<!DOCTYPE p SYSTEM "http://127.0.0.1/a.dtd">'), 400, "an address"),
    (whole("<a xmlns='urn:x'>" * 200 + "</a>" * 200), 400, "deep nesting"),
    (whole("", attributes=f"a='{'x' * 40_000}'"), 413, "a huge attribute"),
    (whole("&undefined;"), 400, "an entity that there is not"),
]


@pytest.mark.parametrize("body, status", [r[:2] for r in BOMBS], ids=[r[2] for r in BOMBS])
def test_a_document_that_would_grow_is_refused(ladder: Play, body: str, status: int) -> None:
    """SEC-XML-1: nothing is fetched, and nothing is kept."""
    [answer] = ladder.stage.tell_raw("alice", published(body), ladder.now)
    assert int(answer.split()[1]) == status
    changes = ladder.stage.backing.store.changes(0, lambda *_: None)
    assert not [key for key, *_ in changes if key[0] == PUBLICATION]


def published(body: str) -> bytes:
    octets = body.encode()
    return (
        "\r\n".join(
            [
                "PUBLISH sip:alice@example.com SIP/2.0",
                f"Via: SIP/2.0/UDP alice{NET};branch=z9hG4bKp",
                "From: <sip:alice@example.com>;tag=1",
                "To: <sip:alice@example.com>",
                "Call-ID: p",
                "CSeq: 1 PUBLISH",
                "Event: presence",
                "Content-Type: application/pidf+xml",
                f"Content-Length: {len(octets)}",
                "",
                "",
            ]
        ).encode()
        + octets
    )


TRICKS = [
    (f'<tuple id="t">{OPEN}<note><![CDATA[<tuple id="hidden"/>hidden]]></note></tuple>', "CDATA"),
    (
        (
            '<q:tuple xmlns:q="urn:ietf:params:xml:ns:pidf" id="t"><q:status>'
            "<q:basic>open</q:basic></q:status><q:note>hidden</q:note></q:tuple>"
        ),
        "another prefix",
    ),
    (f'<!----><tuple id="t">{OPEN}<note>hid<!-- -->den</note></tuple>', "comments"),
    (f'<tuple id="t" xml:base="http://hidden/">{OPEN}</tuple>', "a base"),
    (f'<?hidden?><tuple id="t">{OPEN}</tuple>', "an instruction"),
    (f'<tuple id="t">{OPEN}<x xmlns="urn:x">hidden</x></tuple>', "another vocabulary"),
    (f'<tuple id="t">{OPEN}</tuple><tuple id="t">{OPEN}<note>hidden</note></tuple>', "an id twice"),
]


@pytest.mark.parametrize("inner", [row[0] for row in TRICKS], ids=[row[1] for row in TRICKS])
@pytest.mark.parametrize("decision", ["polite-block", "confirm"])
def test_no_way_to_write_a_document_gets_it_past_a_decision(
    begin: Begin, inner: str, decision: str
) -> None:
    """SEC-XML-2: who may see nothing sees nothing, however it was written."""
    play = begin()
    play.play(f"""
        operator -> node watchers_decide user=alice watcher=bob decision={decision}
        operator <- node OK
    """)
    play.stage.tell_raw("alice", published(whole(inner)), play.now)
    play.play("""
        bob -> node SUBSCRIBE
        bob <- node 200
        bob <- node NOTIFY    basic=closed
        bob -> node 200
    """)
    assert b"hidden" not in play.stage.peer("bob").heard[-1]
