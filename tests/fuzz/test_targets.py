"""Everything that reads bytes of strangers is given real ones, damaged: no fault comes of it."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS
from tests.interop.spoilt import ANYWHERE, Spoil, apply

EXAMPLES = {"server": 60}
"How often a target is asked; others are asked more often."

MANY = 200


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_do_no_harm(name: str) -> None:
    target, seeds = TARGETS[name]
    assert seeds
    for seed in seeds:
        target(seed)


@pytest.mark.parametrize("name", TARGETS)
def test_no_damage_does_harm(name: str) -> None:
    target, seeds = TARGETS[name]

    @settings(max_examples=EXAMPLES.get(name, MANY))
    @given(st.sampled_from(seeds), st.lists(ANYWHERE, max_size=4))
    def harmless(seed: bytes, damages: list[Spoil]) -> None:
        target(apply(damages, seed))

    harmless()


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_do_no_harm(name: str) -> None:
    target, _ = TARGETS[name]

    @settings(max_examples=EXAMPLES.get(name, MANY))
    @example(b"")
    @given(st.binary(max_size=200))
    def harmless(given_bytes: bytes) -> None:
        target(given_bytes)

    harmless()
