"""Takes the connections that come to a socket: ours to refuse before anything is kept of them."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable

BACKLOG = 1024
"Connections that wait to be taken."

AT_ONCE = 128
"Connections taken before others have their turn."

PAUSE = 1.0
"Seconds until the next try when the system has no room for another connection."

_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Acceptor:
    """Hands each connection that comes to `take`, with the address of its peer."""

    def __init__(self, opened: socket.socket, take: Callable[[socket.socket, str], None]) -> None:
        self._socket = opened
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin, or go on."""
        self._socket.listen(BACKLOG)
        self._loop.add_reader(self._socket, self._accept)

    def stop(self) -> None:
        """Take no more."""
        self._loop.remove_reader(self._socket)
        if self._pause is not None:
            self._pause.cancel()

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, address = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                self.stop()  # or the socket would be ready all the time
                self._pause = self._loop.call_later(PAUSE, self.start)
                return
            accepted.setblocking(False)  # noqa: FBT003 - positional only
            self._take(accepted, str(address[0]))
