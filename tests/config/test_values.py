"""Words and numbers are bounded, and say by what."""

from __future__ import annotations

from typing import get_args

import pytest

from hereabouts.config import AlgorithmName, describe
from hereabouts.sip.algorithms import Algorithm
from tests.config.given import fault_of


@pytest.mark.parametrize("token", ["short", "with spaces in it, that", "sixteen-letters\u00e9"])
def test_a_token_that_could_be_guessed_or_not_be_sent_is_refused(token: str) -> None:
    assert "16 or more" in fault_of("", {}, (f"policy.token={token}",))


def test_the_algorithms_are_those_that_digest_knows() -> None:
    assert set(get_args(AlgorithmName)) == {algorithm.token for algorithm in Algorithm}


def test_a_length_of_time_or_size_names_its_unit() -> None:
    for setting in describe():
        for unit in ("seconds", "bytes"):
            if f"number of {unit}" in setting.form:
                assert f"in {unit}" in setting.meaning, setting.name
