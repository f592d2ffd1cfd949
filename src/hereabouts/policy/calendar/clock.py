"""The seconds of a day at which a rule has starts, as one integer (`bits`)."""

from __future__ import annotations

from functools import lru_cache
from math import gcd

from hereabouts.policy.calendar.bits import members, set_of
from hereabouts.policy.calendar.duration import DAY
from hereabouts.policy.calendar.rule import Frequency, Rule
from hereabouts.policy.calendar.wall import Wall


def times_of_day(rule: Rule, day: int) -> int:
    """The seconds of that day, if it is one of the rule's, at which it has starts.

    For a rule whose `bysetpos` chooses among days, these are all that it may choose from.
    """
    times, unit = _named(rule), rule.unit
    if unit is None or rule.interval == 1:
        return times
    until_aligned = first_aligned(rule, Wall(day * DAY)) - day * DAY
    return times & (_every(unit, rule.interval) << until_aligned) if until_aligned < DAY else 0


def has_times(rule: Rule) -> bool:
    """Whether there is any day at all with such times."""
    if rule.unit is None:
        return bool(_named(rule))
    # Day by day, the intervals shift by a multiple of this.
    common = gcd(rule.interval, DAY // rule.unit)
    shift = rule.anchor // rule.unit % common * rule.unit
    return bool(_named(rule) & (_every(rule.unit, common) << shift))


def first_aligned(rule: Rule, wall: Wall) -> Wall:
    """Where the first interval begins, from `wall` on, that the rule does not leave out."""
    unit = rule.unit or 1
    begun, anchor = -(-wall // unit), rule.anchor // unit
    return Wall((begun + (anchor - begun) % rule.interval) * unit)


def last_aligned(rule: Rule, wall: Wall) -> Wall:
    """The last second of the last such interval that ends by `wall`."""
    unit = rule.unit or 1
    ended, anchor = (wall + 1) // unit - 1, rule.anchor // unit
    return Wall((ended - (ended - anchor) % rule.interval + 1) * unit - 1)


def _named(rule: Rule) -> int:
    """The seconds of a day that the rule names, wherever its intervals begin."""
    if rule.positions and (rule.unit or rule.frequency is Frequency.DAILY):
        parts = rule.hours, rule.minutes, rule.seconds
        return _times(*parts, rule.frequency, rule.positions)
    return _times(rule.hours, rule.minutes, rule.seconds, None, ())


# 11 KB for an entry at most; many rules share one, as it knows nothing of days.
@lru_cache(maxsize=512)
def _times(
    hours: tuple[int, ...],
    minutes: tuple[int, ...],
    seconds: tuple[int, ...],
    frequency: Frequency | None,
    positions: tuple[int, ...],
) -> int:
    """All seconds of a day at one of these; with positions, those chosen from each interval."""
    times = 1
    for interval, numbers, length in (
        (Frequency.SECONDLY, seconds, 1),
        (Frequency.MINUTELY, minutes, 60),
        (Frequency.HOURLY, hours, 3600),
    ):
        times = chosen_bits(times, positions) if frequency is interval else times
        times = sum(times << number * length for number in numbers)
    return chosen_bits(times, positions) if frequency is Frequency.DAILY else times


def chosen_bits(times: int, positions: tuple[int, ...]) -> int:
    """Those members of the set that stand at one of the positions (`bysetpos`)."""
    listed = members(times)
    return set_of(listed[index] for index in chosen_indices(positions, len(listed)))


def chosen_indices(positions: tuple[int, ...], count: int) -> list[int]:
    """The indices, from 0 and in order, of `count` things that the positions choose."""
    chosen = {one - 1 if one > 0 else count + one for one in positions}
    return sorted(index for index in chosen if 0 <= index < count)


@lru_cache(maxsize=64)
def _every(unit: int, interval: int) -> int:
    """A day of intervals, as blocks of `unit` seconds, of which the first and each n-th count."""
    step = min(unit * interval, DAY)
    # By its digits, as a rule for every second one would else take 43,200 additions.
    return int(("0" * (step - unit) + "1" * unit) * -(-DAY // step), base=2)
