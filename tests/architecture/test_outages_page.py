"""The page about outages names each test that cuts a part off, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "outages.md"


def test_each_outage_that_is_tested_has_its_row() -> None:
    named = re.findall(r"`(test_\w+)`", PAGE.read_text(encoding="utf-8"))
    files = [*ROOT.glob("tests/process/test_outages*.py"), ROOT / "tests/interop/test_outages.py"]
    texts = [path.read_text(encoding="utf-8") for path in files]
    tests = [name for text in texts for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)]
    assert sorted(named) == sorted(tests)
