from __future__ import annotations

import asyncio

import pytest

from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.client.failure import AgentFailed, Refused, WrongPassword
from hereabouts.client.news import News
from hereabouts.client.presence import Presence
from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.sighting import Sighting
from hereabouts.presence.statement import Statement
from hereabouts.sip.headers.event import Substate
from hereabouts.sip.leaving import Answer, Failure
from hereabouts.sip.message import Response
from tests.client.serving import run

NOW = Moment(Instant(1.0), Timestamp(1.0))
A, B = "sip:a@example.com", "sip:b@example.com"


def failure(presentity: str, answer: Answer) -> AgentFailed:
    if isinstance(answer, Response) and answer.status == 401:
        return WrongPassword(presentity)
    return Refused(presentity)


def shows(note: str) -> Sighting:
    return Sighting(Substate.ACTIVE, "", Statement(Basic.OPEN, note).document(A))


def refused(status: int) -> Sighting:
    answer = Response(status, "No", [], {}, b"")
    return Sighting(Substate.TERMINATED, "no", is_over=True, answer=answer)


TROUBLED = Sighting(Substate.TERMINATED, "trouble", answer=Failure.TIMED_OUT)
OVER = Sighting(Substate.TERMINATED, "rejected", is_over=True)


def read(news: News, patience: float = 0.0) -> Presence | None:
    return run(news.next(patience))


def news_of(*sightings: tuple[str, Sighting], watched: int = 2) -> News:
    news = News(watched, failure)
    for presentity, sighting in sightings:
        news.seen(presentity, sighting, NOW)
    return news


def test_a_slow_reader_gets_the_newest_of_each() -> None:
    news = news_of((A, shows("1")), (B, shows("2")), (A, shows("3")))
    found = [read(news), read(news)]
    assert [(each.presentity, each.note) for each in found if each] == [(A, "3"), (B, "2")]


def test_it_ends_with_the_last_watch() -> None:
    news = news_of((A, shows("1")), (A, OVER), (B, OVER))
    found = [read(news), read(news)]
    assert [each.reason for each in found if each] == ["rejected", "rejected"]
    assert read(news) is None


def test_a_wrong_password_concerns_all() -> None:
    with pytest.raises(WrongPassword):
        read(news_of((A, shows("1")), (B, refused(401))))


def test_one_refusal_of_several_is_shown() -> None:
    news = news_of((A, refused(404)), (B, shows("1")))
    found = [read(news), read(news)]
    assert [each.state for each in found if each] == [Substate.TERMINATED, Substate.ACTIVE]


def test_where_all_are_refused_it_is_a_failure() -> None:
    with pytest.raises(Refused):
        read(news_of((A, refused(404)), (B, refused(403))))


def test_trouble_at_first_is_waited_out() -> None:
    with pytest.raises(TimeoutError):
        read(news_of((A, TROUBLED)))


def test_trouble_later_is_shown() -> None:
    news = news_of((A, shows("1")))
    assert read(news) is not None
    news.seen(A, TROUBLED, NOW)
    presence = read(news)
    assert presence is not None
    assert presence.reason == "trouble"


def test_a_reader_waits_for_what_comes() -> None:
    async def test() -> None:
        news = News(1, failure)
        reading = asyncio.ensure_future(news.next(30.0))
        await asyncio.sleep(0)
        news.seen(A, shows("1"), NOW)
        presence = await reading
        assert presence is not None
        assert presence.note == "1"

    run(test())
