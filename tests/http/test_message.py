"""Targets, media types, and what a refusal looks like on the wire."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Malformed
from hereabouts.http.message import (
    JSON,
    Problem,
    Request,
    Response,
    answer,
    parse_target,
    phrase,
    write_target,
)

SEGMENTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1)
PARAMETERS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.text(st.characters(exclude_categories=["Cs"])),
    max_size=5,
)


@given(SEGMENTS.map(tuple), PARAMETERS)
def test_what_we_write_we_can_read(path: tuple[str, ...], query: dict[str, str]) -> None:
    assert parse_target(write_target(path, query)) == (path, query)


@given(st.text())
def test_any_target_raises_only_our_own_error(target: str) -> None:
    with suppress(Malformed):
        parse_target(target)


READ = [
    ("/policies/sip:alice@example.com/work", "as it is usually written"),
    ("/policies/sip%3Aalice%40example.com/work", "everything that can be escaped is"),
]


@pytest.mark.parametrize("target", [row[0] for row in READ], ids=[row[1] for row in READ])
def test_a_path_is_decoded(target: str) -> None:
    assert parse_target(target) == (("policies", "sip:alice@example.com", "work"), {})


UNREADABLE = [
    ("policies", "a path begins with a slash"),
    ("*", "as does OPTIONS of all"),
    ("/%ff", "what is no UTF-8"),
    ("/a?b=%c3", "nor in the query"),
    ("/a?b=1&b=2", "a parameter that stands twice means two things"),
    ("/a?" + "&".join(f"p{n}" for n in range(17)), "more parameters than there are"),
]


@pytest.mark.parametrize(
    "target", [row[0] for row in UNREADABLE], ids=[row[1] for row in UNREADABLE]
)
def test_a_target_that_cannot_be_read_is_malformed(target: str) -> None:
    with pytest.raises(Malformed):
        parse_target(target)


@pytest.mark.parametrize(
    "header, media_type",
    [
        ("application/cpl+xml", "application/cpl+xml"),
        ("Application/CPL+XML; charset=utf-8", "application/cpl+xml"),
        ("", ""),
    ],
)
def test_a_media_type_is_without_its_parameters(header: str, media_type: str) -> None:
    request = Request(method="PUT", path=("",), headers={"content-type": header})
    assert request.content_type == media_type


def test_a_problem_says_title_status_and_detail() -> None:
    said = Problem(404, "there is no policy of that name").response()
    assert (said.status, said.content_type) == (404, "application/problem+json")
    assert msgspec.json.decode(said.body) == {
        "title": "Not Found",
        "status": 404,
        "detail": "there is no policy of that name",
    }


def test_a_problem_with_a_script_names_what_was_found() -> None:
    finding = {"line": 3, "code": "E-NAME", "message": "no such element", "remedy": "see"}
    said = Problem(400, "the script has faults", (finding,)).response()
    assert msgspec.json.decode(said.body)["findings"] == [finding]


def test_a_status_without_a_phrase_has_one_nevertheless() -> None:
    assert (phrase(412), phrase(299)) == ("Precondition Failed", "Unknown")


def test_an_answer_is_json_with_the_headers_given() -> None:
    said = answer({"a": 1}, 201, ("ETag", '"x"'))
    assert said == Response(201, b'{"a":1}', JSON, (("ETag", '"x"'),))
    assert said.header("etag") == '"x"'
    assert said.header("location") is None
