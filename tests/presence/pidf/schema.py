"""Whether a document is valid, as the RFCs' own schemas say."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import xmlschema

SCHEMAS = Path(__file__).parents[2] / "schemas"

IMPORTED = {
    "urn:ietf:params:xml:ns:pidf:data-model": "data-model.xsd",
    "urn:ietf:params:xml:ns:pidf:rpid": "rpid.xsd",
}


@cache
def _schema() -> xmlschema.XMLSchema:
    schema = xmlschema.XMLSchema(str(SCHEMAS / "pidf.xsd"), build=False, allow="local")
    for namespace, file in IMPORTED.items():
        schema.import_schema(namespace, str(SCHEMAS / file), build=False)
    schema.build()
    return schema


def faults(body: bytes) -> list[str]:
    """What is not valid in the document; empty if all of it is."""
    return [f"{fault.path}: {fault.reason}" for fault in _schema().iter_errors(body)]
