"""Which of the compiled modules there are, and may be used.

`HEREABOUTS_PURE=1` in the environment turns them all off: to compare, or to rule them out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from hereabouts.native.interface import Datagrams, Documents, Messages, Syncing, Trees

PURE = "HEREABOUTS_PURE"


def load(name: str, environment: Mapping[str, str]) -> Any:  # noqa: ANN401 - a module, or None
    """The compiled module of this name; `None` where it was not built or is not wanted."""
    if environment.get(PURE, "0") not in ("", "0"):
        return None
    try:
        return import_module(f"hereabouts.native.{name}")
    except ImportError:
        return None


messages: Messages | None = load("messages", os.environ)
datagrams: Datagrams | None = load("datagrams", os.environ)
syncing: Syncing | None = load("syncing", os.environ)
documents: Documents | None = load("documents", os.environ)
trees: Trees | None = load("trees", os.environ)


def hot_path() -> str:
    """Who does the work that is done most: `native`, or `Python` where nothing compiled is used."""
    return "Python" if messages is None else "native"
