"""Every setting is described, and the page has them all."""

from __future__ import annotations

import re

import msgspec

from hereabouts.config import SECTIONS, describe, reference_page


def test_every_setting_is_described() -> None:
    described = {(setting.section, setting.name) for setting in describe()}
    assert described == {
        (section, field.name)
        for section, struct in SECTIONS.items()
        for field in msgspec.structs.fields(struct)
    }
    assert all(setting.meaning.endswith(".") for setting in describe()), "a sentence each"


def test_every_setting_has_its_row_in_the_page() -> None:
    sections = re.findall(
        r"^## `\[(\w+)\]`(.*?)(?=^## )", reference_page(), re.DOTALL | re.MULTILINE
    )
    rows = [
        (section, name)
        for section, text in sections
        for name in re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    ]
    assert rows == [(setting.section, setting.name) for setting in describe()]
