"""What an operator is told: what is wrong with a setting, and what it takes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from difflib import get_close_matches
from enum import Enum

import msgspec
from msgspec import inspect as kinds

from hereabouts.config.addresses import HostPort, Listen, NextHop, Peer, Url
from hereabouts.config.settings import SECTIONS, SETTINGS
from hereabouts.config.values import OfferRule


class BadSetting(Exception):
    """A setting that cannot be taken; for the operator, never for a peer."""

    def __init__(self, place: str, fault: str, remedy: str) -> None:
        super().__init__(f"{place}: {fault}; {remedy}")
        self.place = place
        "Where it stands, such as `hereabouts.toml line 7`."
        self.fault = fault
        "What is wrong with it."
        self.remedy = remedy
        "What to write instead."


def unknown(place: str, section: str, name: str) -> BadSetting:
    """What to say about a setting that there is not."""
    word = f"{section}_{name}" if name and section not in SECTIONS else name or section
    home = next((home for home, known in SETTINGS if known == word), None)
    if section in SECTIONS:
        fault = f"there is no setting {section}.{name}".rstrip(".")
        choices = [known for home, known in SETTINGS if home == section]
        near, others = get_close_matches(name, choices, 1), f"the settings of [{section}] are "
    else:
        fault, choices = f"there is no section {section}", list(SECTIONS)
        near, others = get_close_matches(section, choices, 1), "the sections are "
    if home:
        near = [f"{home}.{word}"]
    return BadSetting(
        place, fault, f"did you mean {near[0]}?" if near else others + ", ".join(choices)
    )


_FORMS: dict[type, str] = {
    Listen: "udp, tcp, tls, ws or wss:HOST:PORT",
    HostPort: "HOST or HOST:PORT",
    NextHop: "udp, tcp or tls:ADDRESS:PORT",
    Peer: "DOMAIN=udp, tcp or tls:ADDRESS:PORT",
    Url: "http://HOST:PORT or https://HOST",
    OfferRule: '{user_agent = "TEXT", algorithms = ["NAME", ...]}',
}
"How the values that have parts are written."


def form(kind: kinds.Type) -> str:
    """What values a setting takes, in words."""
    match kind:
        case kinds.Metadata(extra={"form": str(words)}):
            return words
        case kinds.UnionType(types=alternatives):
            return form(present(alternatives))
        case kinds.VarTupleType(item_type=item, min_length=least):
            return f"a list{' of at least one' if least else ''}, none twice: {form(item)}"
        case kinds.EnumType(cls=choices):
            return f"one of {', '.join(choice.value for choice in choices)}"
        case kinds.LiteralType(values=choices):
            return f"one of {', '.join(map(str, choices))}"
        case kinds.StructType(cls=struct):
            return _FORMS[struct]
    return "true or false" if isinstance(kind, kinds.BoolType) else "text on one line"


def present(alternatives: Sequence[kinds.Type]) -> kinds.Type:
    """Of `X | None`, the X."""
    return next(kind for kind in alternatives if not isinstance(kind, kinds.NoneType))


def toml(value: object) -> str:
    """The value as TOML writes it; `None` as nothing at all."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case tuple() | list():
            return f"[{', '.join(map(toml, value))}]"
        case dict():
            return f"{{{', '.join(f'{name} = {toml(part)}' for name, part in value.items())}}}"
        case OfferRule():
            return toml(msgspec.structs.asdict(value))
    return json.dumps(str(value.value if isinstance(value, Enum) else value))
