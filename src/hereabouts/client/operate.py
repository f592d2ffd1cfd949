"""The operator's commands: told to the running server, or done on its store when none runs."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import msgspec

from hereabouts.client.server import CommandFailed, answered
from hereabouts.config import Settings
from hereabouts.net.clock import now
from hereabouts.roles.build import IN_MEMORY, domains_of, finish, open_store
from hereabouts.roles.commands import Commands
from hereabouts.storage.interface import StoreUnavailable

PATIENCE = 10.0
"Seconds to wait for a running server's reply."

_FIRST = ("user add", "policy put")
"Commands that can be the first of all."

_HUNG_UP = "the server hung up; its log says why"


def operate(settings: Settings, name: str, /, **arguments: object) -> Any:  # noqa: ANN401 - as the command
    """What a command such as `user add` answers.

    Raises:
        CommandFailed: it is refused.
        StoreUnavailable: no server runs, and the store cannot be opened.
    """
    line = msgspec.json.encode({"command": name, **arguments}) + b"\n"
    answer = _ask(Path(settings.server.control_path), line)
    if answer is None:
        answer = _do(settings, line, is_first=name in _FIRST)
    return answered(answer)


def tell_running(settings: Settings, what: str, name: str, **arguments: object) -> Any:  # noqa: ANN401 - as the command
    """What a running node answers to a command that only one that runs can carry out.

    `what` is the command line that starts one, such as `hereabouts edge`.

    Raises:
        CommandFailed: it is refused, or none runs.
    """
    path = settings.server.control_path
    answer = _ask(Path(path), msgspec.json.encode({"command": name, **arguments}) + b"\n")
    if answer is None:
        raise CommandFailed(
            f"nobody takes commands at {path}; start `{what}`, or name its store with --store"
        )
    return answered(answer)


def _ask(path: Path, line: bytes) -> bytes | None:
    """The running server's reply; `None`: there is none."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.settimeout(PATIENCE)
        try:
            control.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except OSError as error:
            raise CommandFailed(f"cannot speak to the server at {path}: {error}") from error
        try:
            return _exchange(control, line)
        except TimeoutError:
            raise CommandFailed(
                f"the server does not answer in {PATIENCE:.0f} s; its log says what it does"
            ) from None
        except OSError:
            raise CommandFailed(_HUNG_UP) from None


def _exchange(control: socket.socket, line: bytes) -> bytes:
    control.sendall(line)
    answer = b""
    while not answer.endswith(b"\n"):
        piece = control.recv(65536)
        if not piece:
            raise CommandFailed(_HUNG_UP)
        answer += piece
    return answer


def _do(settings: Settings, line: bytes, *, is_first: bool) -> bytes:
    """The reply of the store itself; only a command that can be the first of all makes one."""
    path = settings.server.store
    if path == IN_MEMORY:
        raise CommandFailed("no server runs, and a store in memory has nothing to change")
    if not is_first and not Path(path).exists():
        raise CommandFailed(f"no server runs, and there is no store {path}; name it with --store")
    failures: list[StoreUnavailable] = []
    store = open_store(settings.server, None)
    store.listen(lambda _turn: None, lambda _turn, fault: failures.append(fault))
    try:
        answer = finish(Commands(store, domains_of(settings), settings.realm).answer(line, now()))
    finally:
        store.close()
    if failures:
        raise failures[0]
    assert isinstance(answer, bytes)
    return answer
