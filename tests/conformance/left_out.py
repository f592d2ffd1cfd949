"""Which rows have no test, and why (`left_out.toml`)."""

from __future__ import annotations

import msgspec

from tests.conformance.rows import FOLDER


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a row has no test."""

    reason: str
    decision: str | None = None
    "The name of the decision record; rows of priority 1 have one."


class LeftOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All rows without a test."""

    coming: dict[str, tuple[str, ...]]
    "By the name of the branch that brings its test: rows that it has to."
    reasons: dict[str, Reason]

    def by_id(self) -> dict[str, Reason]:
        """Each row, and why it has no test."""
        coming = {
            each: Reason(f"branch {branch} brings it")
            for branch, ids in self.coming.items()
            for each in ids
        }
        return coming | self.reasons


LEFT_OUT = msgspec.toml.decode((FOLDER / "left_out.toml").read_bytes(), type=LeftOut)
