from __future__ import annotations

from pathlib import Path

import pytest

from bench.kamailio import MEMORY_ONLY, WRITTEN_THROUGH, Mode, configuration


@pytest.mark.parametrize(
    "mode, lines, why",
    [
        (MEMORY_ONLY, ('"subs_db_mode", 0', '"publ_cache", 2'), "nothing reaches the database"),
        (WRITTEN_THROUGH, ('"subs_db_mode", 1', '"publ_cache", 1'), "all of it does"),
    ],
)
def test_the_mode_is_set_and_no_blank_is_left(mode: Mode, lines: tuple[str, str], why: str) -> None:
    text = configuration(Path("folder"), 5070, Path("modules"), mode)
    assert all(line in text for line in lines), why
    assert "udp:127.0.0.1:5070" in text
    assert "${" not in text
