"""The five basic services of section 3.5 of the thesis: each is named where a demo shows it."""

from __future__ import annotations

import re

from hereabouts.demo import STORIES
from tests.demo.playing import played, remarks


def test_each_of_the_five_is_named_in_the_demos() -> None:
    figures = [story for name, story in STORIES.items() if name.startswith("figure-")]
    said = " ".join(text for story in figures for text in remarks(played(story)))
    named = re.findall(r"Basic services? ([1-5])(?: and ([1-5]))?", said)
    assert {number for pair in named for number in pair if number} == set("12345")
