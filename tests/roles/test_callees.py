"""Where requests between users go: devices, whoever stands for a user, and other servers."""

from __future__ import annotations

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.roles.abroad import Abroad
from hereabouts.roles.build import finish
from hereabouts.roles.callees import MOST_TARGETS, Callees, Groups
from hereabouts.sip.admission import BadRequest, LoopDetected
from hereabouts.sip.call_token import CallTokens, Side
from hereabouts.sip.domains import NotServed
from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Request
from hereabouts.sip.proxy import Course
from hereabouts.sip.reader import read
from hereabouts.sip.registrar import KIND, Binding, Bindings
from hereabouts.sip.routes import NextHop, Routes
from hereabouts.sip.target_set import Target
from hereabouts.sip.uri import SipUri
from tests.ladders.player import START
from tests.roles.realm import A, B, Realm
from tests.sip.driven import Driven

ROUTES = Routes({"b.example": (NextHop("TCP", B, 5060), NextHop("UDP", B, 5060))})
PHONE = Flow("UDP", "192.0.2.7", 5060, f"{A}:5060")
PEER = (Flow("TCP", B, 5060, f"{A}:5060", 1), Flow("UDP", B, 5060, f"{A}:5060"))
BYE = "BYE sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:w@a.example>;tag=1\r\nTo: {}\r\n\r\n"


class Desk:
    """The callees of server `a`, and its store."""

    def __init__(self) -> None:
        self.realm = Realm()
        site = self.realm.stage.sites["a"]
        server = site.server
        self._store = server.store
        passing, self.tokens = server.proxy.passing, CallTokens(site.node.endpoint.seal)
        self.callees = Callees(
            self._store, server.domains, ROUTES, passing, self.tokens, Abroad(ROUTES, passing)
        )

    def bind(self, user: str, *contacts: str, flow: Flow = PHONE) -> None:
        """Bind these contacts, as URI or as URI and q."""
        bindings = []
        for contact in contacts:
            uri, _, q = contact.partition(" ")
            parameters = (("q", q),) if q else ()
            expires_at = Timestamp(self.realm.now.timestamp + 600)
            bindings.append(Binding(uri, parameters, expires_at, "c", 1, flow))
        record = Bindings(expires_at, tuple(bindings))
        finish(self._store.put((KIND, f"sip:{user}@a.example", ""), record, None))

    def uris(self, user: str) -> list[list[str]]:
        return [[target.uri for target in group] for group in self.groups(user)]

    def groups(self, user: str) -> Groups:
        found = finish(self.callees.of_user(f"sip:{user}@a.example", self.realm.now))
        assert isinstance(found, list)
        return found

    def beyond(self, side: Side, course: Course, to: str = "<sip:alice@a.example>;tag=2") -> Target:
        request = read(BYE.format(to).encode())
        assert isinstance(request, Request)
        target = finish(self.callees.beyond(side, course, request, self.realm.now))
        assert isinstance(target, Target)
        return target


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_devices_of_a_user_come_by_preference(desk: Desk) -> None:
    desk.bind("alice", "sip:alice@192.0.2.7:5071 0.5", "sip:alice@192.0.2.7", "tel:1")
    assert desk.uris("alice") == [["sip:alice@192.0.2.7"], ["sip:alice@192.0.2.7:5071"]]


def test_who_has_none_has_none(desk: Desk) -> None:
    assert desk.uris("alice") == []


def test_the_address_of_another_user_stands_for_all_his_devices(desk: Desk) -> None:
    """3261-16.3-5, 3261-16.5-2: and nobody is called twice."""
    desk.bind("alice", "sip:bob@a.example", "sip:BOB@192.0.2.7")
    desk.bind("bob", "sip:carol@a.example 0.1", "sip:bob@192.0.2.7")
    desk.bind("carol", "sip:carol@192.0.2.8", "sip:alice@a.example", "sip:bob@192.0.2.7")
    assert desk.uris("alice") == [["sip:bob@192.0.2.7", "sip:carol@192.0.2.8", "sip:BOB@192.0.2.7"]]


def test_users_who_stand_for_each_other_and_for_nobody_else_are_a_loop(desk: Desk) -> None:
    """5393-4.1-1."""
    desk.bind("alice", "sip:bob@a.example")
    desk.bind("bob", "sip:alice@a.example")
    with pytest.raises(LoopDetected):
        desk.uris("alice")


def test_a_device_at_the_address_of_the_server_is_no_user(desk: Desk) -> None:
    """Phones of one machine have other ports."""
    desk.bind("alice", f"sip:alice@{A}:5071", "sip:alice@a.example:5071")
    assert desk.uris("alice") == [[f"sip:alice@{A}:5071", "sip:alice@a.example:5071"]]


def test_there_is_a_bound_to_all_that(desk: Desk) -> None:
    desk.bind("alice", *(f"sip:u{number}@a.example" for number in range(8)))
    for number in range(8):
        desk.bind(f"u{number}", *(f"sip:{number}-{device}@192.0.2.7" for device in range(30)))
    (group,) = desk.uris("alice")
    assert len(group) == MOST_TARGETS


def test_a_contact_in_a_peers_domain_is_reached_by_the_peer(desk: Desk) -> None:
    desk.bind("alice", "sip:alice@b.example")
    assert desk.groups("alice") == [[Target("sip:alice@b.example", PEER)]]


ELSEWHERE = [
    (Course("sip:bob@b.example"), Target("sip:bob@b.example", PEER), "all peers of the domain"),
    (Course("sip:carol@c.example"), None, "no peer, no way"),
    (
        Course("sip:c@c.example", (f"<sip:{B};transport=tcp;lr>",)),
        Target("sip:c@c.example", PEER[:1], (f"<sip:{B};transport=tcp;lr>",)),
        "a route to a peer",
    ),
    (
        Course("sip:c@c.example", (f"<sip:{B}>",)),
        Target(f"sip:{B}", PEER[1:], ("<sip:c@c.example>",)),
        "3261-16.6-3: who is a strict router",
    ),
    (Course("sip:b@b.example", ("<sip:192.0.2.99;lr>",)), None, "a route to nobody we know"),
]


@pytest.mark.parametrize(
    "course, target", [row[:2] for row in ELSEWHERE], ids=[row[2] for row in ELSEWHERE]
)
def test_other_domains_are_reached_by_their_peers(
    desk: Desk, course: Course, target: Target | None
) -> None:
    uri = SipUri.parse(course.uri)
    if target is None:
        with pytest.raises(NotServed):
            finish(desk.callees.elsewhere(course, uri, START))
    else:
        assert finish(desk.callees.elsewhere(course, uri, START)) == target


AWAY = Flow("TCP", "192.0.2.8", 40_000, f"{A}:5060", 1, 7)
SIDE = Side(AWAY, is_to_callee=True)


def test_within_a_call_a_device_is_where_it_is_registered_now(desk: Desk) -> None:
    moved = Flow("TCP", "192.0.2.9", 40_001, f"{A}:5060", 1, 8)
    desk.bind("alice", "sip:alice@10.0.0.7", flow=moved)
    target = desk.beyond(SIDE, Course("sip:alice@10.0.0.7;ob"))
    assert target == Target("sip:alice@10.0.0.7;ob", (moved, AWAY))


STAYS = [
    ("sip:alice@10.0.0.9", "<sip:alice@a.example>;tag=2", "another device"),
    ("sip:alice@10.0.0.7", "<sip:nobody@a.example>;tag=2", "nobody's"),
    ("sip:alice@10.0.0.7", "<sip:alice@b.example>;tag=2", "a stranger's"),
    ("sip:alice@10.0.0.7", "<tel:1>;tag=2", "a number's"),
]


@pytest.mark.parametrize("uri, to", [row[:2] for row in STAYS], ids=[row[2] for row in STAYS])
def test_or_it_is_where_it_was(desk: Desk, uri: str, to: str) -> None:
    desk.bind("alice", "sip:alice@10.0.0.7")
    assert desk.beyond(SIDE, Course(uri), to).ways == (AWAY,)


NEXT = [
    ("<sip:p.example;lr>", (AWAY,), "whoever it names: to the side that the call has"),
    ("<sip:192.0.2.8;transport=tcp;lr>", (AWAY, AWAY.towards("192.0.2.8", 5060)),
     "by a new connection, if the machine is that"),
    (f"<sip:{B};transport=tcp;lr>", (AWAY, PEER[0]), "or by a peer of ours"),
]  # fmt: skip


@pytest.mark.parametrize("route, flows", [row[:2] for row in NEXT], ids=[row[2] for row in NEXT])
def test_a_route_behind_us_leads_to_the_other_side(
    desk: Desk, route: str, flows: tuple[Flow, ...]
) -> None:
    target = desk.beyond(SIDE, Course("sip:x@10.0.0.7", (route,)))
    assert target == Target("sip:x@10.0.0.7", flows, (route,))


@pytest.mark.parametrize("course", [Course("tel:1"), Course("sip:x@y", ("<tel:1>",))])
def test_what_is_no_address_leads_nowhere(desk: Desk, course: Course) -> None:
    with pytest.raises(BadRequest):
        desk.beyond(SIDE, course)


def test_a_token_is_taken_out_of_the_route_of_its_own_call(desk: Desk) -> None:
    """3261-16.4-1: whatever host we were called by; that of another call leads nowhere of ours."""
    head = "BYE sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:w@h>;tag=1\r\nTo: <sip:v@h>\r\n"
    invite = read(f"{head}Call-ID: c\r\n\r\n".encode())
    assert isinstance(invite, Request)
    token = desk.tokens.write(invite, PHONE, AWAY)
    route = f"<sip:{token}@old.example:5080;lr>"
    for call_id, course in (
        ("c", Course("sip:x@y", (), token)),
        ("d", Course("sip:x@y", (route,))),
    ):
        driven = Driven()
        rows = f"Call-ID: {call_id}\r\nCSeq: 1 BYE\r\nRoute: {route}\r\n\r\n"
        driven.receive(f"{head}{rows}".encode())
        assert desk.callees.course(driven.delivered[0]) == course
