"""The rows of the conformance table: what the standards demand, and how each demand is tried.

`rows.json` states the demands in words of our own, by the RFC and section that each was read in;
those marked as from memory are general practice, to which no sentence was matched.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One demand."""

    id: str
    "RFC, section and a number within the section; of torture messages, the name of the message."
    rfc: str
    "The number of the RFC, or `SEC` for what security demands beside them."
    section: str
    level: str
    "`MUST`, `SHOULD`, `MAY`, or `impl.` for what follows without a key word."
    priority: int
    "1: unsafe or useless without it; 2: needed to claim the RFC; 3: an extension."
    role: str
    "S server, REG registrar, PX proxy, A agent, RLS, XCAP, WS WebSocket listener, GW gateway."
    requirement: str
    test: str
    "What a peer sends, and what it must see."
    is_from_memory: bool


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All rows, and what the RFCs they come from are about."""

    titles: dict[str, str]
    rows: tuple[Row, ...]


TABLE = msgspec.json.decode((FOLDER / "rows.json").read_bytes(), type=Table)
ROWS = {row.id: row for row in TABLE.rows}
"Each row by its id, in the order of the table."

COMPLETE = frozenset(
    {"3261", "8760", "3581", "3263", "5626", "7118", "4320", "6026", "5393", "SEC", "4475", "5118"}
)
"RFCs whose rows of priority 1 and 2 each have a test, or a reason for having none."
