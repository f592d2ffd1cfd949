"""Two hosts of their own, as network namespaces, and a link between them that can be cut."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

NEAR, FAR, NEAR_TOO = "192.0.2.1", "192.0.2.2", "192.0.2.3"
"The addresses of the two hosts; the near one has two."

_END = "wire"
"What an end of the link is called on its host."

_NOBODY = "02:00:00:00:00:99"
"What is sent to this address on the link is taken by nobody."


_ESTABLISHED = "01"
"The state of a connection that is open, in the system's table."


class Link:
    """The link: what is sent while it is cut is lost, and nobody is told."""

    def __init__(self) -> None:
        names = [f"hereabouts-{os.getpid()}-{end}" for end in ("near", "far")]
        self._near, self._far = names

    @property
    def near(self) -> tuple[str, ...]:
        """What a command is put behind to run on the near host."""
        return ("ip", "netns", "exec", self._near)

    @property
    def far(self) -> tuple[str, ...]:
        """What a command is put behind to run on the far host."""
        return ("ip", "netns", "exec", self._far)

    def make(self) -> None:
        """Make both hosts and the link."""
        for name in (self._near, self._far):
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        ends = (_END, "netns", self._near, "type", "veth", "peer", "name", _END)
        _ip("link", "add", *ends, "netns", self._far)
        for name, hosts in ((self._near, (NEAR, NEAR_TOO)), (self._far, (FAR,))):
            for host in hosts:
                _ip("-n", name, "address", "add", f"{host}/24", "dev", _END)
            _ip("-n", name, "link", "set", _END, "up")

    def remove(self) -> None:
        """Remove both; the link goes with them."""
        for name in (self._near, self._far):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)

    def cut(self) -> None:
        """Have all be lost from now on."""
        self._lead_to(_NOBODY, _NOBODY)

    def mend(self) -> None:
        """Have all arrive again."""
        self._lead_to(self._address(self._near), self._address(self._far))

    def _lead_to(self, near: str, far: str) -> None:
        for name, host, address in (
            (self._far, NEAR, near),
            (self._far, NEAR_TOO, near),
            (self._near, FAR, far),
        ):
            known = ("lladdr", address, "dev", _END, "nud", "permanent")
            _ip("-n", name, "neighbour", "replace", host, *known)

    def _address(self, name: str) -> str:
        shown = _ip("-n", name, "-oneline", "link", "show", _END).split()
        return shown[shown.index("link/ether") + 1]

    def is_used(self) -> bool:
        """Whether the far host has a connection to the near one, as far as it knows."""
        shown = subprocess.run(
            [*self.far, "cat", "/proc/net/tcp"], capture_output=True, text=True, check=True
        )
        rows = [row.split() for row in shown.stdout.splitlines()[1:]]
        near = _hexadecimal(NEAR)
        return any(row[2].startswith(near) and row[3] == _ESTABLISHED for row in rows)


def _hexadecimal(host: str) -> str:
    """An address as the system writes it in that table."""
    return "".join(f"{int(byte):02X}" for byte in reversed(host.split(".")))


def _ip(*arguments: str) -> str:
    ended = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, (arguments, ended.stderr)
    return ended.stdout


@contextmanager
def link_between() -> Iterator[Link]:
    """A link that is removed when the block ends."""
    link = Link()
    try:
        link.make()
        yield link
    finally:
        link.remove()
