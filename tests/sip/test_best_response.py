"""RFC 3261 section 16.7, steps 6 and 7."""

from __future__ import annotations

import pytest

from hereabouts.sip.best_response import Ending, best, other_challenges
from hereabouts.sip.message import Response


def answered(status: int, **headers: list[str]) -> Ending:
    named = {name.replace("_", "-"): values for name, values in headers.items()}
    return Ending(status, Response(status, "", [], named, b""))


BEST = [
    ([404, 486], 404, "3261-16.7-1: of one class the first"),
    ([404, 603], 603, "3261-16.7-1: a 6xx before all"),
    ([500, 302, 404], 302, "3261-16.7-1: the lowest class"),
    ([486, 420], 420, "what says how to ask again"),
    ([407, 401], 401, "a challenge before another"),
    ([415, 407], 407, "and before anything else of its class"),
    ([503, 504], 504, "what is out of order is the last of its class"),
]


@pytest.mark.parametrize(
    "statuses, status", [row[:2] for row in BEST], ids=[row[2] for row in BEST]
)
def test_the_best_answer_is_chosen(statuses: list[int], status: int) -> None:
    assert best([answered(each) for each in statuses]).status == status


def test_what_somebody_has_said_is_better_than_what_we_say() -> None:
    busy = answered(486)
    assert best([Ending(408), busy]) is busy


def test_what_is_out_of_order_is_no_503_of_ours() -> None:
    """3261-16.7-1."""
    assert best([answered(503), Ending(503)]) == Ending(
        500, None, "the next server is out of order"
    )


def test_all_that_is_asked_for_is_passed_back() -> None:
    """3261-16.7-2, 8760-2.5-1: as it stood, each branch in its order."""
    chosen = answered(401, www_authenticate=["a", "b"])
    others = [
        answered(407, proxy_authenticate=["d", "c"], www_authenticate=["e"]),
        answered(486, www_authenticate=["no challenge"]),
        answered(401, www_authenticate=["g", "f"]),
        Ending(408),
    ]
    assert other_challenges([chosen, *others], chosen) == [
        "WWW-Authenticate: e",
        "Proxy-Authenticate: d",
        "Proxy-Authenticate: c",
        "WWW-Authenticate: g",
        "WWW-Authenticate: f",
    ]


def test_a_refusal_that_is_no_challenge_has_none_besides() -> None:
    chosen = answered(603)
    assert other_challenges([answered(401, www_authenticate=["a"]), chosen], chosen) == []
