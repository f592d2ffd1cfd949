"""The checker finds what it is for: each breach is planted in a small tree of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.layers import violations

ROOT = Path(__file__).parents[2] / "src" / "hereabouts"


def planted(folder: Path, place: str, text: str) -> list[str]:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return list(violations(folder))


def test_the_source_keeps_the_rules() -> None:
    found = list(violations(ROOT))
    assert not found, "\n".join(found)


FORBIDDEN = [
    ("sip/a.py", "import hereabouts.presence.view", "a lower layer names a higher one"),
    ("sip/a.py", "from hereabouts.presence import view", "as above, by the other form"),
    ("sip/a.py", "from ..presence import view", "a relative import hides nothing"),
    ("sip/headers/a.py", "from ...policy.cpl import tree", "nor does one from further down"),
    ("sip/__init__.py", "from ..presence import view", "nor one in a package's own file"),
    (
        "sip/a.py",
        "import typing\nif typing.TYPE_CHECKING:\n    from hereabouts.roles import node",
        "a type is knowledge too",
    ),
    ("sip/a.py", "def f():\n    from hereabouts.net import udp", "late is no excuse"),
    (
        "sip/a.py",
        "import importlib\nimportlib.import_module('hereabouts.net.udp')",
        "an import by text is an import",
    ),
    ("net/a.py", "from hereabouts.http import api", "neighbours do not know each other"),
    ("config.py", "from hereabouts.devices import idle", "a file is a neighbour as well"),
    ("client.py", "from hereabouts import cli", "the library needs no command"),
    ("base/a.py", "from hereabouts.storage import interface", "base knows nobody above"),
    ("native/a.py", "from hereabouts.base import xml", "what is compiled knows nobody at all"),
    ("sip/a.py", "from hereabouts.storage.sqlite import SqliteStore", "a backend is chosen above"),
    ("sip/a.py", "from hereabouts.storage import suspension", "roles alone drives what suspends"),
    ("cli.py", "from hereabouts.storage import suspension", "not even the highest sees it"),
    ("sip/a.py", "from hereabouts import storage", "all of storage is more than its interface"),
    ("sip/a.py", "from hereabouts.storage import *", "a star is all of it too"),
    ("net/a.py", "from hereabouts.storage import interface", "net stores nothing"),
    ("sip/a.py", "import hereabouts", "the top has everything under it"),
    ("gossip/a.py", "", "a new package gets a place first"),
    ("sip/a.py", "from hereabouts.gossip import a", "nobody leans on what has no place"),
    ("sip/a.py", "import asyncio", "the loop is net's"),
    ("presence/a.py", "from concurrent.futures import Future", "no threads below"),
    ("policy/a.py", "import time", "the clock is an argument"),
    ("policy/a.py", "from datetime import datetime as d\nd.now()", "the clock under a new name"),
    ("policy/a.py", "import datetime\nclock = datetime.datetime.now", "handed on, not called"),
    ("policy/a.py", "import datetime as d\nd.date.today()", "today is the clock too"),
    ("base/a.py", "from uuid import uuid4", "chance is injected"),
    ("base/a.py", "import uuid\nuuid.uuid4()", "chance by its whole name"),
    ("sip/a.py", "import os.path", "files are not for rules"),
    ("presence/a.py", "open('x')", "a file may be opened without an import"),
    ("sip/a.py", "from hereabouts.native.choice import datagrams", "what is compiled counts too"),
    ("devices/a.py", "import socket", "who is not listed does no I/O"),
    ("roles/a.py", "import socket", "roles has the loop, and no more than that"),
    ("config.py", "import asyncio", "config reads files, and no more than that"),
]


@pytest.mark.parametrize(
    "place, text", [row[:2] for row in FORBIDDEN], ids=[row[2] for row in FORBIDDEN]
)
def test_a_breach_is_found(tmp_path: Path, place: str, text: str) -> None:
    found = planted(tmp_path, place, text)
    line = 1 + text.count("\n")
    assert [breach for breach in found if breach.startswith((f"{place}:{line} ", f"{place}:1 "))]


ALLOWED = [
    ("presence/a.py", "from hereabouts.sip import message", "a higher layer names a lower one"),
    ("presence/a.py", "from hereabouts.presence.view import View", "a package knows itself"),
    ("presence/a.py", "from . import view", "by a relative name as well"),
    ("sip/a.py", "from hereabouts.storage.interface import Store", "the interface is for all"),
    ("storage/a.py", "from hereabouts.storage import sqlite", "storage knows itself"),
    ("roles/a.py", "from hereabouts.storage import sqlite, suspension", "roles chooses"),
    ("roles/a.py", "import asyncio", "roles runs what others describe"),
    ("cli.py", "from hereabouts.roles import node\nimport socket", "the top does as it must"),
    ("__main__.py", "from hereabouts.cli import main", "the way in is the highest"),
    ("config.py", "from pathlib import Path", "config reads files"),
    ("sip/a.py", "from hereabouts import __version__", "the version is for all"),
    ("sip/a.py", "from http import HTTPStatus", "a table of numbers is no network"),
    ("sip/a.py", "from datetime import UTC, datetime\ndatetime.fromtimestamp(0, UTC)", "no clock"),
    ("sip/a.py", "def f(input, now):\n    return now(input)", "an argument hides a built-in"),
    ("sip/a.py", "def f(self):\n    self.datetime.now()", "another thing of the same name"),
    ("sip/a.py", "import hashlib\nimport re", "most of the library is harmless"),
]


@pytest.mark.parametrize(
    "place, text", [row[:2] for row in ALLOWED], ids=[row[2] for row in ALLOWED]
)
def test_what_is_allowed_is_left_alone(tmp_path: Path, place: str, text: str) -> None:
    assert planted(tmp_path, place, text) == []


def test_a_breach_is_named_by_file_line_and_reason(tmp_path: Path) -> None:
    text = "import re\nfrom hereabouts.net import udp\n"
    assert planted(tmp_path, "sip/a.py", text) == [
        "sip/a.py:2 imports hereabouts.net.udp: net stands above sip"
    ]
