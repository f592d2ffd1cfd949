from __future__ import annotations

from hereabouts.policy.compilations import Compilations
from hereabouts.policy.cpl.compiler import compile_script
from tests.policy.samples import EXAMPLES, WORKING_HOURS

SCRIPT = WORKING_HOURS.encode()


def test_a_script_is_compiled_once() -> None:
    compilations = Compilations(10_000)
    compiled = compilations.of(SCRIPT)
    assert compiled == compile_script(SCRIPT)
    assert compilations.of(bytes(SCRIPT)) is compiled


def test_a_script_that_is_refused_is_none() -> None:
    compilations = Compilations(10_000)
    assert compilations.of(b"<cpl>") is None
    assert compilations.of(b"<cpl>") is None
    assert len(compilations) == 1


def test_what_was_asked_for_last_is_kept_within_the_bound() -> None:
    one, two, three = [script.encode() for script in EXAMPLES.values()]
    compilations = Compilations(len(one) + len(two) + len(three) - 1)
    kept = compilations.of(one)
    gone = compilations.of(two)
    compilations.of(one)
    compilations.of(three)
    assert len(compilations) == 2
    assert compilations.of(one) is kept
    assert compilations.of(two) is not gone


def test_one_that_is_longer_than_the_bound_is_compiled_all_the_same() -> None:
    compilations = Compilations(10)
    assert compilations.of(SCRIPT) == compile_script(SCRIPT)
    assert len(compilations) == 0
