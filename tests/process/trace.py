"""What strace saw of a server: whether each 2xx left after its change was on disk.

A change is found in the log by what its row and its answer share: the tag of To, by which
records know the request that made them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hereabouts.storage.sqlite import AHEAD

STRACE = (
    "strace",
    *("--follow-forks", "--decode-fds=path", "--string-limit=300000", "--quiet=all"),
    "--trace=fdatasync,fsync,pwrite64,sendto,sendmsg,sendmmsg,write,writev",
)
"The command to trace with, but for `--output=` and what is traced."

_CALL = re.compile(r"(?P<thread>\d+) +(?P<name>\w+)\((?P<rest>.*)")
_RESUMED = re.compile(r"(?P<thread>\d+) +<\.\.\. \w+ resumed>(?P<rest>.*)")
_UNFINISHED = re.compile(r" *<unfinished \.\.\.>$")
_RESULT = re.compile(r"\) += (-?\d+)(?: E\w+ \([\w /]+\))?(?: \([A-Z]+\))?$")
_TAIL = 100
"Result and last arguments are among so many characters at the end of a call."

_STATUS_LINE = re.compile(r"(?=SIP/2\.0 \d{3} )")
_TAG = re.compile(r"To: [^\\]*;tag=(\w+)")
_PLACE = re.compile(r", (\d+), (\d+)\) += \d+(?: \([A-Z]+\))?$")


@dataclass(slots=True)
class Call:
    """One system call; the numbers of lines tell what came before what."""

    name: str
    text: str
    "Its arguments and its result."
    began: int
    ended: int | None = None
    "`None`: it had not returned when the process was killed."

    @property
    def result(self) -> int | None:
        """What it returned; `None` if it did not."""
        found = _RESULT.search(self.text, max(len(self.text) - _TAIL, 0))
        return int(found[1]) if found else None

    @property
    def is_of_log(self) -> bool:
        """Whether it works on the write-ahead log."""
        return "-wal>" in self.text.partition(",")[0].partition(")")[0]

    @property
    def is_sync(self) -> bool:
        """Whether it made durable what was in the log when it began."""
        return self.name in ("fdatasync", "fsync") and self.is_of_log and self.result == 0

    @property
    def is_write(self) -> bool:
        """Whether it wrote frames to the log; not the zeros that are laid out behind them."""
        is_done = self.name == "pwrite64" and self.is_of_log and self.result is not None
        return is_done and self.place[0] < AHEAD

    @property
    def place(self) -> tuple[int, int]:
        """The length and the offset of a write."""
        found = _PLACE.search(self.text, max(len(self.text) - _TAIL, 0))
        assert found, self.text[-_TAIL:]
        return int(found[1]), int(found[2])


def read_trace(lines: Iterable[str]) -> list[Call]:
    """The calls in the order in which they began."""
    calls: list[Call] = []
    unfinished: dict[str, Call] = {}
    for number, line in enumerate(lines):
        if found := _RESUMED.match(line):
            call = unfinished.pop(found["thread"])
            call.text += found["rest"]
            call.ended = number
        elif found := _CALL.match(line):
            text, is_cut = _UNFINISHED.subn("", found["rest"])
            calls.append(Call(found["name"], text, number, None if is_cut else number))
            if is_cut:
                unfinished[found["thread"]] = calls[-1]
    return calls


def answers(calls: Sequence[Call]) -> Iterator[tuple[Call, str]]:
    """Each 2xx that left, with its tag of To."""
    for call in calls:
        if call.name not in ("sendto", "sendmsg", "sendmmsg", "write", "writev"):
            continue
        for text in _STATUS_LINE.split(call.text)[1:]:
            found = _TAG.search(text)
            assert found, text
            if text.startswith("SIP/2.0 2"):
                yield call, found[1]


def early(calls: Sequence[Call]) -> list[str]:
    """The tags of each 2xx that left before its change was on disk."""
    syncs = [call for call in calls if call.is_sync]
    writes = [call for call in calls if call.is_write]
    return [
        tag
        for answer, tag in answers(calls)
        if not any(
            _is_between(write, sync, answer)
            for write in writes
            if tag in write.text
            for sync in syncs
        )
    ]


def _is_between(write: Call, sync: Call, answer: Call) -> bool:
    """Whether this sync made that write durable before the answer began to leave."""
    return (
        write.ended is not None
        and sync.ended is not None
        and write.ended < sync.began
        and sync.ended < answer.began
    )


def durable_length(calls: Sequence[Call]) -> int:
    """How many bytes of the log were surely on disk at the end: what the last sync found there.

    The log must only have grown: no checkpoint after the server began to serve.
    """
    last = max(call.began for call in calls if call.is_sync)
    ends = [sum(call.place) for call in calls if call.is_write and (call.ended or 0) < last]
    return max(ends)
