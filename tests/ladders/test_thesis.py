"""Figure 3.7 of the thesis, message by message: F1 as table 3.1 prints it, byte for byte.

The rest is as tables 3.2 to 3.6 say, where the RFCs agree; To and From, which the tables swap
in places, follow the dialog (RFC 3261 section 12). The PUA's "non-SIP means" is a PUBLISH here.
"""

from __future__ import annotations

from pathlib import Path

from hereabouts.presence.pidf.reader import read as read_document
from hereabouts.sip.reader import read
from tests.ladders.conftest import Play

F1 = (Path(__file__).parent / "messages" / "f1-subscribe.sip").read_bytes()
CALL_ID = "2010@watcherhost.example.com"
EXAMPLE = "@example.com"


def _heard(ladder: Play, place: int) -> bytes:
    return ladder.stage.peer("watcherhost").heard[place]


def test_the_message_flow_of_figure_3_7(ladder: Play) -> None:
    """The watcher is approved, as no policy says otherwise (section 3.3.2)."""
    ladder.play("""
        presenceResource -> node PUBLISH to=presenceResource basic=closed
        presenceResource <- node 200
        watcherhost      -> node CONNECT
    """)
    ladder.tell("watcherhost", F1)
    ladder.play(f"""
        watcherhost <- node 200    Call-ID={CALL_ID} CSeq=17766SUBSCRIBE Expires=600 Contact=*
        watcherhost <- node NOTIFY Call-ID={CALL_ID} Subscription-State=active;expires=600
        watcherhost -> node 200
                    57 s pass
        presenceResource -> node PUBLISH to=presenceResource basic=open
        presenceResource <- node 200
        watcherhost <- node NOTIFY Call-ID={CALL_ID} Subscription-State=active;expires=543
        watcherhost -> node 200
                    60 s pass
    """)
    f2, f3, f5 = (read(_heard(ladder, place)) for place in range(3))
    assert f2.headers["from"] == ["<sip:watcher@example.com>;tag=xfg9"]
    assert f2.headers["to"][0].startswith("<sip:presentityResource@example.com>;tag=")
    assert "branch=z9hG4bKnashds7;received=watcherhost.example.net" in f2.headers["via"][0]
    for notify in (f3, f5):
        assert notify.headers["from"] == f2.headers["to"]
        assert notify.headers["to"] == f2.headers["from"]
        assert notify.headers["event"] == ["presence"]
        assert notify.headers["max-forwards"] == ["70"]
        assert notify.headers["content-type"] == ["application/cpim-pidf+xml"]
        assert read_document(notify.body).entity == f"sip:presenceResource{EXAMPLE}"
    assert f5.cseq == (f3.cseq[0] + 1, "NOTIFY")


def test_the_request_uri_of_each_notify_is_the_contact_of_f1(ladder: Play) -> None:
    """Tables 3.3 and 3.5; its host resolves nowhere, so the connection carries them."""
    ladder.play("watcherhost -> node CONNECT")
    ladder.tell("watcherhost", F1)
    ladder.play("""
        watcherhost <- node 200
        watcherhost <- node NOTIFY uri=sip:watcher@watcherhost.example.com says=nothing
        watcherhost -> node 200
    """)
