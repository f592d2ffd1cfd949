"""The journal as lines: one event, one line, whatever a stranger has put into a field."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.journal import Grade, hears
from hereabouts.net.log import LogJournal, set_up


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Leave the logger as it was found."""
    logger = logging.getLogger("hereabouts")
    before = list(logger.handlers), logger.level, logger.propagate
    yield
    logger.handlers[:], logger.level, logger.propagate = before


def said(event: str, *, level: str = "info", as_json: bool = False, **fields: object) -> str:
    stream = io.StringIO()
    set_up(level, as_json=as_json, stream=stream)
    LogJournal().say(Grade.WARNING, event, **fields)
    return stream.getvalue()


SHOWN = [
    ("plain", "peer=plain", "a word"),
    ("two words", 'peer="two words"', "a text is quoted"),
    ("", 'peer=""', "an empty one is seen"),
    (5, "peer=5", "a number"),
    ("a\r\nERROR b", 'peer="a\\r\\nERROR b"', "no line of its own"),
    ("\x1b[2J", 'peer="\\u001b[2J"', "nothing that a terminal obeys"),
]


@pytest.mark.parametrize("value, shown", [r[:2] for r in SHOWN], ids=[r[2] for r in SHOWN])
def test_a_line_for_people(value: object, shown: str) -> None:
    line = said("dropped a message", peer=value)
    assert line.endswith(f" WARNING dropped a message  {shown}\n")


@given(st.text(), st.booleans())
def test_one_event_is_one_line(text: str, as_json: bool) -> None:  # noqa: FBT001
    assert len(said("event", as_json=as_json, field=text).splitlines()) == 1


@given(st.text() | st.integers() | st.booleans() | st.none())
def test_what_is_written_as_json_is_read_again(value: object) -> None:
    line = json.loads(said("event", as_json=True, field=value))
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "warning", "event": "event", "field": value}


def test_what_is_no_value_of_json_is_written_as_text() -> None:
    assert json.loads(said("event", as_json=True, field=b"x"))["field"] == "b'x'"


def fault() -> Exception:
    with pytest.raises(ZeroDivisionError) as raised:
        divmod(1, 0)
    return raised.value


def test_an_exception_brings_its_traceback() -> None:
    text = said("a fault", error=fault())
    assert text.splitlines()[0].endswith('a fault  error="integer division or modulo by zero"')
    assert "Traceback" in text
    line = json.loads(said("a fault", as_json=True, error=fault()))
    assert line["error"] == "integer division or modulo by zero"
    assert line["traceback"].endswith("by zero")


def test_what_is_less_grave_than_asked_for_is_not_said() -> None:
    assert said("event", level="error") == ""
    assert said("event", level="warning") != ""


def test_it_goes_to_standard_error_and_only_once(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        set_up("info", as_json=False)
    LogJournal().say(Grade.INFO, "serving")
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.count("serving") == 1


def test_a_record_of_somebody_else_is_a_line_too() -> None:
    stream = io.StringIO()
    set_up("info", as_json=True, stream=stream)
    logging.getLogger("hereabouts").info("by the %s package", "logging")
    assert json.loads(stream.getvalue())["event"] == "by the logging package"


@pytest.mark.parametrize("level, grade", [("debug", Grade.DEBUG), ("error", Grade.ERROR)])
def test_what_is_below_the_level_need_not_be_said(level: str, grade: Grade) -> None:
    set_up(level, as_json=False)
    assert hears(LogJournal(), grade)
    assert hears(LogJournal(), Grade.DEBUG) is (level == "debug")
