"""Each timer of the four transactions, as peers of a proxy see it (RFC 3261 table 4, RFC 6026).

T1 is 0.5 s, T2 4 s and T4 5 s; all on the ladder's clock. `tests/process/test_timers.py` has some
of them in real time.
"""

from __future__ import annotations

import pytest

from tests.ladders.conftest import Play

CALLED = """
    bob   -> node REGISTER
    bob   <- node 200
          40 s pass
    alice -> node INVITE  to=bob
    alice <- node 100
    bob   <- node INVITE
"""
SENT = """
    bob   -> node REGISTER
    bob   <- node 200
          40 s pass
    alice -> node MESSAGE to=bob
    bob   <- node MESSAGE
"""


def at(line: str, *times: float, till: float = 0.0) -> str:
    """A ladder in which this line comes at just these times, counted from now."""
    now, steps = 0.0, []
    for time in times:
        steps += [f"{time - now - 0.01:.2f} s pass", "0.01 s pass", line]
        now = time
    return "\n".join([*steps, f"{till - now:.2f} s pass"] if till else steps)


A = at("bob x- node INVITE", 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, till=31.99)
E = (0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5)
RINGING = "bob -> node 180\n alice <- node 180"
BUSY = "bob -> node 486\n bob <- node ACK\n alice <- node 486"
ANSWERED = "bob -> node 200\n alice <- node 200"

TIMERS = [
    ("A", f"{CALLED} {A}", "3261-17.1.1.2-1: an INVITE again at T1, doubled without end"),
    ("B", f"{CALLED} {A}\n 0.01 s pass\n alice <- node 408\n alice -> node ACK\n 60 s pass",
     "3261-17.1.1.2-1: given up after 64 T1"),
    ("C", (f"{CALLED} {RINGING}\n 180.99 s pass\n 0.01 s pass\n bob <- node CANCEL\n"
     "bob -> node 200 of=CANCEL\n bob -> node 487 of=INVITE\n bob <- node ACK\n alice <- node 487"),
     "3261-16.6-6: cancelled after more than three minutes"),
    ("D", (f"{CALLED} {BUSY}\n alice -> node ACK\n 31.99 s pass\n bob -> node 486 of=INVITE\n"
     "bob <- node ACK\n 0.02 s pass\n bob -> node 486 of=INVITE"),
     "3261-17.1.1.2-1: a refusal that comes again has its ACK for 32 s"),
    ("E", f"{SENT} bob -> node 100\n" + at("bob x- node MESSAGE", 0.5, till=3.5)
     + "\nalice <- node 100\n"
     + at("bob x- node MESSAGE", 1, 5, 9),
     "3261-17.1.2.2-1: a request again at T1, and at T2 once there was anything"),
    ("F", f"{SENT} alice -> node AGAIN\n" + at("bob x- node MESSAGE", *E[:2], till=3.49)
     + "\n0.01 s pass\n bob x- node MESSAGE\n alice <- node 100\n"
     + at("bob x- node MESSAGE", *(time - 3.5 for time in E[3:]), till=28.49) + "\n60 s pass",
     "4320-4.2-1: given up after 64 T1, without a word"),
    ("G", f"{CALLED} {BUSY}\n {at('alice <- node 486', *E[:5])}\n alice -> node ACK\n 60 s pass",
     "3261-17.2.1-1: a refusal again at T1, doubled to T2, until its ACK"),
    ("H", f"{CALLED} {BUSY}\n {at('alice <- node 486', *E, till=31.99)}\n 60 s pass",
     "3261-17.2.1-1: or for 64 T1"),
    ("I", (f"{CALLED} {BUSY}\n alice -> node ACK\n 4.99 s pass\n alice -> node INVITE within=call\n"
     "alice <- node 100\n bob <- node INVITE\n bob -> node 200\n alice <- node 200"),
     "3261-17.2.1-1: ACKs and repetitions are absorbed for T4; a new request is a new one"),
    ("J", (f"{SENT} bob -> node 200\n alice <- node 200\n 31.99 s pass\n alice -> node AGAIN\n"
     "alice <- node 200\n 0.02 s pass\n alice -> node AGAIN\n bob <- node MESSAGE"),
     "3261-17.2.2-1: a request that comes again has its answer for 64 T1"),
    ("K", f"{SENT} bob -> node 200\n alice <- node 200\n bob -> node 200 of=MESSAGE",
     "3261-17.1.2.2-3: an answer that comes again is absorbed"),
    ("L", (f"{CALLED} {ANSWERED}\n 31.99 s pass\n alice -> node AGAIN\n 0.02 s pass\n"
     "alice -> node AGAIN\n alice <- node 100\n bob <- node INVITE"),
     "6026-7.1-1: an INVITE that comes again after its 2xx is absorbed for 64 T1"),
    ("M", (f"{CALLED} {ANSWERED}\n 31.99 s pass\n bob -> node 200 of=INVITE\n alice <- node 200\n"
     "0.02 s pass\n bob -> node 200 of=INVITE"),
     "6026-7.2-1: a 2xx that comes again is passed back for 64 T1"),
]  # fmt: skip


@pytest.mark.parametrize(
    "script", [row[1] for row in TIMERS], ids=[f"{row[0]}, {row[2]}" for row in TIMERS]
)
def test_every_timer_runs_as_long_as_it_is_to(ladder: Play, script: str) -> None:
    ladder.play(script)


REFUSED = f"{CALLED} {BUSY}\n alice -> node ACK"
KEPT = [
    (REFUSED, 2, 4.99, "timers D and I run"),
    (REFUSED, 1, 5.0, "timer I is over: T4 after the ACK"),
    (REFUSED, 0, 32.0, "and timer D"),
    (f"{CALLED} {ANSWERED}", 2, 31.99, "timers L and M"),
    (f"{CALLED} {ANSWERED}", 0, 32.0, "are over together"),
    (f"{SENT} bob -> node 200\n alice <- node 200", 1, 31.99, "timer J; K keeps nothing"),
    (f"{SENT} bob -> node 200\n alice <- node 200", 0, 32.0, "is over"),
]


@pytest.mark.parametrize(
    "script, kept, after", [row[:3] for row in KEPT], ids=[row[3] for row in KEPT]
)
def test_nothing_is_kept_longer_than_its_timer(
    ladder: Play, script: str, kept: int, after: float
) -> None:
    """3261-17.2.1-1, 3261-17.1.1.2-1."""
    ladder.play(f"{script}\n {after} s pass")
    assert ladder.stage.node.endpoint.kept == kept


def test_on_streams_nothing_lingers_but_what_a_fork_may_still_say(ladder: Play) -> None:
    """Timers D, I, J and K are 0 there; L and M are not (6026-7.1-1, 6026-7.2-1)."""
    ladder.play("alice -> node CONNECT\n bob -> node CONNECT")
    ladder.play(f"{SENT} bob -> node 200\n alice <- node 200")
    assert ladder.stage.node.endpoint.kept == 0
    ladder.play("""
        alice -> node INVITE  to=bob
        alice <- node 100
        bob   <- node INVITE
        bob   -> node 486
        bob   <- node ACK
        alice <- node 486
        alice -> node ACK
    """)
    assert ladder.stage.node.endpoint.kept == 0
    ladder.play("""
        alice -> node INVITE  to=bob
        alice <- node 100
        bob   <- node INVITE
        bob   -> node 200
        alice <- node 200
    """)
    assert ladder.stage.node.endpoint.kept == 2
    ladder.play("32 s pass")
    assert ladder.stage.node.endpoint.kept == 0
