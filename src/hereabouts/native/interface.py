"""What the compiled modules offer; each has its equal in Python, which decides in every doubt."""

from __future__ import annotations

from typing import Any, Protocol


class Messages(Protocol):
    """`hereabouts.native.messages`: the ordinary message, read without Python."""

    def prepare(
        self,
        names: dict[str, str],
        single: frozenset[str],
        most_rows: int,
        request: type,
        response: type,
        /,
    ) -> None:
        """Learn what `scan` goes by: before that it gives every message back unread.

        `names` has the known spellings of headers and the long names that they mean (128 at
        most), `single` the long names of which a message has one row. `request` is made from
        method, URI, rows, headers and body, `response` from status, reason and the same three.

        Raises:
            ValueError: there are too many names, or one is no short token.
        """
        ...

    def scan(self, packet: bytes, /) -> Any:  # noqa: ANN401 - one of the two classes given
        """The message in a packet, as `sip.reader` makes it; `None`: let that read it.

        `None` is said to all that is unusual, so a message that comes of it has no fault.
        """
        ...

    def notify_taken(self, packet: bytes, /) -> tuple[str, str] | None:
        """What `sip.glance` says of the same packet."""
        ...
