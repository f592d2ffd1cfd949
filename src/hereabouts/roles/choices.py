"""What the user of an edge presence server can ask of it: `edge set` and `edge show`."""

from __future__ import annotations

from hereabouts.base.units import Moment
from hereabouts.devices.manual import SLOT
from hereabouts.devices.words import KEYS, BadWords, read_table
from hereabouts.presence.composition import Published
from hereabouts.presence.pua import Puas
from hereabouts.presence.statement import Statement
from hereabouts.roles.commands import Arguments, Command, CommandRefused


class Choices:
    """The commands about the devices of one presentity."""

    def __init__(self, presentity: str, puas: Puas) -> None:
        self._presentity = presentity
        self._puas = puas

    @property
    def table(self) -> dict[str, Command]:
        """The commands by name."""
        return {"edge set": self._set, "edge show": self._show}

    async def _set(self, arguments: Arguments, now: Moment) -> object:
        pua = self._puas.of(SLOT)
        assert pua is not None, "an edge has the device that is set by hand"
        try:
            said = read_table({key: arguments[key] for key in KEYS if key in arguments})
        except BadWords as fault:
            raise CommandRefused(fault.told) from None
        await pua.choose(said, now)
        return {"presentity": self._presentity, **_row(said)}

    async def _show(self, _arguments: Arguments, now: Moment) -> object:
        known = {each.slot: each for each in await self._puas.fetch(self._presentity, now)}
        return {
            "presentity": self._presentity,
            "devices": [
                {"device": device.name, **_shown(known.get(device.slot))}
                for device in self._puas.devices()
            ],
        }


def _shown(published: Published | None) -> dict[str, object]:
    """What a device says, and since when; nothing, if it says nothing."""
    if published is None:
        return _row(Statement()) | {"since": None}
    return _row(Statement.of(published.document)) | {"since": published.published_at}


def _row(said: Statement) -> dict[str, object]:
    basic = said.basic.value if said.basic else None
    return {"basic": basic, "note": said.note, "activities": said.activities}
