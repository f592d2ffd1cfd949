"""The same starts by python-dateutil, where it is right.

Left out is what it is known to get wrong (2.9.0 and 4.0.0): days with an ordinal and days without
in one list, of which it finds none; `bysetpos` in weeks if `dtstart` is not their first day; week
52 and 53 counted from the end, where the neighbouring year has it. And what it reads otherwise:
with `byweekno` and no day it takes all seven, where RFC 5545 takes that of `dtstart`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Any

from hypothesis import strategies as st

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what its own imports deprecate is no affair of ours
    from dateutil import rrule

from hereabouts.policy.calendar.values import WEEKDAYS

HORIZON = {
    "yearly": timedelta(days=9000),
    "monthly": timedelta(days=2000),
    "weekly": timedelta(days=1000),
    "daily": timedelta(days=500),
    "hourly": timedelta(days=40),
    "minutely": timedelta(days=2),
    "secondly": timedelta(hours=2),
}
"How far ahead is looked: dateutil goes through all intervals on the way."

_LISTS = {
    "bymonth": 12,
    "byweekno": 51,
    "byyearday": 366,
    "bymonthday": 31,
    "byhour": 23,
    "byminute": 59,
    "bysecond": 59,
}
_SIGNED = {"byweekno", "byyearday", "bymonthday"}
_ABOVE_DAYS = ("bymonth", "byday", "byhour", "byminute", "bysecond")
_NAMES = {
    "yearly": ("byweekno", "byyearday", "bymonthday", *_ABOVE_DAYS),
    "monthly": ("bymonthday", *_ABOVE_DAYS),
    "weekly": _ABOVE_DAYS,
    "daily": ("bymonthday", *_ABOVE_DAYS),
    "hourly": ("byday", "byhour", "byminute", "bysecond"),
    "minutely": ("byhour", "byminute", "bysecond"),
    "secondly": ("byminute", "bysecond"),
}


@st.composite
def attributes(draw: st.DrawFn) -> dict[str, str]:
    """A `time` of one second, with parts that go with its frequency."""
    freq = draw(st.sampled_from(sorted(HORIZON)))
    begin = draw(st.datetimes(datetime(1990, 1, 1), datetime(2030, 12, 31)))  # noqa: DTZ001 - a wall
    found = {"freq": freq, "dtstart": f"{begin:%Y%m%dT%H%M%S}", "duration": "PT1S"}
    found["interval"] = str(draw(st.sampled_from([1, 1, 2, 3, 4, 7, 10])))
    for name in draw(st.lists(st.sampled_from(_NAMES[freq]), unique=True, max_size=4)):
        found[name] = ",".join(draw(_items(name, freq, found)))
    if draw(st.booleans()):
        found["wkst"] = draw(st.sampled_from(WEEKDAYS))
    if any(name.startswith("by") for name in found) and draw(st.booleans()):
        found["bysetpos"] = ",".join(draw(_numbers(1, 8, signed=True)))
    if freq == "weekly" and WEEKDAYS[begin.weekday()] != found.get("wkst", "MO"):
        found.pop("bysetpos", None)
    return found


def _items(name: str, freq: str, others: dict[str, str]) -> st.SearchStrategy[list[str]]:
    if name != "byday":
        low = 0 if name in {"byhour", "byminute", "bysecond"} else 1
        return _numbers(low, _LISTS[name], signed=name in _SIGNED)
    days = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=5, unique=True)
    if freq not in {"monthly", "yearly"} or "byweekno" in others:
        return days
    ordinals = st.sampled_from([-5, -2, -1, 1, 2, 3, 4, 5])
    return days | st.lists(
        st.builds("{}{}".format, ordinals, days.map(min)), min_size=1, max_size=3
    )


def _numbers(low: int, high: int, *, signed: bool) -> st.SearchStrategy[list[str]]:
    numbers = st.integers(low, high)
    both = numbers | numbers.map(lambda number: -number) if signed else numbers
    return st.lists(both.map(str), min_size=1, max_size=4, unique=True)


def starts(attributes: dict[str, str], until: datetime) -> Iterator[datetime]:
    """The starts up to that time, one after the other, without a zone; `dtstart` is one."""
    begin = datetime.strptime(attributes["dtstart"], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - a wall
    freq = getattr(rrule, attributes["freq"].upper())
    rule = rrule.rrule(freq, dtstart=begin, until=until, **dict(_parts(attributes, begin)))
    yield begin
    yield from (start for start in rule if start > begin)


def _parts(attributes: dict[str, str], begin: datetime) -> Iterator[tuple[str, Any]]:
    for name, value in attributes.items():
        match name:
            case "byday":
                yield "byweekday", [_weekday(item) for item in value.split(",")]
            case "wkst":
                yield "wkst", _weekday(value)
            case "interval":
                yield "interval", int(value)
            case "dtstart" | "duration" | "freq":
                continue
            case _:
                yield name, [int(number) for number in value.split(",")]
    if "byweekno" in attributes and not {"byyearday", "bymonthday", "byday"} & set(attributes):
        yield "byweekday", [rrule.weekday(begin.weekday())]


def _weekday(item: str) -> rrule.weekday:
    ordinal = int(item[:-2] or 0)
    return rrule.weekday(WEEKDAYS.index(item[-2:]), ordinal or None)


def instants(starts: Iterable[datetime], zone: tzinfo) -> list[float]:
    """When clocks in the zone show these, the first time; what they never show is left out."""
    found = []
    for start in starts:
        second = start.replace(tzinfo=zone).timestamp()
        if datetime.fromtimestamp(second, zone).replace(tzinfo=None) == start:
            found.append(second)
    return found
