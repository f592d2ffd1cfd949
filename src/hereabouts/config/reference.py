"""What there is to say about each setting, and the page that says it."""

from __future__ import annotations

import ast
import inspect
import re
from itertools import pairwise

from msgspec import Struct

from hereabouts.config.settings import OPTIONS, SECTIONS, SETTINGS
from hereabouts.config.wording import form, toml


class Description(Struct, frozen=True, gc=False):
    """What there is to say about a setting."""

    section: str
    name: str
    default: str
    "As TOML; empty where absence is the default."
    form: str
    "What values it takes."
    meaning: str
    "The lines under the field, as they stand where it is defined."


def describe() -> tuple[Description, ...]:
    """Every setting, in the order of the sections and of the fields in them."""
    meanings = {section: _meanings(struct) for section, struct in SECTIONS.items()}
    return tuple(
        Description(
            section, name, toml(setting.default), form(setting.kind), meanings[section][name]
        )
        for (section, name), setting in SETTINGS.items()
    )


def _meanings(section: type[Struct]) -> dict[str, str]:
    """The text under each field of a section, on one line."""
    [definition] = ast.parse(inspect.getsource(section)).body
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id: " ".join(str(text.value.value).split())
        for field, text in pairwise(definition.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }


_PAGE = """\
<!-- Written by `hereabouts.config.reference_page`; tests/test_config.py says how to renew it. -->
# Settings

`hereabouts serve` takes each setting from the last of these places that has it:

1. the default below;
2. the TOML file that `--config` names: `notify_interval = 0` under `[presence]`;
3. the environment: `HEREABOUTS_PRESENCE_NOTIFY_INTERVAL=0`;
4. `--set presence.notify_interval=0`, as often as needed;
5. an option of its own: {options}.

Values are TOML; outside a file text needs no quotes, and a list may be written with commas
between its items. A hyphen in a name counts as an underscore. Times are in seconds, sizes in
bytes. The host of an address is a name, an IPv4 address or an IPv6 address in brackets.
{sections}
## How to check it worked

Start `hereabouts serve`. A setting that it cannot take stops it, with the place of the setting
and what to write there instead. An unknown name stops it too, in whatever place.

## How to undo it

Take the setting out of its place and start the server again: the place before it counts.
"""

_SECTION = """
## `[{section}]`

{heading}

| setting | default | takes | meaning |
|---|---|---|---|
{rows}
"""


def reference_page() -> str:
    """The page `docs/reference/settings.md`, in Markdown."""
    options = (
        f"`--{option.replace('_', '-')}` ({'.'.join(name)})" for option, name in OPTIONS.items()
    )
    sections = "".join(
        _SECTION.format(section=section, heading=inspect.getdoc(struct), rows=_rows(section))
        for section, struct in SECTIONS.items()
    )
    return _PAGE.format(options=", ".join(options), sections=sections)


def _rows(section: str) -> str:
    rows = []
    for setting in describe():
        if setting.section == section:
            default = f"`{setting.default}`" if setting.default else "none"
            meaning = re.sub(
                r":rfc:`(\d+)#section-([\d.]+)`", r"RFC \1 section \2", setting.meaning
            )
            rows.append(f"| `{setting.name}` | {default} | {setting.form} | {meaning} |")
    return "\n".join(rows)
