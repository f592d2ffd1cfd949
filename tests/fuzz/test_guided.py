"""The targets for longer, with an eye on which lines were reached; needs atheris.

It is in no lock (docs/decisions/0001-dependencies.md): `pip install atheris==3.0.0` takes it.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

SECONDS = 60
"For each target."

SLOWEST = 10
"Seconds that one input may take."

LONGEST = 16_384
"Bytes of an input."

ROOT = Path(__file__).parents[2]


@pytest.mark.soak
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed (PyPI atheris)")
@pytest.mark.parametrize("name", TARGETS)
def test_no_bytes_that_reach_new_lines_do_harm(name: str, tmp_path: Path) -> None:
    limits = (f"-max_total_time={SECONDS}", f"-timeout={SLOWEST}", f"-max_len={LONGEST}")
    run = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", name, tmp_path, *limits],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=10 * SECONDS,
        check=False,
    )
    harmful = [
        path.read_bytes()
        for kind in ("crash", "timeout", "oom", "leak")
        for path in tmp_path.glob(f"{kind}-*")
    ]
    assert run.returncode == 0, f"{harmful}\n{run.stderr[-4000:]}"
    assert "Done " in run.stderr
