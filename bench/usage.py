"""What a server uses of the machine: CPU and memory of all its processes together."""

from __future__ import annotations

import ctypes
import os
import time
from collections import defaultdict
from pathlib import Path

import msgspec


class Usage(msgspec.Struct, frozen=True):
    """What a server has used up to a moment."""

    cpu_seconds: float
    "User and system time of all threads of all its processes."
    memory_bytes: int
    "Proportional set size: a page that n processes share counts as 1/n in each."


def usage_of(pid: int) -> Usage:
    """What the process `pid` and its children use; children that have ended are not in it."""
    family = family_of(pid, _parents())
    return Usage(
        sum(_cpu_seconds(member) for member in family),
        sum(
            proportional_set_size(Path(f"/proc/{member}/smaps_rollup").read_text())
            for member in family
        ),
    )


def family_of(pid: int, parents: dict[int, int]) -> list[int]:
    """The process, its children, theirs and so on; `parents` says who is whose."""
    children = defaultdict(list)
    for child, parent in parents.items():
        children[parent].append(child)
    family = [pid]
    for member in family:
        family.extend(children[member])
    return family


def parent_in(stat: str) -> int:
    """The parent that a line of /proc/PID/stat names; the program's name may hold anything."""
    return int(stat[stat.rindex(")") + 1 :].split()[1])


def proportional_set_size(smaps_rollup: str) -> int:
    """The `Pss` of /proc/PID/smaps_rollup, in bytes."""
    for line in smaps_rollup.splitlines():
        name, _, value = line.partition(":")
        if name == "Pss":
            return int(value.split()[0]) * 1024
    raise ValueError("no Pss in smaps_rollup")


def _parents() -> dict[int, int]:
    parents = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(process.name)] = parent_in((process / "stat").read_text())
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
    return parents


_LIBC = ctypes.CDLL(None)


def _cpu_seconds(pid: int) -> float:
    # The same sum as utime + stime of /proc/PID/stat, in nanoseconds instead of ticks of 10 ms.
    clock = ctypes.c_int()
    error = _LIBC.clock_getcpuclockid(pid, ctypes.byref(clock))
    if error:
        raise OSError(error, os.strerror(error), f"process {pid}")
    return time.clock_gettime(clock.value)
