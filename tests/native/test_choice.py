from __future__ import annotations

import pytest

from hereabouts.native import choice
from hereabouts.native.choice import hot_path, load
from tests.native.ways import built


@built
@pytest.mark.parametrize("environment", [{}, {"HEREABOUTS_PURE": ""}, {"HEREABOUTS_PURE": "0"}])
def test_a_compiled_module_is_taken_where_there_is_one(environment: dict[str, str]) -> None:
    assert load("messages", environment) is not None


@pytest.mark.parametrize(
    "name, environment",
    [
        pytest.param("messages", {"HEREABOUTS_PURE": "1"}, id="it is not wanted"),
        pytest.param("nothing", {}, id="it was not built"),
    ],
)
def test_else_there_is_none(name: str, environment: dict[str, str]) -> None:
    assert load(name, environment) is None


@pytest.mark.parametrize("found, said", [(object(), "native"), (None, "Python")])
def test_what_does_the_work_is_said(
    found: object, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "messages", found)
    assert hot_path() == said
