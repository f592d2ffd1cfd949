"""SIP.js, the SIP stack of web pages, on Node: it registers, publishes and watches over WSS."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.interop.running import DOMAIN, HOST, PASSWORD, RunningServer, running_server
from tests.net.authority import Authority

pytestmark = [pytest.mark.interop, pytest.mark.needs("node", "npm")]

PHONE = Path(__file__).with_name("browser")
PATIENCE = 30.0
"How long to wait for what it is to write, in seconds."


@pytest.fixture(scope="module")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The phone's program, with the packages that its lock names."""
    folder = tmp_path_factory.mktemp("phone") / "browser"
    shutil.copytree(PHONE, folder)
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(install, cwd=folder, capture_output=True, check=False, text=True)
    if done.returncode:
        pytest.skip("npm could not fetch sip.js and ws")
    return folder / "phone.js"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("server")
    certificate = authority.sign("localhost")
    settings = [f"tls.certificate={certificate}", "presence.registration_presence=false"]
    chosen = [word for setting in settings for word in ("--set", setting)]
    listen = ["--listen", f"ws:{HOST}:0", "--listen", f"wss:{HOST}:0"]
    with running_server(folder, "--notify-interval", "0", *listen, *chosen) as running:
        yield running


class Page:
    """A running phone."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self._process = process
        self._output = output

    def publish(self, basic: str) -> None:
        """Have it published."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{basic}\n".encode())
        self._process.stdin.flush()

    def wait_for(self, line: str, times: int = 1) -> None:
        """Return when it has written this line so often.

        Raises:
            AssertionError: it did not; shows what it wrote.
        """
        deadline = time.monotonic() + PATIENCE
        while self.lines.count(line) < times:
            assert time.monotonic() < deadline, f"no {line!r} in {self.lines}"
            time.sleep(0.05)

    @property
    def lines(self) -> list[str]:
        """All it has written so far."""
        return self._output.read_text(encoding="utf-8").splitlines()

    def leave(self) -> None:
        """End it as a page ends that says goodbye."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(PATIENCE) == 0, self.lines


@contextmanager
def page(
    program: Path, folder: Path, server: RunningServer, transport: str, *words: str, trusts: Path
) -> Iterator[Page]:
    """A page that has registered; `words` are its user, and whom he watches."""
    place = f"{transport}://localhost:{server.ports[transport.upper()]}"
    user, *watched = words
    output = folder / f"{user}.out"
    with output.open("wb") as written:
        process = subprocess.Popen(
            ["node", program, place, DOMAIN, user, PASSWORD, *watched],
            env=os.environ | {"NODE_EXTRA_CA_CERTS": str(trusts)},
            stdin=subprocess.PIPE,
            stdout=written,
            stderr=written,
        )
    try:
        yield Page(process, output)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("transport", ["wss", "ws"])
def test_a_page_sees_another_come_and_go(
    transport: str, phone: Path, server: RunningServer, authority: Authority, tmp_path: Path
) -> None:
    """7118-4.1-1, 7118-5-2, 7118-8.1-1."""
    alice, bob = f"alice-{transport}", f"bob-{transport}"
    for user in (alice, bob):
        server.add_user(user)
    trusts = authority.file
    with (
        page(phone, tmp_path, server, transport, bob, alice, trusts=trusts) as watcher,
        page(phone, tmp_path, server, transport, alice, trusts=trusts) as watched,
    ):
        watcher.wait_for("subscription Subscribed")
        watcher.wait_for("notified active closed")
        watched.wait_for("registration Registered")
        watched.publish("open")
        watcher.wait_for("notified active open")
        watched.publish("closed")
        watcher.wait_for("notified active closed", times=2)
        watched.leave()
        watcher.leave()
        assert "registration Unregistered" in watcher.lines
        assert "registration Unregistered" in watched.lines


def test_a_page_does_not_speak_to_a_server_that_it_does_not_believe(
    phone: Path, server: RunningServer, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger")
    with page(phone, tmp_path, server, "wss", "nobody", trusts=stranger.file) as watcher:
        assert watcher._process.wait(PATIENCE)  # noqa: SLF001 - it ends by itself
        assert "connected" not in watcher.lines
