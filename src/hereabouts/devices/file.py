"""A small file that the user or a script writes: its words are the state."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Self

from hereabouts.base.journal import Grade, Journal
from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Seconds
from hereabouts.devices.words import LONGEST, read_words
from hereabouts.presence.statement import Statement

LOOK_EVERY = 1.0
"Seconds between two looks at the file: one `stat` costs a few microseconds."

Signature = tuple[int, ...]
"Inode, size and times of the last changes: what differs when a file was written again."


class FileDevice:
    """The words in a file; a missing file says nothing, a broken one what it said before.

    It is read when it has changed. What is wrong with it is said to the journal once.
    """

    interval: Seconds = LOOK_EVERY

    def __init__(self, path: Path, journal: Journal) -> None:
        self._path = path.expanduser().absolute()
        self.name = f"file:{self._path}"
        self.slot = f"file{blake2b(str(self._path).encode(), digest_size=6).hexdigest()}"
        self._journal = journal
        self._seen: Signature | None = None
        self._said: Statement | None = None
        self._is_broken = False

    @classmethod
    def named(cls, path: str, journal: Journal) -> Self:
        """The device of the file at this path, which need not be there yet.

        Raises:
            Malformed: it is no path.
        """
        if not path or "\0" in path:
            raise Malformed("it names no file; write file:PATH")
        return cls(Path(path), journal)

    def read(self, last: Statement | None) -> Statement | None:
        """What the file says now; `None`: it is not there. `last`: it cannot be read."""
        seen = self._signature()
        if seen != self._seen:
            self._seen, self._is_broken = seen, False
            self._said = None if seen is None else self._look()
        return last if self._is_broken else self._said

    def _signature(self) -> Signature | None:
        try:
            found = self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as fault:
            return (fault.errno or 0,)
        return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

    def _look(self) -> Statement | None:
        try:
            return read_words(self._text())
        except OSError as fault:
            self._broken(f"it cannot be read ({fault.strerror}); let this user read it")
        except Malformed as fault:
            self._broken(str(fault))
        return None

    def _text(self) -> str:
        if not self._path.is_file():  # to open a pipe would wait for whoever writes to it
            raise Malformed("it is no ordinary file; name one that holds a line of text")
        with self._path.open("rb") as file:
            held = file.read(4 * LONGEST + 1)  # a character has at most four bytes
        try:
            return held.decode()
        except UnicodeDecodeError as fault:
            line = held[: fault.start].count(b"\n") + 1
            raise Malformed(f"line {line}: it is not text in UTF-8; save it as UTF-8") from None

    def _broken(self, fault: str) -> None:
        self._is_broken = True
        told = f"{self._path} {fault}"
        self._journal.say(
            Grade.WARNING, "a file is not taken; what it said before stands", fault=told
        )
