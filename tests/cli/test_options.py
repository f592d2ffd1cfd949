"""Where the settings of a command come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from hereabouts.cli.options import Place
from hereabouts.client.names import machine_name
from hereabouts.config import BadSetting
from tests.cli.command import run


def test_the_options_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEREABOUTS_SERVER_STORE", "environment.db")
    monkeypatch.setenv("HEREABOUTS_SIP_T1", "0.25")
    settings = Place(store="option.db", domain=["example.com"]).settings(auth="none")
    assert settings.server.store == "option.db"
    assert settings.sip.t1 == 0.25
    assert settings.auth.mode.value == "none"


def test_any_setting_can_be_set() -> None:
    settings = Place(assignments=["sip.t1=0.125", "server.domains=a.example"]).settings()
    assert (settings.sip.t1, settings.server.domains) == (0.125, ("a.example",))


def test_the_domain_is_the_machine_if_none_is_given() -> None:
    assert Place().settings().server.domains == (machine_name(),)


def test_what_cannot_be_taken_is_said() -> None:
    with pytest.raises(BadSetting, match="--domain"):
        Place(domain=["not a domain"]).settings()


def test_the_environment_names_the_file_of_settings(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        '[server]\ndomains = "example.net"\nstore = "own.db"\n', encoding="utf-8"
    )
    variables = {"HEREABOUTS_CONFIG": "own.toml"}
    added = run(tmp_path, "user", "add", "alice", "--password", "a", variables=variables)
    assert (added.code, added.out, added.err) == (0, "alice@example.net is served\n", "")
    assert (tmp_path / "own.db").exists()
    variables["HEREABOUTS_CONFIG"] = "nothing.toml"
    refused = run(tmp_path, "user", "list", variables=variables)
    assert refused.code == 1
    assert "nothing.toml: it cannot be read" in refused.err
