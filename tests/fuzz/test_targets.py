"""Everything that reads bytes of strangers is given real ones, damaged: no fault comes of it."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS
from tests.interop.spoilt import ANYWHERE, Spoil, apply

EXAMPLES = {"server": 60}
"How often a target is asked; others are asked more often."

MANY = 200

VERY_MANY = 1_000_000
"Damaged packets for the long run."


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_do_no_harm(name: str) -> None:
    target, seeds = TARGETS[name]
    assert seeds
    for seed in seeds:
        target(seed)


@pytest.mark.parametrize("name", TARGETS)
def test_no_damage_does_harm(name: str) -> None:
    """SEC-SIP-3, a little of it each time."""
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


@pytest.mark.soak
def test_a_million_damaged_packets_do_no_harm() -> None:
    """SEC-SIP-3: no exception but our own escapes, and none is read for long (the run would hang).

    The torture messages and what phones send, with bytes replaced, doubled, moved and cut out.
    """
    target, seeds = TARGETS["packet"]
    chance = Random(1)
    for _ in range(VERY_MANY):
        packet = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            at, length = chance.randrange(len(packet) + 1), chance.randint(0, 20)
            piece = packet[at : at + length]
            other = chance.choice(
                (b"", chance.randbytes(length), piece * 3, b"\r\n", b"\x00", b";")
            )
            packet[at : at + length] = other
        target(bytes(packet))
