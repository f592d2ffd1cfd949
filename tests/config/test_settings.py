"""The settings have good defaults, and follow from each other where none is set."""

from __future__ import annotations

import pytest

from hereabouts.config import AuthMode, OfferRule, Profile, Settings, load


def test_the_defaults_are_those_of_the_design() -> None:
    settings = Settings()
    assert settings.auth.mode is AuthMode.DIGEST
    assert settings.auth.algorithms == ("SHA-256", "MD5")
    assert settings.auth.exceptions == (OfferRule("baresip v1.", ("MD5",)),)
    assert (settings.sip.t1, settings.sip.t2, settings.sip.t4) == (0.5, 4, 5)
    assert settings.presence.notify_interval == 5
    assert settings.presence.profile is Profile.OPEN
    assert settings.presence.registration_presence
    assert settings.presence.subscription_default_expires == 3600


def test_the_realm_is_the_first_domain_unless_set() -> None:
    assert load(None, {}, (), domain=["a.example", "b.example"]).realm == "a.example"
    assert load(None, {}, ["auth.realm=Lab"], domain=["a.example"]).realm == "Lab"


HTTP = [
    ((), None, "nowhere"),
    (("server.role=policy",), "127.0.0.1:8181", "a policy server listens, on this machine alone"),
    (("http.listen=127.0.0.1",), "127.0.0.1:8181", "without a port"),
    (("http.listen=[::1]:80", "server.role=policy"), "[::1]:80", "as it was set"),
    (("http.listen=127.0.0.1:0",), "127.0.0.1:0", "a port that the system chooses"),
]


@pytest.mark.parametrize(
    "assignments, address", [row[:2] for row in HTTP], ids=[row[2] for row in HTTP]
)
def test_where_http_is_served(assignments: tuple[str, ...], address: str | None) -> None:
    listen = load(None, {}, assignments).http_listen
    assert (None if listen is None else str(listen)) == address


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Settings().presence.notify_interval = 0  # type: ignore[misc]
