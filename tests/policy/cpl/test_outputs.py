from __future__ import annotations

import pytest

from hereabouts.policy.cpl.element import CPL, Element
from hereabouts.policy.cpl.finding import Code, Report
from hereabouts.policy.cpl.outputs import outputs
from hereabouts.policy.cpl.tree import When


def read(names: str, most: int = 100) -> tuple[list[When], list[tuple[Code, int]]]:
    """The outputs of a switch with children of these names, and what is wrong with them."""
    children = tuple(
        [Element(line, (CPL, name), {}, {}, ()) for line, name in enumerate(names.split(), 1)]
    )
    report = Report()
    switch = Element(0, (CPL, "switch"), {}, {}, children)
    found = [when for _, when in outputs(switch, (CPL, "test"), most, report)]
    return found, [(each.code, each.line) for each in report.findings]


@pytest.mark.parametrize(
    "names, problems",
    [
        pytest.param("", [], id="a switch may be empty"),
        pytest.param("otherwise", [], id="or have nothing but otherwise"),
        pytest.param("not-present test otherwise", [], id="not-present first"),
        pytest.param("test not-present test otherwise", [], id="or in the middle"),
        pytest.param("test test not-present", [], id="or last"),
        pytest.param("otherwise test", [(Code.OTHERWISE_LAST, 2)], id="nothing after otherwise"),
        pytest.param("otherwise not-present", [(Code.OTHERWISE_LAST, 2)], id="nor not-present"),
        pytest.param("otherwise otherwise", [(Code.OTHERWISE_TWICE, 2)], id="otherwise once"),
        pytest.param(
            "not-present test not-present", [(Code.NOT_PRESENT_TWICE, 3)], id="not-present once"
        ),
        pytest.param("test allow", [(Code.OUTPUT, 2)], id="nothing else"),
    ],
)
def test_outputs_have_an_order(names: str, problems: list[tuple[Code, int]]) -> None:
    assert read(names)[1] == problems


def test_each_output_says_when_it_is_taken() -> None:
    assert read("test not-present otherwise")[0] == [When.MET, When.NOT_PRESENT, When.OTHERWISE]


def test_what_is_no_output_is_passed_over() -> None:
    assert read("allow test")[0] == [When.MET]


def test_there_are_so_many_at_most() -> None:
    assert read("test " * 3, most=3)[1] == []
    assert read("test " * 4, most=3)[1] == [(Code.SIZE, 0)]
