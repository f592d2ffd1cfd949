"""What is kept alive at a server; shown on a registration, which adds next to nothing to it."""

from __future__ import annotations

import pytest

from tests.roles.agent_stage import ladder

BEGIN = """
    user   -> agent  REGISTER
    server <- agent  REGISTER    CSeq=1 Expires=1000
    server -> agent  200         Expires=1000
    user   <- agent  REGISTERED  standing=kept
"""


def test_there_is_one_request_at_a_time() -> None:
    """RFC 3261 section 10.2, RFC 3903 section 4: none before the answer to the last."""
    ladder().play("""
        user   -> agent  REGISTER
        server <- agent  REGISTER    CSeq=1
        user   -> agent  REGISTER
        user   -> agent  UNREGISTER
        user   -> agent  REGISTER
                3 s pass
        server -> agent  200
        server <- agent  REGISTER    CSeq=2 Expires=1000
        server -> agent  200
        user   <- agent  REGISTERED  standing=kept
    """)


TROUBLES = [
    ("503 Retry-After=20", 20, "it says when"),
    ("503", 1, "a pause of ours"),
    ("500", 1, "a fault of the server"),
    ("408", 1, "a proxy had no answer"),
]


@pytest.mark.parametrize(
    "answer, pause", [row[:2] for row in TROUBLES], ids=[row[2] for row in TROUBLES]
)
def test_what_may_pass_is_tried_again(answer: str, pause: int) -> None:
    ladder().play(f"""
        user   -> agent  REGISTER
        server <- agent  REGISTER    CSeq=1
        server -> agent  {answer}
        user   <- agent  REGISTERED  standing=troubled pause={pause}
                {pause - 0.1} s pass
                0.2 s pass
        server <- agent  REGISTER    CSeq=2
    """)


def test_pauses_grow_until_it_succeeds() -> None:
    ladder().play("""
        user   -> agent  REGISTER
        server <- agent  REGISTER
        server -> agent  503
        user   <- agent  REGISTERED  pause=1
                1.1 s pass
        server <- agent  REGISTER
        server -> agent  503
        user   <- agent  REGISTERED  pause=2
                2.1 s pass
        server <- agent  REGISTER
        server -> agent  200         Expires=1000
        user   <- agent  REGISTERED  standing=kept
                850.1 s pass
        server <- agent  REGISTER
        server -> agent  503
        user   <- agent  REGISTERED  pause=1
    """)


def test_without_an_answer_it_is_tried_again() -> None:
    ladder().play("""
        user   -> agent  REGISTER
        server x- agent  REGISTER    CSeq=1
                32.1 s pass
        user   <- agent  REGISTERED  standing=troubled answer=none
                1 s pass
        server <- agent  REGISTER    CSeq=2
    """)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 501, 603])
def test_a_refusal_is_final_until_it_is_wished_again(status: int) -> None:
    ladder().play(f"""
        user   -> agent  REGISTER
        server <- agent  REGISTER    CSeq=1
        server -> agent  {status}
        user   <- agent  REGISTERED  standing=refused answer={status}
        wire   -> agent  BREAK
                5000 s pass
        user   -> agent  REGISTER
        server <- agent  REGISTER    CSeq=2
    """)


@pytest.mark.parametrize("more", ["", "Min-Expires=5", "Min-Expires=odd"])
def test_too_brief_without_a_longer_time_is_a_refusal(more: str) -> None:
    ladder().play(f"""
        user   -> agent  REGISTER
        server <- agent  REGISTER
        server -> agent  423         {more}
        user   <- agent  REGISTERED  standing=refused
    """)


def test_more_than_was_asked_for_is_not_believed() -> None:
    ladder().play("""
        user   -> agent  REGISTER
        server <- agent  REGISTER    Expires=1000
        server -> agent  200         Expires=99999
        user   <- agent  REGISTERED
                850.1 s pass
        server <- agent  REGISTER
    """)


# --- the end


def test_what_never_was_asked_for_has_nothing_to_end() -> None:
    ladder().play("""
        user   -> agent  UNREGISTER
        user   <- agent  REGISTERED  standing=ended
    """)


ANSWERS = [("200", "confirmed"), ("404", "gone already"), ("503", "not tried again")]


@pytest.mark.parametrize("status", [row[0] for row in ANSWERS], ids=[row[1] for row in ANSWERS])
def test_whatever_the_answer_the_end_is_the_end(status: str) -> None:
    ladder().play(f"""
        {BEGIN}
        user   -> agent  UNREGISTER
        server <- agent  REGISTER    Expires=0
        server -> agent  {status}
        user   <- agent  REGISTERED  standing=ended
        wire   -> agent  BREAK
                5000 s pass
    """)


@pytest.mark.parametrize("status", ["200", "503"])
def test_the_end_waits_for_the_request_that_is_out(status: str) -> None:
    """A 503 does not say that the server has done nothing."""
    ladder().play(f"""
        user   -> agent  REGISTER
        server <- agent  REGISTER    CSeq=1 Expires=1000
        user   -> agent  UNREGISTER
        server -> agent  {status}
        server <- agent  REGISTER    CSeq=2 Expires=0
        server -> agent  200
        user   <- agent  REGISTERED  standing=ended
    """)


def test_what_was_refused_needs_no_end() -> None:
    ladder().play("""
        user   -> agent  REGISTER
        server <- agent  REGISTER
        user   -> agent  UNREGISTER
        server -> agent  403
        user   <- agent  REGISTERED  standing=ended
    """)


def test_a_change_of_mind_during_the_end_begins_anew() -> None:
    ladder().play(f"""
        {BEGIN}
        user   -> agent  UNREGISTER
        server <- agent  REGISTER    Expires=0
        user   -> agent  REGISTER
        server -> agent  200
        server <- agent  REGISTER    Expires=1000
        server -> agent  200
        user   <- agent  REGISTERED  standing=kept
    """)


def test_an_end_while_it_waits_to_try_again_asks_for_removal() -> None:
    ladder().play("""
        user   -> agent  REGISTER
        server <- agent  REGISTER
        server -> agent  503         Retry-After=100
        user   <- agent  REGISTERED  standing=troubled
        user   -> agent  UNREGISTER
        server <- agent  REGISTER    Expires=0
        server -> agent  200
        user   <- agent  REGISTERED  standing=ended
                5000 s pass
    """)
