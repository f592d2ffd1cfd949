"""The page of the settings is the one that they give."""

from __future__ import annotations

from pathlib import Path

from hereabouts.config import reference_page

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "settings.md"


def test_the_reference_page_is_the_one_that_the_settings_give() -> None:
    renew = "from hereabouts.config import reference_page; print(reference_page(), end='')"
    assert PAGE.read_text(encoding="utf-8") == reference_page(), (
        f'renew it: .venv/bin/python -c "{renew}" > docs/reference/settings.md'
    )
