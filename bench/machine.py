"""The machine: its cores, its disk, and what to say about it beside a measurement."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IN_MEMORY = frozenset({"tmpfs", "ramfs"})
"File systems on which durable costs nothing, so that measuring there says nothing."


class NoDisk(Exception):
    """No folder lies on a disk."""


def two_cores() -> tuple[int, int] | None:
    """One core for the server and one for the load; `None` where there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[1]) if len(cores) > 1 else None


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """What is started inside runs on this core alone, with all its threads and processes."""
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def file_system(folder: Path, mounts: str) -> str:
    """The type of the file system that `folder` lies on, by the lines of /proc/self/mounts."""
    found = ("", "")
    for line in mounts.splitlines():
        _, point, kind, *_ = line.split(" ")
        if folder.is_relative_to(point) and len(point) >= len(found[0]):
            found = (point, kind)
    return found[1]


def disk_folder(asked: Path | None) -> Path:
    """A folder on a disk for the databases: the one asked for, or one for temporary files.

    Raises:
        NoDisk: all of them are kept in memory.
    """
    mounts = Path("/proc/self/mounts").read_text()
    choices = [asked] if asked else [Path(tempfile.gettempdir()), Path("/var/tmp"), Path.cwd()]  # noqa: S108 - only a place to try; a folder of our own is made in it
    for folder in choices:
        if folder.is_dir() and file_system(folder.resolve(), mounts) not in IN_MEMORY:
            return folder.resolve()
    raise NoDisk(f"not on a disk: {', '.join(map(str, choices))}; name a folder with --folder")


def description() -> dict[str, str]:
    """What a reader of the figures must know of this machine."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load average before": f"{os.getloadavg()[0]:.2f}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
