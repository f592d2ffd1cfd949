"""Whether a script is valid, as the schemas of RFC 3880 and of our extension say."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import xmlschema

SCHEMAS = Path(__file__).parents[1] / "schemas"


@cache
def _schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(SCHEMAS / "cpl-presence.xsd"), allow="local")


def faults(script: str) -> list[str]:
    """What is not valid in the script; empty if all of it is."""
    return [f"{fault.path}: {fault.reason}" for fault in _schema().iter_errors(script)]
