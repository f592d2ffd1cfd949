from __future__ import annotations

import re

import pytest

from hereabouts.net.ids import RandomIds


def test_each_word_is_fresh_beyond_what_is_drawn_at_a_time() -> None:
    """3261-8.1.1.4-1, 3261-19.3-1: of 64 bits that the system draws, as Call-IDs and tags are."""
    ids = RandomIds()
    words = [ids.token() for _ in range(2000)]
    assert len(set(words)) == len(words)
    assert all(re.fullmatch("[0-9a-f]{16}", word) for word in words)


def test_no_part_of_what_was_drawn_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[bytes] = []

    def draw(size: int) -> bytes:
        drawn.append(bytes([len(drawn)]) * size)
        return drawn[-1]

    monkeypatch.setattr("hereabouts.net.ids.os.urandom", draw)
    ids = RandomIds()
    words = [ids.token() for _ in range(1024)]
    assert len(drawn) == 2
    assert "".join(words) == b"".join(drawn).hex()
