from __future__ import annotations

import msgspec
import pytest

from hereabouts.http.news import News

SAID = [
    (News("v"), True, b'{"version":"v"}'),
    (News("v", {"sip:t@a.b": ("p",)}), False, b'{"version":"v","owners":{"sip:t@a.b":["p"]}}'),
    (News("v", everybody=True), False, b'{"version":"v","everybody":true}'),
    (
        News("v", everybody=True, is_complete=False),
        False,
        b'{"version":"v","everybody":true,"is_complete":false}',
    ),
]


@pytest.mark.parametrize("news, is_empty, written", SAID)
def test_news_is_said_as_briefly_as_can_be(
    news: News,
    is_empty: bool,  # noqa: FBT001 - a table
    written: bytes,
) -> None:
    assert news.is_empty is is_empty
    assert msgspec.json.encode(news) == written
    assert msgspec.json.decode(written, type=News) == news
