"""The page about policies says what is: its examples are accepted, its tables are complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hereabouts.policy.actions import MODIFIERS, OPERATIONS
from hereabouts.policy.cpl.element import tag
from hereabouts.policy.cpl.finding import Code
from hereabouts.policy.facts import Kind, Trigger
from hereabouts.policy.point import Point
from hereabouts.policy.switches import SWITCHES
from hereabouts.policy.switches import address as addresses
from hereabouts.policy.switches import subscription as subscriptions
from hereabouts.policy.switches.address_parts import PARTS
from tests.policy.samples import EXAMPLES

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "policies.md").read_text("utf-8")


def test_its_scripts_are_those_that_are_tested() -> None:
    assert sorted(re.findall(r"```xml\n(.*?)```", PAGE, re.DOTALL)) == sorted(EXAMPLES.values())


def test_its_tables_of_findings_have_every_code_once() -> None:
    assert re.findall(r"^\| ([EW]-[A-Z-]+) \|", PAGE, re.MULTILINE) == [each.value for each in Code]


@pytest.mark.parametrize(
    "words",
    [
        pytest.param([f"`p:{point.value}`" for point in Point], id="points"),
        pytest.param([f"`{tag(name)}`" for name in SWITCHES], id="switches"),
        pytest.param([f"<{tag(name)}" for name in (*OPERATIONS, *MODIFIERS)], id="actions"),
        pytest.param([f"`{field}`" for field in addresses.FIELDS], id="addresses"),
        pytest.param([f"`{part}`" for part in PARTS], id="parts of addresses"),
        pytest.param([f"`{field}`" for field in subscriptions.FIELDS], id="subscriptions"),
        pytest.param([f"`{each.value}`" for each in (*Kind, *Trigger)], id="kinds and causes"),
    ],
)
def test_it_names_all_there_is(words: list[str]) -> None:
    assert [word for word in words if word not in PAGE] == []
