"""A target of `targets.py`, fuzzed with atheris, which looks for bytes that reach new lines.

    python -m tests.fuzz.guided TARGET FOLDER [options of libFuzzer]

FOLDER gets the seeds, and what atheris makes of them; the one that does harm is put there too.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main(name: str, folder: Path, *options: str) -> None:
    """Fuzz until libFuzzer's options end it; it ends the process itself, with 0 if all was well."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["hereabouts"]):
        target, seeds = importlib.import_module("tests.fuzz.targets").TARGETS[name]
    for number, seed in enumerate(seeds):
        (folder / f"seed-{number}").write_bytes(seed)
    atheris.Setup([sys.argv[0], str(folder), f"-artifact_prefix={folder}/", *options], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
