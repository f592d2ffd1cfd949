"""Where a password comes from, the first of these places that has one."""

from __future__ import annotations

from pathlib import Path

import pytest

from hereabouts.cli.password import PASSWORD, the_password
from hereabouts.client import AgentFailed


def test_the_option_wins_over_the_file_over_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text("from a file\r\nand more\n")
    monkeypatch.setenv(PASSWORD, "from the environment")
    assert the_password("given", file) == "given"
    assert the_password(None, file) == "from a file"
    assert the_password(None) == "from the environment"


def test_at_a_terminal_it_is_asked_for_and_elsewhere_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(PASSWORD, raising=False)
    monkeypatch.setattr("hereabouts.cli.password.sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("hereabouts.cli.password.getpass.getpass", lambda _: "typed")
    assert the_password(None) == "typed"
    monkeypatch.setattr("hereabouts.cli.password.sys.stdin.isatty", lambda: False)
    assert the_password(None) is None


@pytest.mark.parametrize("held", [None, b"\xff"])
def test_a_file_that_cannot_be_read_is_told(held: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "password"
    if held is not None:
        file.write_bytes(held)
    with pytest.raises(AgentFailed, match=r"cannot be read: .*; name one that this user may read"):
        the_password(None, file)
