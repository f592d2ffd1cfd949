"""The tutorial draws what the demos play: the same parties, the same steps, in the same order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hereabouts.demo import STORIES
from tests.demo.drawing import diagram

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "the-thesis.md"
TEXT = PAGE.read_text(encoding="utf-8")
DIAGRAMS = dict(re.findall(r"hereabouts demo (\S+)\n```\n+```mermaid\n(.*?)```", TEXT, re.DOTALL))
"By the demo that is named right before."


def test_each_demo_has_its_ladder() -> None:
    assert list(DIAGRAMS) == list(STORIES)


@pytest.mark.parametrize("name", list(STORIES))
def test_a_ladder_is_what_its_demo_plays(name: str) -> None:
    assert DIAGRAMS.get(name) == diagram(STORIES[name])


def test_every_page_that_it_links_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (PAGE.parent / target).exists(), target
