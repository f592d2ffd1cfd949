"""Sets of small numbers, each set as one integer: bit 5 says whether 5 is a member.

The seconds of a day and the days of a year are such sets. What many rules have in common is then
one `&`, and the next member is found at once, however far away it is.
"""

from __future__ import annotations

from collections.abc import Iterable

ALL = -1
"The set of all numbers: `ALL & x` is `x`."


def set_of(members: Iterable[int]) -> int:
    """The set of these numbers; none is negative."""
    bits = 0
    for member in members:
        bits |= 1 << member
    return bits


def members(bits: int) -> list[int]:
    """What is in the set, in order."""
    return [number for number, digit in enumerate(reversed(f"{bits:b}")) if digit == "1"]


def lowest(bits: int) -> int:
    """The least member of a set that is not empty."""
    return (bits & -bits).bit_length() - 1


def highest(bits: int) -> int:
    """The greatest member of a set that is not empty."""
    return bits.bit_length() - 1


def first(count: int) -> int:
    """The numbers from 0 on and before `count`."""
    return (1 << count) - 1


def shifted(bits: int, by: int) -> int:
    """Each member greater by this; those that would be negative are left out."""
    return bits << by if by >= 0 else bits >> -by
