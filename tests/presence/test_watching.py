"""A watcher's side of subscriptions, row by row of the RFCs, as ladders."""

from __future__ import annotations

import pytest

from hereabouts.base.units import Moment
from hereabouts.presence.sighting import Sighting
from hereabouts.presence.watching import Permitted, Watch
from hereabouts.sip.message import Response
from hereabouts.sip.pace import Pace
from tests.ladders.player import Ladder
from tests.roles.agent_stage import AgentStage, ladder

BEGIN = """
    user   -> agent  WATCH
    server <- agent  SUBSCRIBE  call=1 CSeq=1 Expires=1000 to-tag=none uri=sip:bob@example.com
    server -> agent  200        Expires=1000
    server -> agent  NOTIFY     state=active expires=1000 note=here
    server <- agent  200
    user   <- agent  SEEN       state=active note=here
"""


def test_the_state_of_a_notify_is_shown() -> None:
    ladder().play(BEGIN)


def test_a_notify_may_come_before_the_200() -> None:
    """RFC 6665 section 4.1.2.4: there is one subscription, and it is refreshed in time."""
    ladder().play("""
        user   -> agent  WATCH
        server <- agent  SUBSCRIBE
        server -> agent  NOTIFY     state=active expires=1000 note=here
        server <- agent  200
        user   <- agent  SEEN       state=active note=here
                1 s pass
        server -> agent  200        Expires=1000
                848 s pass
                2 s pass
        server <- agent  SUBSCRIBE  call=1 CSeq=2 to-tag=bob
    """)


def test_202_is_taken_as_200() -> None:
    ladder().play(BEGIN.replace("200        Expires", "202        Expires"))


def test_without_a_notify_the_subscription_has_failed_and_another_is_asked_for() -> None:
    """RFC 6665 section 4.1.2.4, timer N: even after a 200; a NOTIFY that is too late gets 481."""
    ladder().play("""
        user   -> agent  WATCH
        server <- agent  SUBSCRIBE  call=1
        server -> agent  200        Expires=1000
                32 s pass
        user   <- agent  SEEN       state=terminated reason=no-NOTIFY-in-64-T1 over=no
        server -> agent  NOTIFY     state=active
        server <- agent  481
                1 s pass
        server <- agent  SUBSCRIBE  call=2 CSeq=1
    """)


def test_a_pending_watcher_waits() -> None:
    ladder().play("""
        user   -> agent  WATCH
        server <- agent  SUBSCRIBE
        server -> agent  200        Expires=1000
        server -> agent  NOTIFY     state=pending expires=1000
        server <- agent  200
        user   <- agent  SEEN       state=pending note=none
        server -> agent  NOTIFY     state=active expires=900 note=here
        server <- agent  200
        user   <- agent  SEEN       state=active note=here
    """)


def test_a_notify_without_a_body_keeps_what_was_shown() -> None:
    """RFC 3856 section 6.8."""
    ladder().play(f"""
        {BEGIN}
        server -> agent  NOTIFY     state=active expires=900
        server <- agent  200
        user   <- agent  SEEN       state=active note=here
    """)


def test_an_older_notify_is_refused() -> None:
    """RFC 3856 section 6.8, RFC 3261 section 12.2.2."""
    ladder().play(f"""
        {BEGIN}
        server -> agent  NOTIFY     CSeq=7 note=newer
        server <- agent  200
        user   <- agent  SEEN       note=newer
        server -> agent  NOTIFY     CSeq=6 note=older
        server <- agent  500
    """)


# --- time


def test_it_refreshes_in_the_dialog_before_the_time_is_over() -> None:
    ladder().play(f"""
        {BEGIN}
                849.9 s pass
                0.2 s pass
        server <- agent  SUBSCRIBE  call=1 CSeq=2 to-tag=bob uri=sip:192.0.2.1 Expires=1000
        server -> agent  200        Expires=1000
        server -> agent  NOTIFY     expires=1000 note=still
        server <- agent  200
        user   <- agent  SEEN       note=still
                849 s pass
                2 s pass
        server <- agent  SUBSCRIBE  call=1 CSeq=3
    """)


def test_a_notify_shortens_the_time() -> None:
    """RFC 6665 section 4.1.3: what the NOTIFY says holds, whatever the 200 said."""
    ladder().play("""
        user   -> agent  WATCH
        server <- agent  SUBSCRIBE
        server -> agent  NOTIFY     expires=60
        server <- agent  200
        user   <- agent  SEEN
        server -> agent  200        Expires=600
                52 s pass
        server <- agent  SUBSCRIBE  CSeq=2
    """)


def test_a_later_200_does_not_make_the_time_longer_again() -> None:
    ladder().play("""
        user   -> agent  WATCH
        server <- agent  SUBSCRIBE  call=1
        server -> agent  NOTIFY     expires=60
        server <- agent  200
        user   <- agent  SEEN
        server -> agent  200        Expires=600
                52 s pass
        server <- agent  SUBSCRIBE  call=1 CSeq=2
        server -> agent  503        Retry-After=500
                9 s pass
        server <- agent  SUBSCRIBE  call=2
    """)


def test_many_notifys_do_not_put_the_refresh_off() -> None:
    stage = ladder()
    stage.play(BEGIN)
    for left in range(900, 200, -100):
        stage.play(f"""
                100 s pass
            server -> agent  NOTIFY  expires={left}
            server <- agent  200
            user   <- agent  SEEN
        """)
    stage.play("151 s pass\n server <- agent SUBSCRIBE CSeq=2")


def test_a_notify_need_not_say_how_long() -> None:
    """Notifiers of RFC 3265: what the 200 said holds."""
    ladder().play("""
        user   -> agent  WATCH
        server <- agent  SUBSCRIBE
        server -> agent  200        Expires=100
        server -> agent  NOTIFY     state=active
        server <- agent  200
        user   <- agent  SEEN
                86 s pass
        server <- agent  SUBSCRIBE  CSeq=2
    """)


def test_too_brief_is_asked_for_longer() -> None:
    ladder().play("""
        user   -> agent  WATCH
        server <- agent  SUBSCRIBE  CSeq=1 Expires=1000
        server -> agent  423        Min-Expires=1800
        server <- agent  SUBSCRIBE  CSeq=2 Expires=1800 call=1
    """)


# --- the end of a refresh

REFRESH = f"""
    {BEGIN}
            851 s pass
    server <- agent  SUBSCRIBE  call=1 CSeq=2
"""


@pytest.mark.parametrize("status", [404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501])
def test_a_refusal_that_ends_the_subscription_is_followed_by_another(status: int) -> None:
    """3261-12.2.1.2-1, RFC 6665 section 4.1.2.2: a new Call-ID, and a new From tag."""
    ladder().play(f"""
        {REFRESH}
        server -> agent  {status}
        server <- agent  SUBSCRIBE  call=2 CSeq=1 to-tag=none uri=sip:bob@example.com
    """)


def test_any_other_refusal_keeps_the_subscription_while_it_is_known_to_hold() -> None:
    ladder().play(f"""
        {REFRESH}
        server -> agent  503        Retry-After=20
        server -> agent  NOTIFY     state=active expires=140 note=kept
        server <- agent  200
        user   <- agent  SEEN       note=kept
                19.9 s pass
                0.2 s pass
        server <- agent  SUBSCRIBE  call=1 CSeq=3
        server -> agent  403
                1.1 s pass
        server <- agent  SUBSCRIBE  call=1 CSeq=4
    """)


def test_a_subscription_that_cannot_be_refreshed_in_time_is_begun_anew() -> None:
    ladder().play(f"""
        {REFRESH}
        server -> agent  503        Retry-After=500
                150 s pass
        server <- agent  SUBSCRIBE  call=2
    """)


def test_a_refresh_without_a_notify_ends_the_subscription() -> None:
    """RFC 6665 section 4.1.2.2: timer N runs for each refresh."""
    ladder().play(f"""
        {REFRESH}
        server -> agent  200        Expires=1000
                32 s pass
        user   <- agent  SEEN       state=terminated over=no note=here
                1 s pass
        server <- agent  SUBSCRIBE  call=2
    """)


def test_no_notify_is_waited_for_after_a_204() -> None:
    """RFC 5839: nothing has changed since."""
    ladder().play(f"""
        {REFRESH}
        server -> agent  204        Expires=1000
                100 s pass
        server -> agent  NOTIFY     note=still
        server <- agent  200
        user   <- agent  SEEN       note=still
    """)


# --- the end by a NOTIFY

ENDS = [
    ("deactivated", "", 0, "retry now"),
    ("deactivated", "retry-after=50", 0, "retry now, whatever retry-after says"),
    ("timeout", "", 0, "it was not refreshed in time: ask anew"),
    ("timeout", "expires=3600", 0, "expires means nothing here"),
    ("probation", "retry-after=50", 50, "not before the time that is named"),
    ("giveup", "retry-after=50", 50, "not before that time either"),
    ("probation", "", 1, "after a pause of ours"),
    ("unheard-of", "retry-after=50", 50, "an unknown reason obeys retry-after"),
    ("unheard-of", "", 1, "an unknown reason, a pause of ours"),
]


@pytest.mark.parametrize(
    "reason, more, pause", [row[:3] for row in ENDS], ids=[row[3] for row in ENDS]
)
def test_a_subscription_that_has_ended_is_begun_again(reason: str, more: str, pause: int) -> None:
    """RFC 6665 section 4.1.3."""
    stage = ladder()
    stage.play(BEGIN)
    script = f"""
        server -> agent  NOTIFY     state=terminated reason={reason} {more}
        user   <- agent  SEEN       state=terminated reason={reason} over=no
    """
    if pause:
        waits = f"server <- agent 200\n {pause - 0.5} s pass\n 0.6 s pass"
        stage.play(f"{script}\n {waits}\n server <- agent SUBSCRIBE call=2")
    else:
        stage.play(f"{script}\n server <- agent SUBSCRIBE call=2 CSeq=1\n server <- agent 200")


@pytest.mark.parametrize("reason", ["rejected", "noresource", "invariant"])
def test_a_presentity_that_cannot_be_watched_is_let_be(reason: str) -> None:
    """RFC 6665 section 4.1.3: not again, whatever expires and retry-after say."""
    ladder().play(f"""
        {BEGIN}
        server -> agent  NOTIFY     state=terminated reason={reason} expires=3600 retry-after=5
        server <- agent  200
        user   <- agent  SEEN       state=terminated reason={reason} over=yes
                5000 s pass
    """)


def test_a_first_notify_that_is_the_last_makes_no_subscription() -> None:
    """RFC 6665 section 4.4.1."""
    ladder().play("""
        user   -> agent  WATCH
        server <- agent  SUBSCRIBE
        server -> agent  NOTIFY     state=terminated reason=rejected note=no
        server <- agent  200
        user   <- agent  SEEN       state=terminated reason=rejected note=no over=yes
        server -> agent  200        Expires=1000
                5000 s pass
        server -> agent  NOTIFY     state=active
        server <- agent  481
    """)


def test_a_notifier_that_ends_each_subscription_at_once_is_not_asked_without_end() -> None:
    ladder().play("""
        user   -> agent  WATCH
        server <- agent  SUBSCRIBE  call=1
        server -> agent  NOTIFY     state=terminated reason=deactivated
        user   <- agent  SEEN
        server <- agent  SUBSCRIBE  call=2
        server <- agent  200
        server -> agent  NOTIFY     state=terminated reason=deactivated
        user   <- agent  SEEN
        server <- agent  200
                1.9 s pass
                0.2 s pass
        server <- agent  SUBSCRIBE  call=3
    """)


def test_an_answer_about_a_subscription_that_is_given_up_does_not_matter() -> None:
    ladder().play("""
        user   -> agent  WATCH
        server <- agent  SUBSCRIBE  call=1
        server -> agent  NOTIFY     state=terminated reason=deactivated
        user   <- agent  SEEN
        server <- agent  SUBSCRIBE  call=2
        server <- agent  200
        server -> agent  403
        server -> agent  NOTIFY     state=active note=here
        server <- agent  200
        user   <- agent  SEEN       state=active
    """)


# --- the first answer

PASSING = [
    (503, 7, "it says when"),
    (500, 1, "it may be better soon"),
    (480, 1, "it may be there soon"),
]


@pytest.mark.parametrize(
    "status, pause", [row[:2] for row in PASSING], ids=[row[2] for row in PASSING]
)
def test_a_server_in_trouble_is_asked_again(status: int, pause: int) -> None:
    more = "Retry-After=7" if pause == 7 else ""
    ladder().play(f"""
        user   -> agent  WATCH
        server <- agent  SUBSCRIBE  call=1
        server -> agent  {status}   {more}
        user   <- agent  SEEN       state=terminated over=no
                {pause - 0.1} s pass
                0.2 s pass
        server <- agent  SUBSCRIBE  call=2
    """)


@pytest.mark.parametrize("status", [403, 404, 406, 489, 603])
def test_a_refusal_is_final(status: int) -> None:
    ladder().play(f"""
        user   -> agent  WATCH
        server <- agent  SUBSCRIBE
        server -> agent  {status}
        user   <- agent  SEEN       state=terminated over=yes
                5000 s pass
    """)


def test_without_any_answer_it_asks_again_after_pauses_that_grow() -> None:
    ladder().play("""
        user   -> agent  WATCH
        server x- agent  SUBSCRIBE  call=1
                32 s pass
        user   <- agent  SEEN       over=no
                1.1 s pass
        server x- agent  SUBSCRIBE  call=2
                32 s pass
        user   <- agent  SEEN       over=no
                1.5 s pass
                0.6 s pass
        server <- agent  SUBSCRIBE  call=3
    """)


# --- what does not belong


def test_a_second_notifier_is_told_that_there_is_one_already() -> None:
    """RFC 3856 section 6.9: one dialog of each SUBSCRIBE."""
    ladder().play(f"""
        {BEGIN}
        server -> agent  NOTIFY     tag=fork note=other
        server <- agent  481
        server -> agent  NOTIFY     note=first
        server <- agent  200
        user   <- agent  SEEN       note=first
    """)


STRAYS = [
    ("other-call=unknown", 481, "a Call-ID of nobody"),
    ("to-tag=unknown", 481, "a tag of nobody"),
    ("Event=presence;id=7", 481, "another subscription than ours"),
    ("Event=dialog", 489, "a package we do not know"),
    ("state=none", 400, "no Subscription-State"),
    ("Contact=tel:112", 400, "a Contact that cannot be sent to"),
    ("body=hello Content-Type=text/plain", 415, "a body of a kind not asked for"),
    ("body=hello", 400, "a body that is no document"),
]


@pytest.mark.parametrize(
    "fields, status", [row[:2] for row in STRAYS], ids=[row[2] for row in STRAYS]
)
def test_a_notify_that_cannot_be_taken_is_refused(fields: str, status: int) -> None:
    stage = ladder()
    stage.play(BEGIN)
    script = f"server -> agent NOTIFY {fields}\n server <- agent {status}"
    if "body" in fields:  # its state is taken all the same: there is a subscription
        script += "\n user <- agent SEEN state=active note=here"
    stage.play(script)


# --- leaving


def test_leaving_waits_for_the_last_notify() -> None:
    ladder().play(f"""
        {BEGIN}
        user   -> agent  UNWATCH
        server <- agent  SUBSCRIBE  call=1 CSeq=2 Expires=0
        server -> agent  200        Expires=0
        server -> agent  NOTIFY     state=active note=crossed
        server <- agent  200
        user   <- agent  SEEN       note=crossed over=no
        server -> agent  NOTIFY     state=terminated reason=timeout note=last
        server <- agent  200
        user   <- agent  SEEN       state=terminated note=last over=yes
                5000 s pass
    """)


@pytest.mark.parametrize("answer", ["server -> agent 481", "2 s pass"])
def test_leaving_does_not_wait_for_ever(answer: str) -> None:
    ladder().play(f"""
        {BEGIN}
        user   -> agent  UNWATCH
        server <- agent  SUBSCRIBE  Expires=0
        {answer}
        user   <- agent  SEEN       state=terminated over=yes
                5000 s pass
    """)


def test_leaving_before_the_first_notify_leaves_it_a_481() -> None:
    ladder().play("""
        user   -> agent  WATCH
        server <- agent  SUBSCRIBE
        user   -> agent  UNWATCH
        user   <- agent  SEEN       over=yes
        server -> agent  200        Expires=1000
        server -> agent  NOTIFY     state=active
        server <- agent  481
    """)


# --- the way


def test_the_route_set_is_that_of_the_notify() -> None:
    """RFC 6665 section 4.4.1: the Record-Route of the 200 does not count."""
    script = BEGIN.replace(
        "200        Expires=1000\n    server -> agent  NOTIFY ",
        "200  Expires=1000 Record-Route=<sip:192.0.2.66;lr>\n"
        "    server -> agent  NOTIFY  Record-Route=<sip:192.0.2.77;lr>",
    )
    stage = AgentStage(transport="UDP")
    Ladder(stage).play(f"""
        {script}
                850.1 s pass
        server <- agent  SUBSCRIBE  Route=<sip:192.0.2.77;lr> uri=sip:192.0.2.1
    """)
    assert stage.sent_to[-1].host == "192.0.2.77"


def test_a_lost_connection_is_followed_by_a_refresh() -> None:
    ladder().play(f"""
        {BEGIN}
        wire   -> agent  BREAK
        server <- agent  SUBSCRIBE  call=1 CSeq=2
        server -> agent  481
        server <- agent  SUBSCRIBE  call=2 CSeq=1
    """)


def test_a_connection_that_cannot_be_made_is_tried_again() -> None:
    ladder().play(f"""
        {BEGIN}
        wire   -> agent  BLOCK
        wire   -> agent  BREAK
                10 s pass
        wire   -> agent  OPEN
                6 s pass
        server <- agent  SUBSCRIBE  call=1
    """)


# -- permission


class Gate:
    """A watch that asks before each SUBSCRIBE, and what it asks."""

    def __init__(self) -> None:
        self.stage = AgentStage()
        self.asked: list[int] = []
        self.permitted: list[Permitted] = []
        self.seen: list[Sighting] = []
        requester = self.stage.agent._requester  # noqa: SLF001 - that of the stage's account
        self.watch = Watch(
            "sip:bob@example.com",
            requester,
            self.stage.node.deadlines,
            lambda sighting, _now: self.seen.append(sighting),
            Pace(lifetime=1000),
            self.stage.agent._by_call_id,  # noqa: SLF001 - where it finds those that take NOTIFYs
            permit=self._permit,
        )
        self.ladder = Ladder(self.stage)

    def _permit(self, lifetime: int, _now: Moment, permitted: Permitted) -> None:
        self.asked.append(lifetime)
        self.permitted.append(permitted)

    def answer(self, permitted: int | Response) -> None:
        self.permitted.pop(0)(permitted, self.ladder.now)


BUSY = Response(403, "Not at night", [], {}, b"")


def test_nothing_is_asked_for_before_it_is_permitted_and_no_more_than_that() -> None:
    gate = Gate()
    gate.watch.begin(gate.ladder.now)
    gate.ladder.play("wire -> agent OPEN")
    gate.answer(600)
    gate.ladder.play("""
        wire   -> agent  OPEN
        server <- agent  SUBSCRIBE  Expires=600
        server -> agent  200        Expires=600
        server -> agent  NOTIFY     state=active expires=600
        server <- agent  200
                510 s pass
    """)
    assert gate.watch.is_subscribed
    assert gate.asked == [1000, 1000]


def test_what_is_not_permitted_is_as_if_the_server_had_refused() -> None:
    gate = Gate()
    gate.watch.begin(gate.ladder.now)
    gate.answer(BUSY)
    assert gate.watch.is_over
    [sighting] = gate.seen
    assert (sighting.reason, sighting.is_over) == ("403 Not at night", True)


def test_a_permission_that_comes_too_late_is_not_used() -> None:
    gate = Gate()
    gate.watch.begin(gate.ladder.now)
    gate.watch.end(gate.ladder.now)
    gate.answer(1000)
    gate.watch.begin(gate.ladder.now)
    gate.watch.begin(gate.ladder.now)
    gate.answer(1000)
    gate.ladder.play("wire -> agent OPEN")


def test_the_end_asks_nobody() -> None:
    gate = Gate()
    gate.watch.begin(gate.ladder.now)
    gate.answer(1000)
    gate.ladder.play("""
        wire   -> agent  OPEN
        server <- agent  SUBSCRIBE
        server -> agent  NOTIFY     state=active expires=1000
        server <- agent  200
    """)
    gate.watch.end(gate.ladder.now)
    gate.ladder.play("""
        wire   -> agent  OPEN
        server <- agent  SUBSCRIBE  Expires=0
    """)
    assert gate.asked == [1000]
