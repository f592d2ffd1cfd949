"""Which handler answers which path and method."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.http.gate import Asker
from hereabouts.http.message import Problem, Request, Response
from hereabouts.http.routing import Route, route
from tests.net.stage import run


async def say(request: Request, _asker: Asker, *parts: str) -> Response:
    return Response(200, f"{request.method} {' '.join(parts)}".encode())


ROUTES = (
    Route("/policies", {"GET": say}, frozenset({"text"})),
    Route("/policies/{owner}/{name}", {"GET": say, "PUT": say}),
)


def ask(method: str, *path: str, query: dict[str, str] | None = None) -> Response:
    request = Request(method=method, path=path, query=query or {})
    return run(route(ROUTES, request, Asker(None)))


FOUND = [
    (("GET", "policies"), b"GET ", "a path as it stands"),
    (("PUT", "policies", "a", "b"), b"PUT a b", "what is open is handed on"),
    (("HEAD", "policies"), b"HEAD ", "HEAD is a GET without the body"),
]


@pytest.mark.parametrize("asked, said", [row[:2] for row in FOUND], ids=[row[2] for row in FOUND])
def test_the_handler_of_path_and_method_answers(asked: tuple[str, ...], said: bytes) -> None:
    assert ask(*asked).body == said


def test_a_parameter_that_is_known_is_let_through() -> None:
    assert ask("GET", "policies", query={"text": "x"}).status == 200


REFUSED = [
    (("GET", "nowhere"), {}, 404, "an unknown path"),
    (("GET", "policies", "a"), {}, 404, "a path too short"),
    (("GET", "policies", ""), {}, 404, "a slash at the end is another path"),
    (("DELETE", "policies"), {}, 405, "a method that is not there"),
    (("GET", "policies"), {"txet": "x"}, 400, "a parameter that means nothing"),
    (("GET", "policies", "a", "b"), {"text": "x"}, 400, "or nothing here"),
]


@pytest.mark.parametrize(
    "asked, query, status", [row[:3] for row in REFUSED], ids=[row[3] for row in REFUSED]
)
def test_what_is_not_there_is_refused(
    asked: tuple[str, ...], query: dict[str, str], status: int
) -> None:
    with pytest.raises(Problem) as refused:
        ask(*asked, query=query)
    assert refused.value.status == status


def test_a_405_says_what_is_allowed() -> None:
    with pytest.raises(Problem) as refused:
        ask("DELETE", "policies", "a", "b")
    assert refused.value.headers == (("Allow", "GET, PUT"),)


def status_of(method: str, path: list[str], query: dict[str, str]) -> int:
    try:
        return ask(method, *path, query=query).status
    except Problem as problem:
        return problem.status


@given(st.text(), st.lists(st.text()), st.dictionaries(st.text(), st.text()))
def test_anything_at_all_is_answered_or_refused(
    method: str, path: list[str], query: dict[str, str]
) -> None:
    assert status_of(method, path, query) in (200, 400, 404, 405)
