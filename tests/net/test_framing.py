"""The framing of streams in which messages stand as they are; that of WebSockets has its own."""

from __future__ import annotations

from hereabouts.net.bounds import Bounds
from hereabouts.net.framing import StreamFraming
from tests.sip.packets import request

ONE = request("OPTIONS")


def test_messages_stand_as_they_are() -> None:
    framing = StreamFraming(Bounds())
    assert framing.wrap([ONE, ONE]) == ONE + ONE
    assert list(framing.feed(memoryview(ONE + ONE[:5]))) == [ONE]
    assert framing.pending == 5
    assert (framing.reply(), framing.farewell(), framing.is_over) == (b"", b"", False)


def test_the_bounds_are_those_of_the_driver() -> None:
    framing = StreamFraming(Bounds(max_head=len(ONE), max_body=0))
    assert list(framing.feed(memoryview(ONE))) == [ONE]
