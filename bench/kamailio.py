"""Kamailio as a contestant: its configuration and its database."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from string import Template

import msgspec

MODULES = "lib/*/kamailio/modules"
TABLES = "share/kamailio/db_sqlite"
"Where Debian keeps the modules and the scripts that make the tables, below a prefix."


class Mode(msgspec.Struct, frozen=True):
    """What its presence module keeps where."""

    subscriptions: int
    "`subs_db_mode`."
    publications: int
    "`publ_cache`."


MEMORY_ONLY = Mode(subscriptions=0, publications=2)
WRITTEN_THROUGH = Mode(subscriptions=1, publications=1)


def missing() -> str | None:
    """What is not installed of it."""
    program = shutil.which("kamailio")
    if program is None:
        return "kamailio is not installed"
    for part in (f"{MODULES}/presence.so", f"{MODULES}/db_sqlite.so", f"{TABLES}/*"):
        if not list(_prefix(program).glob(part)):
            return f"kamailio is installed, but not its {part.rpartition('/')[2]} ({part})"
    return None


def version() -> str | None:
    """Its version, such as `5.6.3`; `None` where it is not installed."""
    program = shutil.which("kamailio")
    if program is None:
        return None
    first = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stdout
    return first.split()[2]


def prepare(folder: Path, port: int, mode: Mode) -> list[str]:
    """How to start it, with its configuration and an empty database in `folder`."""
    program = shutil.which("kamailio")
    assert program, "asked for although it is missing"
    (modules,) = _prefix(program).glob(MODULES)
    _make_tables(folder / "kamailio.db", _prefix(program) / TABLES)
    file = folder / "kamailio.cfg"
    file.write_text(configuration(folder, port, modules, mode))
    # In the foreground, with room for 100,000 subscriptions in shared memory.
    return [program, "-DD", "-E", "-m", "2048", "-M", "32", "-f", str(file)]


def configuration(folder: Path, port: int, modules: Path, mode: Mode) -> str:
    """kamailio.cfg with all its blanks filled in."""
    template = Template(Path(__file__).with_name("kamailio.cfg").read_text())
    return template.substitute(
        port=port,
        folder=folder,
        modules=modules,
        subscriptions_mode=mode.subscriptions,
        publications_mode=mode.publications,
    )


def _prefix(program: str) -> Path:
    return Path(program).resolve().parent.parent


def _make_tables(database: Path, scripts: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")  # kept in the file; Kamailio sets none
        for name in ("standard", "presence", "rls"):
            connection.executescript((scripts / f"{name}-create.sql").read_text())
