"""The two ways to the same: what has a compiled twin is tested both ways."""

from __future__ import annotations

from enum import Enum

import pytest

from hereabouts.native.choice import datagrams, documents, messages, syncing, trees


class Way(Enum):
    """Who does the work."""

    NATIVE = "native"
    PYTHON = "Python"


built = pytest.mark.skipif(
    None in (messages, datagrams, documents, syncing, trees),
    reason="the compiled modules are not there (Debian packages gcc, python3-dev; make install)",
)
"Marks what asks the compiled modules."

WAYS = [
    pytest.param(Way.NATIVE, id=Way.NATIVE.value, marks=built),
    pytest.param(Way.PYTHON, id=Way.PYTHON.value),
]
