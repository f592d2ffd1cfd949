"""The README keeps its word: its example runs, and says what it says it does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0]


def test_the_example_runs_and_prints_what_its_last_line_says() -> None:
    said = EXAMPLE.rstrip().rpartition("# ")[2]
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", EXAMPLE],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert run.stdout.strip() == said


def test_every_page_that_it_links_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (Path(__file__).parent.parent / target).exists(), target
