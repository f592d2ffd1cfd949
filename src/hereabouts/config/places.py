"""The places that settings are written in: what each gives, as it was written."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from hereabouts.config.settings import OPTIONS, SECTIONS
from hereabouts.config.wording import BadSetting, unknown

_PREFIX = "HEREABOUTS_"

# HEREABOUTS_CONFIG names the file, HEREABOUTS_PASSWORD is an agent's, HEREABOUTS_PURE turns the
# compiled modules off before there are settings, HEREABOUTS_REQUIRE_ALL is for our tests, and the
# last two are what Kubernetes puts there beside a service of our name.
_NOT_SETTINGS = re.compile(
    r"HEREABOUTS_(CONFIG|PASSWORD|PURE|REQUIRE_ALL|SERVICE_(HOST|PORT).*|PORT(_[0-9].*)?)"
)

_HEADER = re.compile(r"\s*\[\[?(?P<name>[\w.\s\"'-]+)\]\]?\s*(?:#.*)?$")
_ENTRY = re.compile(r"(?P<name>[\w.\s\"'-]+)=")


class Given(Struct, frozen=True):
    """One value for one setting, as somebody wrote it."""

    section: str
    name: str
    readings: tuple[object, ...]
    "What it can mean; the first reading that fits the setting counts."
    place: str


def all_given(
    file: Path | None,
    environment: Mapping[str, str],
    assignments: Sequence[str],
    command_line: Mapping[str, object],
) -> Iterator[Given]:
    """Each value that somebody gave, from the place that counts least to the one that counts most.

    Raises:
        BadSetting: a place cannot be read, or holds what is no setting at all.
    """
    if file is not None:
        yield from _from_file(file)
    for variable, text in sorted(environment.items()):
        if variable.startswith(_PREFIX) and not _NOT_SETTINGS.fullmatch(variable):
            section, _, name = variable.removeprefix(_PREFIX).lower().partition("_")
            yield Given(section, name, _readings(text), f"environment {variable}")
    for assignment in assignments:
        yield _from_assignment(assignment)
    for option, value in command_line.items():
        if value is not None and value not in ([], ()):
            place = f"--{option.replace('_', '-')}"
            yield Given(*OPTIONS[option], _readings(value), place)


def _from_assignment(assignment: str) -> Given:
    key, equals, text = assignment.partition("=")
    section, _, name = _plain(key.strip()).partition(".")
    if not (section and equals):
        fault = "it does not say which setting gets which value"
        raise BadSetting(f"--set {assignment}", fault, "write --set SECTION.KEY=VALUE")
    return Given(section, name, _readings(text.strip()), f"--set {key.strip()}")


def _readings(value: object) -> tuple[object, ...]:
    """What a value from the command line or the environment can mean: as TOML, or as it stands."""
    if not isinstance(value, str):
        return (list(value) if isinstance(value, tuple) else value,)
    try:
        table = tomllib.loads(f"value = {value}")
    except ValueError:
        return (value,)
    return (table["value"], value) if len(table) == 1 else (value,)


def _from_file(file: Path) -> Iterator[Given]:
    text = _text_of(file)
    for section, settings in _tables_of(file, text).items():
        if _plain(section) not in SECTIONS:
            raise unknown(_place(file, text, section), _plain(section), "")
        if not isinstance(settings, dict):
            place = _place(file, text, section)
            remedy = f"write [{section}] on a line of its own and its settings below"
            raise BadSetting(place, f"{section} is a section", remedy)
        for name, value in settings.items():
            place = _place(file, text, section, name)
            yield Given(_plain(section), _plain(name), (value,), place)


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        fault = f"it cannot be read ({error.strerror})"
        raise BadSetting(str(file), fault, "name a file that this user may read") from error
    except UnicodeDecodeError as error:
        raise BadSetting(str(file), "it is not text in UTF-8", "save it as UTF-8") from error


def _tables_of(file: Path, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        fault, _, where = str(error).partition(" (at ")
        line = re.match(r"line \d+", where)
        last = text.rstrip().count("\n") + 1  # where tomllib says "end of document"
        place = f"{file} {line.group() if line else f'line {last}'}"
        remedy = 'a line is [section], or name = value with text in "quotes"'
        raise BadSetting(place, fault, remedy) from error


def _plain(name: str) -> str:
    """The name as it is in the tables: a hyphen counts as an underscore."""
    return name.replace("-", "_")


def _place(file: Path, text: str, section: str, name: str = "") -> str:
    """The file and, as far as a glance can tell, the line that sets this."""
    wanted = f"{section}.{name}".rstrip(".")
    for line_number, found in _names_in(text):
        if found == wanted or found.startswith(f"{wanted}."):
            return f"{file} line {line_number}"
    return _place(file, text, section) if name else str(file)


def _names_in(text: str) -> Iterator[tuple[int, str]]:
    """The number of each line that opens a table or sets a value, and the full name of that."""
    table = ""
    for line_number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(line):
            table = re.sub(r"[\s\"']", "", header["name"])
            yield line_number, table
        elif entry := _ENTRY.match(line):
            yield line_number, re.sub(r"[\s\"']", "", f"{table}.{entry['name']}").lstrip(".")
