"""The steps of registrations and updates, told to the journal."""

from __future__ import annotations

from hereabouts.base.journal import Grade, Journal, hears
from hereabouts.presence.steps import Step, Tell


def steps_to(journal: Journal) -> Tell | None:
    """What tells the journal of each step; `None`: it does not want to hear of any."""
    if not hears(journal, Grade.DEBUG):
        return None

    def tell(step: Step, presentity: str, part: str) -> None:
        fields = {"step": step.value, "presentity": presentity}
        if part:
            fields["part"] = part
        journal.say(Grade.DEBUG, "presence step", **fields)

    return tell
