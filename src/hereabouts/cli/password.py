"""The password of the user whom a command works for."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

from hereabouts.client import AgentFailed

PASSWORD = "HEREABOUTS_PASSWORD"  # noqa: S105 - the name of the variable, no password


def the_password(given: str | None, file: Path | None = None) -> str | None:
    """The password that was given, or is in the file or the environment, or is asked for.

    `None`: there is none.

    Raises:
        AgentFailed: the file cannot be read.
    """
    chosen = given if given is not None else _held(file)
    if chosen is None:
        chosen = os.environ.get(PASSWORD)
    if chosen is None and sys.stdin.isatty():
        chosen = getpass.getpass("Password (none where the server asks for none): ")
    return chosen or None


def _held(file: Path | None) -> str | None:
    """The first line of the file."""
    if file is None:
        return None
    try:
        with file.open(encoding="utf-8") as lines:
            return lines.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as fault:
        why = getattr(fault, "strerror", None) or "it is not text in UTF-8"
        raise AgentFailed(
            f"the password file {file} cannot be read: {why}; name one that this user may read"
        ) from None
