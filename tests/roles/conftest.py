"""Two domains, and rules for whoever is a user of the first."""

from __future__ import annotations

import pytest

from tests.roles.realm import Realm
from tests.roles.rules import Rules


@pytest.fixture
def realm() -> Realm:
    return Realm()


@pytest.fixture
def rules(realm: Realm, monkeypatch: pytest.MonkeyPatch) -> Rules:
    made = Rules()
    made.rule(realm, monkeypatch)
    return made
