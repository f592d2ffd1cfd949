"""The settings that all places give together: each value checked, the last place winning."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import inspect as kinds

from hereabouts.base.refusal import Malformed
from hereabouts.config.addresses import HostPort, Listen, NextHop, Peer, Url
from hereabouts.config.places import Given, all_given
from hereabouts.config.settings import IN_ORDER, SECTIONS, SETTINGS, Name, Settings
from hereabouts.config.wording import BadSetting, form, present, toml, unknown

_READERS: dict[type, Callable[[str], object]] = {
    Listen: Listen.parse,
    HostPort: HostPort.parse,
    NextHop: NextHop.parse,
    Peer: Peer.parse,
    Url: Url.parse,
}
"What reads those that are written as text."


def load(
    file: Path | None,
    environment: Mapping[str, str],
    assignments: Sequence[str],
    **command_line: object,
) -> Settings:
    """The settings that the four places give together, each place winning over those before it.

    `assignments` are those of `--set`, as `SECTION.KEY=VALUE`; `command_line` has the options of
    `OPTIONS`, where `None` and an empty list mean that the option is absent.

    Raises:
        BadSetting: the first that cannot be taken, even if a later place overrides it.
    """
    chosen: dict[Name, Given] = {}
    values: dict[Name, object] = {}
    for given in all_given(file, environment, assignments, command_line):
        key = given.section, given.name
        values[key] = _fitting(given)
        chosen.pop(key, None)  # so that the last one given stands last
        chosen[key] = given
    settings = _assembled(values)
    _check_order(settings, chosen)
    return settings


def _fitting(given: Given) -> object:
    """The value in the setting's own type.

    Raises:
        BadSetting: there is no such setting, or no reading fits it.
    """
    setting = SETTINGS.get((given.section, given.name))
    if setting is None:
        raise unknown(given.place, given.section, given.name)
    for reading in given.readings:
        with suppress(msgspec.ValidationError, Malformed, UnicodeEncodeError):
            value = msgspec.convert(_shaped(setting.kind, reading), setting.annotation)
            if not isinstance(value, tuple) or len(set(value)) == len(value):
                return value
    fault = f"{given.section}.{given.name} cannot be {toml(given.readings[-1]):.80}"
    raise BadSetting(given.place, fault, f"give {form(setting.kind)}")


def _shaped(kind: kinds.Type, value: object) -> object:
    """The value with text that stands for a list split and addresses read."""
    match kind:
        case kinds.Metadata(type=inner):
            return _shaped(inner, value)
        case kinds.VarTupleType() if isinstance(value, str):
            return _shaped(kind, [item.strip() for item in value.split(",") if item.strip()])
        case kinds.VarTupleType(item_type=item_kind) if isinstance(value, list):
            return [_shaped(item_kind, item) for item in value]
        case kinds.StructType(cls=struct) if isinstance(value, str):
            reader = _READERS.get(struct)
            return reader(value) if reader else value
        case kinds.StructType(cls=struct) if struct is Peer and isinstance(value, dict):
            return Peer.of_table(value)
        case kinds.UnionType(types=alternatives):
            return _shaped(present(alternatives), value)
    return value


def _assembled(values: Mapping[Name, object]) -> Settings:
    sections = {
        section: struct(
            **{name: value for (home, name), value in values.items() if home == section}
        )
        for section, struct in SECTIONS.items()
    }
    return msgspec.convert(sections, Settings)


def _check_order(settings: Settings, chosen: dict[Name, Given]) -> None:
    for low, high in IN_ORDER:
        lower, higher = (getattr(getattr(settings, home), name) for home, name in (low, high))
        if lower > higher:
            fault = f"{'.'.join(low)}, {lower}, is above {'.'.join(high)}, {higher}"
            raise BadSetting(_last_place(chosen, low, high), fault, "set both so that it is not")


def _last_place(chosen: dict[Name, Given], *names: Name) -> str:
    return next(chosen[name].place for name in reversed(chosen) if name in names)
