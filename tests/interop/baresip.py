"""baresip as a user runs it: a folder of settings, a process, commands, and what it writes."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.interop.running import HOST, PASSWORD
from tests.ports import free_port

PATIENCE = 30.0
"How long to wait for what it is to write, in seconds."

MODULES = Path("/usr/lib/baresip/modules")

# It starts no account without a codec; in a call it hears itself.
_CONFIG = """\
sip_listen {host}:0
module_path {modules}
audio_source aubridge,nowhere
audio_player aubridge,nowhere
module g711.so
module aubridge.so
module_tmp uuid.so
module_tmp account.so
module_app contact.so
module_app menu.so
module_app presence.so
module_app ctrl_tcp.so
ctrl_tcp_listen {host}:{port}
"""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Baresip:
    """A running baresip."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path, port: int) -> None:
        self._process = process
        self._output = output
        self._port = port

    @property
    def output(self) -> str:
        """All it has written so far, without its colours."""
        return _COLOUR.sub("", self._output.read_text(encoding="utf-8", errors="replace"))

    def wait_for(self, text: str, times: int = 1) -> None:
        """Return when it has written `text` so often.

        Raises:
            AssertionError: it did not; shows what it wrote.
        """
        deadline = time.monotonic() + PATIENCE
        while self.output.count(text) < times:
            assert time.monotonic() < deadline, f"no {text!r} in:\n{self.output}"
            time.sleep(0.05)

    def wait_until_shown(self, line: str) -> None:
        """Return when this line is in its list of contacts; a first state it does not write.

        Raises:
            AssertionError: it is not there in time; shows what is.
        """
        deadline = time.monotonic() + PATIENCE
        while line not in (shown := self.command("contacts")):
            assert time.monotonic() < deadline, f"no {line!r} in:\n{shown}\n{self.output}"
            time.sleep(0.05)

    def command(self, name: str, parameters: str = "") -> str:
        """What it says to a command, such as its users give it in its menu.

        Raises:
            AssertionError: it does not take it.
        """
        message = json.dumps({"command": name, "params": parameters}).encode()
        with socket.create_connection((HOST, self._port), PATIENCE) as control:
            control.sendall(b"%d:%s," % (len(message), message))
            reply = _reply(control)
        assert reply["ok"], reply
        return _COLOUR.sub("", reply["data"])

    def quit(self) -> None:
        """End it as its users do: it says goodbye, and that in time."""
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(PATIENCE) == 0, self.output


@contextmanager
def running_baresip(
    folder: Path, account: str, contact: str = "", *, settings: str = ""
) -> Iterator[Baresip]:
    """A baresip with one account and at most one contact, whom it watches; it is ready.

    `settings` are lines for its configuration.
    """
    folder.mkdir()
    port = free_port()
    files = {
        "config": _CONFIG.format(host=HOST, modules=MODULES, port=port) + settings,
        "accounts": f"{account}\n",
        "contacts": f"{contact}\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    output = folder / "output"
    with output.open("wb") as written:
        process = subprocess.Popen(
            ["baresip", "-f", folder], stdin=subprocess.DEVNULL, stdout=written, stderr=written
        )
    try:
        baresip = Baresip(process, output, port)
        baresip.wait_for("baresip is ready.")
        yield baresip
    finally:
        process.kill()
        process.wait()


def account(user: str, domain: str, transport: str, more: str = "") -> str:
    """An account that registers, and publishes for 10 seconds at a time."""
    login = f'auth_user={user};auth_pass="{PASSWORD}"'
    return f"<sip:{user}@{domain};transport={transport}>;{login};regint=600;pubint=10{more}"


def _reply(control: socket.socket) -> dict[str, str]:
    """The answer to a command, among the events that are told meanwhile: netstrings of JSON."""
    told = b""
    while True:
        length, colon, rest = told.partition(b":")
        if not colon or len(rest) <= int(length):
            arrived = control.recv(65535)
            assert arrived, told
            told += arrived
            continue
        said: dict[str, str] = json.loads(rest[: int(length)])
        if "response" in said:
            return said
        told = rest[int(length) + 1 :]
