"""Ways to other domains: who has the last word, what is proved there, and who was silent."""

from __future__ import annotations

import pytest

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import Instant, Moment
from hereabouts.roles.abroad import LAST, MOST_SILENT, Abroad
from hereabouts.roles.build import finish
from hereabouts.roles.locating import Locating, NoSuchServer
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.destination import Means
from hereabouts.sip.domains import NotServed
from hereabouts.sip.flow import Flow
from hereabouts.sip.routes import NextHop, Routes
from hereabouts.sip.uri import SipUri
from tests.ladders.ids import CountedIds
from tests.ladders.player import START
from tests.ladders.test_located_domains import Told
from tests.roles.realm import B, Realm

NAMED = Routes({"b.example": (NextHop("TCP", B, 5060),)})
OUTBOUND = Routes(outbound=NextHop("TCP", "192.0.2.98", 5060))
TEXT = """
    c.example NAPTR 1 1 s SIPS+D2T - _sips._tcp.c.example
    c.example NAPTR 2 1 s SIP+D2U - _sip._udp.c.example
    _sips._tcp.c.example SRV 1 0 5061 sip.c.example
    _sip._udp.c.example SRV 1 0 5060 sip.c.example
    sip.c.example A 192.0.2.3
    _sip._udp.d.example SRV 1 0 5060 one.d.example
    _sip._udp.d.example SRV 2 0 5060 two.d.example
    one.d.example A 192.0.2.4
    two.d.example A 192.0.2.5
"""


def abroad(routes: Routes = NAMED, *, is_asked: bool = True) -> Abroad:
    """The ways of server `a`, which asks the DNS or does not."""
    site = Realm().stage.sites["a"]
    means = Means(("TLS", "TCP", "UDP"))
    locating = Locating(Told(TEXT), means, Deadlines(), CountedIds(), limit=3.0)
    return Abroad(routes, site.server.proxy.passing, locating if is_asked else None)


def found(ways: Abroad, uri: str, *routes: str, now: Moment = START) -> list[str]:
    """The flows to a stranger, as text."""
    flows = finish(ways.flows(SipUri.parse(uri), routes, now))
    return [written(flow) for flow in flows]


def written(flow: Flow) -> str:
    proved = f" as {flow.domain}" if flow.domain else ""
    return f"{flow.transport} {flow.host}:{flow.port}{proved}"


FOUND = [
    (("sip:w@b.example",), f"TCP {B}:5060", "a peer is where the operator says"),
    (("sip:w@c.example",), "TLS 192.0.2.3:5061 as c.example", "3263-4.1-1: who proves his domain"),
    (("sips:w@c.example",), "TLS 192.0.2.3:5061 as c.example", "3263-4.1-2: never in clear text"),
    (("sip:w@c.example;transport=udp",), "UDP 192.0.2.3:5060", "where there is nothing to prove"),
    (("sip:w@b.example", "<sip:c.example;lr>"), "TLS 192.0.2.3:5061 as c.example", "by his route"),
    (("sips:w@x.example", "<sip:c.example;lr>"), "TLS 192.0.2.3:5061 as c.example", "and by TLS"),
    (("sip:w@x.example", f"<sip:{B};transport=tcp;lr>"), f"TCP {B}:5060", "a route to a peer"),
]


@pytest.mark.parametrize("uris, flow", [row[:2] for row in FOUND], ids=[row[2] for row in FOUND])
def test_where_a_request_goes(uris: tuple[str, ...], flow: str) -> None:
    ways = abroad()
    assert found(ways, *uris) == [flow]
    assert ways.may_reach(SipUri.parse(uris[0]), uris[1:])


NOWHERE = [
    (abroad, ("sip:w@x.example",), NoSuchServer, True, "3263-4.1-1: it has no server"),
    (abroad, ("sip:w@c.example", "nonsense"), BadRequest, True, "a route that is none"),
    (abroad, ("sips:w@b.example",), NotServed, False, "its peer by TCP alone has the last word"),
    (
        lambda: abroad(OUTBOUND),
        ("sip:w@c.example", "<sip:c.example;lr>"),
        NotServed,
        False,
        "so has the server for everything",
    ),
    (lambda: abroad(is_asked=False), ("sip:w@c.example",), NotServed, False, "nobody is asked"),
]


@pytest.mark.parametrize(
    "make, uris, refusal, may_reach", [row[:4] for row in NOWHERE], ids=[row[4] for row in NOWHERE]
)
def test_where_there_is_no_way(
    make: type[Abroad], uris: tuple[str, ...], refusal: type[Exception], *, may_reach: bool
) -> None:
    ways = make()  # type: ignore[call-arg] # a function that makes one
    assert ways.may_reach(SipUri.parse(uris[0]), uris[1:]) is may_reach
    with pytest.raises(refusal):
        found(ways, *uris)


WITHIN = [
    ("sip:192.0.2.3:5071;transport=tls", "TLS 192.0.2.3:5071 as c.example", "a number by TLS"),
    ("sips:192.0.2.3", "TLS 192.0.2.3:5061 as c.example", "of a sips address too"),
    ("sip:192.0.2.3", "UDP 192.0.2.3:5060", "in clear text there is nothing to prove"),
    ("sip:c.example", "TLS 192.0.2.3:5061 as c.example", "3263-4.1-1: a name by its records"),
]


@pytest.mark.parametrize("hop, flow", [row[:2] for row in WITHIN], ids=[row[2] for row in WITHIN])
def test_where_a_request_inside_of_a_dialog_goes(hop: str, flow: str) -> None:
    assert written(finish(abroad().within(SipUri.parse(hop), "c.example", START))) == flow


def test_without_the_dns_a_name_in_a_dialog_is_left_to_whoever_sends() -> None:
    ways = abroad(is_asked=False)
    hop = SipUri.parse("sip:c.example;transport=tcp")
    assert written(finish(ways.within(hop, "c.example", START))) == "TCP c.example:5060"


def test_who_was_silent_is_last_for_a_while() -> None:
    """3263-4.3-1."""
    ways = abroad()
    first, second = finish(ways.flows(SipUri.parse("sip:w@d.example"), (), START))
    ways.was_silent(first, START)
    uri = "sip:w@d.example"
    assert found(ways, uri) == [written(second), written(first)]
    later = Moment(Instant(START.instant + LAST), START.timestamp)
    assert found(ways, uri, now=later) == [written(first), written(second)]


def test_what_is_known_of_silence_is_bounded() -> None:
    ways = abroad()
    first, second = finish(ways.flows(SipUri.parse("sip:w@d.example"), (), START))
    ways.was_silent(first, START)
    for port in range(MOST_SILENT):
        ways.was_silent(Flow("UDP", "192.0.2.9", port, first.local), START)
    assert found(ways, "sip:w@d.example") == [written(first), written(second)]
