from __future__ import annotations

from hereabouts.policy.actions.expires import EXPIRES
from hereabouts.policy.cpl.finding import Code
from hereabouts.policy.decision import Modifiers
from tests.policy.actions.reading import read_modifier


def test_a_lifetime_has_an_upper_bound() -> None:
    assert read_modifier(EXPIRES, {"at-most": "PT1H"}) == (Modifiers(expires_at_most=3600), [])
    assert read_modifier(EXPIRES, {})[1] == [Code.ATTRIBUTE]
    assert read_modifier(EXPIRES, {"at-most": "PT0S"})[1] == [Code.ATTRIBUTE]
    assert EXPIRES.show(Modifiers(expires_at_most=3600)) == "at most 3600 s"


def test_a_lower_bound_is_refused_as_not_executed() -> None:
    attributes = {"at-most": "PT1H", "at-least": "PT1M"}
    assert read_modifier(EXPIRES, attributes) == (Modifiers(), [Code.ATTRIBUTE])
