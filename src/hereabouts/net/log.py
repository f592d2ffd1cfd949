"""The journal as log lines, for people or for programs."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO

from hereabouts.base.discretion import discreet, on_lines
from hereabouts.base.journal import Grade

_LOGGER = logging.getLogger("hereabouts")


class LogJournal:
    """Hands events to the `logging` package, under the name `hereabouts`."""

    @property
    def least(self) -> int:
        """The least grave event that is logged."""
        return _LOGGER.getEffectiveLevel()

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        """One log record; an exception among the fields brings its traceback."""
        if _LOGGER.isEnabledFor(grade):
            _LOGGER.log(grade, event, extra={"fields": fields})


class TextLines(logging.Formatter):
    """`2026-11-23 18:20:01 WARNING dropped a message  peer=…  fault=…`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; a traceback, where there is one, follows it."""
        when = datetime.fromtimestamp(record.created, UTC).astimezone()
        fields = _fields(record)
        shown = "".join(f"  {name}={_plain(value)}" for name, value in fields.items())
        line = f"{when:%Y-%m-%d %H:%M:%S} {record.levelname:<7} {record.getMessage()}{shown}"
        trace = _trace(fields)
        return f"{line}\n{trace}" if trace else line


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The event, its time in UTC, and its fields."""
        fields = _fields(record)
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **{name: _jsonable(value) for name, value in fields.items()},
        }
        trace = _trace(fields)
        if trace:
            line["traceback"] = trace
        return json.dumps(line)


def set_up(level: str, *, as_json: bool, stream: TextIO | None = None) -> None:
    """Send what `LogJournal` says to `stream`, standard error if none is given."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if as_json else TextLines())
    _LOGGER.handlers[:] = [handler]
    _LOGGER.setLevel(level.upper())
    _LOGGER.propagate = False


def _fields(record: logging.LogRecord) -> dict[str, object]:
    found = getattr(record, "fields", {})
    return found if isinstance(found, dict) else {}


def _plain(value: object) -> str:
    """The value as one word or as a quoted text: no peer writes a line of its own into the log."""
    text = discreet(str(value))
    return text if text.isprintable() and " " not in text and text else json.dumps(text)


def _jsonable(value: object) -> object:
    return value if isinstance(value, (int, float, bool, type(None))) else discreet(str(value))


def _trace(fields: dict[str, object]) -> str:
    errors = [value for value in fields.values() if isinstance(value, BaseException)]
    if not errors:
        return ""
    shown = "".join(traceback.format_exception(errors[0])).rstrip()
    return on_lines(discreet(shown), before="    ")
