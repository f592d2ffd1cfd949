"""Finds what ties the project to one machine: its folders, and the hosts it gets packages from."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

# A folder that one machine has and the next may not, where it begins a path.
MACHINE_PATH = re.compile(
    r"(?<![\w.*:/>\-])/(?:work|root|home|tmp|opt|Users)(?:/[\w.]|$|(?=[\s'\"`]))"
)

# The host a registry, or a mirror of one, answers at. A lock says what a package is (its hash);
# where to get it is the machine's affair.
REGISTRY_HOST = re.compile(
    r"\b(?:[\w-]+\.)*(?:pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|npmjs\.cdn|crates\.io"
    r"|docker\.io|ghcr\.io|quay\.io|rubygems\.org|proxy\.golang\.org)\b"
    r"|--(?:extra-)?index-url[ =]\S|--find-links[ =]\S",
    re.IGNORECASE,
)


def addresses(text: str) -> Iterator[tuple[int, str]]:
    """Each machine path and registry host in `text`, with its line."""
    for number, line in enumerate(text.splitlines(), start=1):
        for pattern in (MACHINE_PATH, REGISTRY_HOST):
            yield from ((number, found.group()) for found in pattern.finditer(line))


def project_files(root: Path) -> Iterator[Path]:
    """The files that belong to the project: those in git, and those that will be."""
    # A checkout may belong to another user than the one who runs the tests: root, in CI.
    listed = subprocess.run(
        [
            "git",
            "-c",
            "safe.directory=*",
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
        ],
        cwd=root,
        check=True,
        capture_output=True,
    )
    paths = (root / name for name in listed.stdout.decode().split("\0") if name)
    return (path for path in paths if path.is_file())
