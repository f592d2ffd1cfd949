"""RFC 3261 section 10.3: what becomes of the bindings of an address-of-record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Refusal
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.roles.conductor import Conductor
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.flow import Flow
from hereabouts.sip.lifetime import IntervalTooBrief, Lifetimes
from hereabouts.sip.registrar import (
    EVER,
    KIND,
    Binding,
    Bindings,
    Outdated,
    Registrar,
    TooManyContacts,
    contact_rows,
    expire,
    register,
    unbind,
)
from hereabouts.storage.far import FarStore
from hereabouts.storage.interface import Entry
from tests.sip.driven import Driven
from tests.sip.packets import TCP, UDP, Rows, a_request, a_response, request

NOW = Timestamp(1_700_000_000.0)
LIFETIMES = Lifetimes(minimum=60, default=3600, maximum=7200)
BOB = "sip:bob@example.com"


def bind(rows: Rows, *stored: Binding, now: float = NOW) -> tuple[Binding, ...]:
    """The bindings after a REGISTER."""
    asked = a_request(request("REGISTER", "sip:example.com", {"CSeq": "5 REGISTER", **rows}))
    return register(stored, asked, UDP, LIFETIMES, Timestamp(now))


def lifetimes(bindings: tuple[Binding, ...]) -> dict[str, float]:
    return {binding.uri: binding.expires_at - NOW for binding in bindings}


def binding(uri: str = "sip:b@h", *, call_id: str = "c1", cseq: int = 4) -> Binding:
    return Binding(uri, (), Timestamp(NOW + 600), call_id, cseq, UDP)


# -- how long

LENGTHS = [
    pytest.param("<sip:b@h>", None, 3600, id="10.3-7: the default"),
    pytest.param("<sip:b@h>", "200", 200, id="10.3-7: Expires"),
    pytest.param("<sip:b@h>;expires=100", "200", 100, id="10.3-7: the Contact's before Expires"),
    pytest.param("<sip:b@h>;expires=100", None, 100, id="10.3-7: the Contact's alone"),
    pytest.param("sip:b@h;Expires=60", None, 60, id="20-1: the header's, without brackets"),
    pytest.param("<sip:b@h>;expires=7201", None, 7200, id="10.3-7: shortened to the maximum"),
    pytest.param("<sip:b@h>", "4294967296", 7200, id="RFC 4475 3.1.2.4: beyond all numbers"),
    pytest.param("<sip:b@h>;expires=abc", "200", 3600, id="10.2.1-1: an odd one counts as 3600"),
    pytest.param("<sip:b@h>;expires", "200", 200, id="a name without a value is none"),
    pytest.param("<sip:b@h>", "soon", 3600, id="10.2.1-1: an odd Expires too"),
    pytest.param("<sip:b@h>;expires=60", None, 60, id="10.3-8: just the minimum"),
]


@pytest.mark.parametrize("contact, expires, granted", LENGTHS)
def test_how_long_a_binding_lasts(contact: str, expires: str | None, granted: float) -> None:
    bound = bind({"Contact": contact, "Expires": expires})
    assert lifetimes(bound) == {"sip:b@h": granted}


@pytest.mark.parametrize("asked", ["1", "5", "59"])
def test_a_lifetime_too_brief_is_refused(asked: str) -> None:
    """3261-10.3-8: 423 with Min-Expires."""
    with pytest.raises(IntervalTooBrief) as refusal:
        bind({"Contact": f"<sip:b@h>;expires={asked}"}, binding())
    assert refusal.value.headers() == [("Min-Expires", "60")]


# -- which

WHICH: list[object] = [
    pytest.param({}, ["sip:b@h"], id="10.2.3-1: without Contact nothing changes"),
    pytest.param({"Contact": "<sip:c@h>"}, ["sip:b@h", "sip:c@h"], id="one more"),
    pytest.param(
        {"Contact": ["<sip:c@h>, <sip:d@h>", "<sip:e@h>"]},
        ["sip:b@h", "sip:c@h", "sip:d@h", "sip:e@h"],
        id="7.3.1-5: several at once, in rows and lists",
    ),
    pytest.param({"Contact": "<sip:b@H>"}, ["sip:b@H"], id="19.1.4-1: the same, spelled otherwise"),
    pytest.param({"Contact": "<sip:b@h;x=1>"}, ["sip:b@h;x=1"], id="19.1.4-1: the same for URIs"),
    pytest.param({"Contact": "<sip:B@h>"}, ["sip:b@h", "sip:B@h"], id="19.1.4-1: another user"),
    pytest.param({"Contact": "<sip:b@h>;expires=0"}, [], id="10.3-8: 0 removes"),
    pytest.param({"Contact": "<sip:b@h>", "Expires": "0"}, [], id="10.3-8: 0 in Expires too"),
    pytest.param({"Contact": "<sip:c@h>;expires=0"}, ["sip:b@h"], id="removing what is not there"),
    pytest.param({"Contact": "*", "Expires": "0"}, [], id="10.3-5: the star removes all"),
    pytest.param(
        {"Contact": "<mailto:b@h>"}, ["sip:b@h", "mailto:b@h"], id="RFC 3261 10.2.1: any URI"
    ),
    pytest.param(
        {"Contact": ["<sip:%00@h>", "<sip:%00%00@h>"]},
        ["sip:b@h", "sip:%00@h", "sip:%00%00@h"],
        id="RFC 4475 3.1.1.4: two nulls are not one",
    ),
]


@pytest.mark.parametrize("rows, uris", WHICH)
def test_which_bindings_there_are(rows: Rows, uris: list[str]) -> None:
    assert [bound.uri for bound in bind(rows, binding())] == uris


REFUSED = [
    pytest.param({"Contact": "*", "Expires": "10"}, id="10.3-5: a star that does not remove"),
    pytest.param({"Contact": "*"}, id="10.3-5: a star without Expires"),
    pytest.param({"Contact": ["*", "<sip:c@h>"], "Expires": "0"}, id="10.3-5: a star with others"),
    pytest.param({"Contact": "*, *", "Expires": "0"}, id="10.3-5: two stars"),
    pytest.param({"Contact": ["<sip:c@h>", "<sip:"]}, id="10.3-1: one odd among others"),
    pytest.param({"Contact": "sip:b@h?Route=%3Csip:x%3E"}, id="4475-3.1.2.13-regbadct"),
    pytest.param({"Contact": "<sip:c@h>;q=2"}, id="10.2.1.2-1: q above 1"),
    pytest.param({"Contact": "<sip:c@h>;q=1.001"}, id="10.2.1.2-1: q a little above 1"),
    pytest.param({"Contact": "<sip:c@h>;q=0.3333"}, id="10.2.1.2-1: four decimals"),
    pytest.param({"Contact": "<sip:c@h>;q=-1"}, id="10.2.1.2-1: q below 0"),
    pytest.param({"Contact": "<sip:c@h>;q=x"}, id="10.2.1.2-1: q that is no number"),
    pytest.param({"Contact": '<sip:c@h>;q="0.5"'}, id="10.2.1.2-1: q in quotes"),
]


@pytest.mark.parametrize("rows", REFUSED)
def test_an_odd_register_is_refused_as_a_whole(rows: Rows) -> None:
    """3261-10.3-1: 400, and nothing of it takes effect."""
    with pytest.raises(BadRequest):
        bind(rows, binding("sip:x@h"))


@pytest.mark.parametrize("q", ["0", "1", "0.333", "1.0", "1.000", "0.", "0.5"])
def test_a_quality_is_kept_as_it_stood(q: str) -> None:
    """3261-10.2.1.2-1."""
    (bound,) = bind({"Contact": f"<sip:b@h>;Q={q};+x.y;expires=60"})
    assert bound.parameters == (("q", q), ("+x.y", None))


# -- by which flow

UUID = "<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"
VIAS = ["SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKp", "SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKa"]


def flow_contact(uri: str = "sip:b@h", number: str = "1", uuid: str = UUID, more: str = "") -> str:
    return f'<{uri}>;+sip.instance="{uuid}";reg-id={number}{more}'


FLOWS = [
    (flow_contact("sip:b@h:6000"), ["sip:b@h:6000"], "5626-6-1: another port, one binding"),
    (flow_contact("sip:b@h:6000", "2"), ["sip:b@h", "sip:b@h:6000"], "5626-6-1: two reg-ids, two"),
    (flow_contact(uuid="<urn:x>"), ["sip:b@h", "sip:b@h"], "another device"),
    (flow_contact(uuid=UUID.upper()), ["sip:b@h"], "RFC 4122: the same device, in other letters"),
    (flow_contact(more=";expires=0"), [], "5626-4.2.2: removed by its flow"),
    ("<sip:b@h>", ["sip:b@h", "sip:b@h"], "6: a plain one is bound by its URI"),
    ("<sip:b@h>;reg-id=1", ["sip:b@h", "sip:b@h"], "6: as is one without an instance"),
]


@pytest.mark.parametrize("contact, uris", [r[:2] for r in FLOWS], ids=[r[2] for r in FLOWS])
def test_a_device_has_one_binding_for_each_of_its_flows(contact: str, uris: list[str]) -> None:
    """5626-6-1: keyed by address-of-record, instance and reg-id."""
    stored = bind({"Contact": flow_contact(), "Call-ID": "before"})
    assert [bound.uri for bound in bind({"Contact": contact}, *stored)] == uris


def test_a_binding_knows_its_flow_its_device_and_its_path() -> None:
    """5626-6-1 and RFC 3327 section 5.3: stored with the binding."""
    (bound,) = bind({"Contact": flow_contact(), "Path": "<sip:e;lr;ob>, <sip:p;lr>"})
    assert (bound.flow, bound.instance, bound.reg_id) == (UDP, UUID, 1)
    assert bound.path == ("<sip:e;lr;ob>", "<sip:p;lr>")
    assert dict(bound.parameters)["reg-id"] == "1"


def test_behind_a_proxy_that_knows_nothing_of_flows_a_binding_is_a_plain_one() -> None:
    """5626-6-2: the reg-id of a client that does not ask for outbound is ignored."""
    first = bind({"Contact": flow_contact(), "Via": VIAS, "Call-ID": "before"})
    both = bind({"Contact": flow_contact("sip:b@other"), "Via": VIAS}, *first)
    assert [(bound.uri, bound.reg_id) for bound in both] == [("sip:b@h", 0), ("sip:b@other", 0)]


FLOW_FAULTS = [
    ({"Contact": [flow_contact(), "<sip:c@h>"]}, 400, "6: two Contacts for one flow"),
    ({"Contact": flow_contact(number="0")}, 400, "10: no number of a flow"),
    ({"Contact": flow_contact(), "Path": "<sip:"}, 400, "an odd Path"),
    (
        {"Contact": flow_contact(), "Via": VIAS, "Supported": "outbound"},
        439,
        "5626-6-2: the first hop lacks outbound",
    ),
]


@pytest.mark.parametrize(
    "rows, status", [row[:2] for row in FLOW_FAULTS], ids=[row[2] for row in FLOW_FAULTS]
)
def test_a_flow_that_cannot_be_is_refused(rows: Rows, status: int) -> None:
    with pytest.raises(Refusal) as refusal:
        bind(rows)
    assert refusal.value.status == status


def test_a_flow_replaces_others_in_one_register() -> None:
    """RFC 5626 section 6: beside it others can be removed."""
    stored = bind({"Contact": flow_contact(number="2"), "Call-ID": "before"})
    removed = flow_contact(number="2", more=";expires=0")
    bound = bind({"Contact": [flow_contact(), removed]}, *stored)
    assert [each.reg_id for each in bound] == [1]


# -- in which order

ORDER = [
    pytest.param("c1", 5, True, id="10.3-9: the same again"),
    pytest.param("c1", 6, True, id="10.3-9: older than what is there"),
    pytest.param("c1", 4, False, id="10.3-9: newer than what is there"),
    pytest.param("other", 9, False, id="10.3-9: another Call-ID, whatever the number"),
]
REMOVALS = [
    pytest.param({"Contact": "<sip:b@h>"}, id="refresh"),
    pytest.param({"Contact": "<sip:b@h>;expires=0"}, id="removal"),
    pytest.param({"Contact": "*", "Expires": "0"}, id="10.3-6: removal of all"),
]


@pytest.mark.parametrize("rows", REMOVALS)
@pytest.mark.parametrize("call_id, cseq, is_outdated", ORDER)
def test_in_which_order_a_client_speaks(
    rows: Rows, call_id: str, cseq: int, *, is_outdated: bool
) -> None:
    """3261-10.3-9 and 3261-10.3-6: Call-ID c1, CSeq 5 comes in."""
    stored = binding(call_id=call_id, cseq=cseq)
    if is_outdated:
        with pytest.raises(Outdated) as refusal:
            bind(rows, binding("sip:x@h", call_id="x"), stored)
        assert refusal.value.status == 500
    else:
        kept = [bound for bound in bind(rows, stored) if bound.uri == "sip:b@h"]
        assert all((bound.call_id, bound.cseq) == ("c1", 5) for bound in kept)


def test_another_binding_of_the_client_is_no_matter_of_order() -> None:
    """3261-10.3-9 compares binding by binding."""
    bound = bind({"Contact": "<sip:new@h>"}, binding(cseq=9))
    assert [each.uri for each in bound] == ["sip:b@h", "sip:new@h"]


CONTACTS = st.sampled_from(["<sip:b@h>", "<sip:c@h>;expires=0", "<sip:d@h>;q=0.1", "<sip:", "*"])


@given(st.lists(CONTACTS, max_size=3), st.sampled_from([None, "0", "60", "5"]))
def test_all_takes_effect_or_nothing(contacts: list[str], expires: str | None) -> None:
    """3261-10.3-10: values in, values out; a refusal leaves what was stored as it was."""
    stored = (binding(call_id="x"), binding("sip:c@h", call_id="x"))
    try:
        bound = bind({"Contact": contacts, "Expires": expires}, *stored)
    except Refusal:
        return
    assert all(each.expires_at >= NOW + 60 for each in bound)
    uris = [each.uri for each in bound]
    assert len(uris) == len(set(uris))


# -- what is answered


def test_all_bindings_are_listed_with_what_is_left() -> None:
    """3261-10.3-11."""
    first = bind({"Contact": "<sip:b@h>;q=0.5;expires=100"})
    both = bind({"Contact": "<sip:c@h>", "Call-ID": "c2"}, *first, now=NOW + 40)
    assert contact_rows(both, Timestamp(NOW + 40)) == [
        ("Contact", "<sip:b@h>;q=0.5;expires=60"),
        ("Contact", "<sip:c@h>;expires=3600"),
    ]


class Desk:
    """A registrar with its store, and the clients before it."""

    def __init__(self, *, is_far: bool = False, max_contacts: int = 3) -> None:
        self.far = FarStore()
        self.store = self.far if is_far else self.far.near
        self.driven = Driven()
        self.registrar = Registrar(
            self.store, self.driven.endpoint, LIFETIMES, max_contacts, flow_timer=120
        )
        self.refused: list[Exception] = []
        self._conductor = Conductor()
        self._branches = 0

    def register(self, rows: Rows, flow: Flow = UDP) -> None:
        """Let a REGISTER for bob come in; its answer leaves when the store has answered."""
        self._branches += 1
        via = f"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{self._branches}"
        self.driven.receive(request("REGISTER", "sip:example.com", rows, via=via), flow)
        incoming, now = self.driven.delivered[-1], self.driven.now
        self._conductor.run(
            BOB, lambda: self.registrar.register(incoming, BOB, now), self.refused.append
        )
        self.far.resume_all()
        self.driven.release()

    def expire(self) -> None:
        now = self.driven.now
        self._conductor.run(BOB, lambda: expire(self.store, BOB, now), self.refused.append)
        self.far.resume_all()

    def unbind(self, uri: str) -> None:
        self._conductor.run(
            BOB, lambda: unbind(self.store, BOB, lambda each: each.uri == uri), self.refused.append
        )
        self.far.resume_all()

    @property
    def contacts(self) -> list[str]:
        """The Contact rows of the latest answer."""
        return a_response(self.driven.sent[-1][2]).headers.get("contact", [])

    @property
    def stored(self) -> Bindings | None:
        found: list[Entry | None] = []

        async def read() -> None:
            found.append(await self.far.near.get((KIND, BOB, ""), EVER))

        Conductor().run("", read, self.refused.append)
        record = found[0].record if found[0] else None
        assert record is None or isinstance(record, Bindings)
        return record


BOTH_STORES = pytest.mark.parametrize("is_far", [False, True], ids=["near", "far"])


ANSWERS: list[tuple[Rows, Flow, dict[str, str], str]] = [
    ({"Supported": "outbound"}, UDP, {"require": "outbound"}, "5626-6-1: Require: outbound"),
    (
        {"Supported": "outbound"},
        TCP,
        {"require": "outbound", "flow-timer": "120"},
        "5626-4.4-1: and how often to ping a connection",
    ),
    ({}, TCP, {}, "6: only who understands it is told"),
    (
        {"Path": "<sip:e;lr;ob>"},
        UDP,
        {"path": "<sip:e;lr;ob>"},
        "RFC 3327 5.3: the Path comes back",
    ),
    (
        {"Supported": "outbound", "Path": "<sip:e;lr;ob>", "Via": VIAS},
        TCP,
        {"require": "outbound", "path": "<sip:e;lr;ob>"},
        "5.4: an edge proxy says itself how often",
    ),
]


@pytest.mark.parametrize("rows, flow, said", [r[:3] for r in ANSWERS], ids=[r[3] for r in ANSWERS])
def test_what_a_client_is_told_of_its_flow(rows: Rows, flow: Flow, said: dict[str, str]) -> None:
    desk = Desk()
    desk.register({"Contact": flow_contact(), **rows}, flow)
    assert desk.refused == []
    headers = a_response(desk.driven.sent[-1][2]).headers
    names = ("require", "flow-timer", "path")
    assert {name: headers[name][0] for name in names if name in headers} == said


def test_a_query_and_a_plain_contact_are_not_told_of_flows() -> None:
    """RFC 5626 section 6: no Require: outbound without a reg-id."""
    desk = Desk()
    desk.register({"Contact": flow_contact(), "Supported": "outbound"})
    for rows in ({"Contact": "<sip:c@h>"}, {}):
        desk.register({"Supported": "outbound", "CSeq": "2 REGISTER", "Call-ID": "x", **rows})
        assert "require" not in a_response(desk.driven.sent[-1][2]).headers


@BOTH_STORES
def test_a_query_changes_nothing(*, is_far: bool) -> None:
    """3261-10.2.3-1: fetched twice 3 s apart, 3 s less; and no Record-Route (3261-10.3-1)."""
    desk = Desk(is_far=is_far)
    desk.register({"Contact": "<sip:b@h>;expires=100", "Record-Route": "<sip:p;lr>"})
    stored = desk.stored
    desk.register({"Call-ID": "q", "CSeq": "1 REGISTER"})
    assert desk.contacts == ["<sip:b@h>;expires=100"]
    desk.driven.wait(3)
    desk.register({"Call-ID": "q", "CSeq": "2 REGISTER"})
    assert desk.contacts == ["<sip:b@h>;expires=97"]
    assert desk.stored == stored
    assert "record-route" not in a_response(desk.driven.sent[0][2]).headers


@BOTH_STORES
def test_a_binding_vanishes_when_it_expires(*, is_far: bool) -> None:
    """3261-10.3-12: not listed any more, and then not stored either."""
    desk = Desk(is_far=is_far)
    desk.register({"Contact": ["<sip:b@h>;expires=60", "<sip:c@h>;expires=120"]})
    desk.driven.wait(60)
    desk.register({"CSeq": "2 REGISTER"})
    assert desk.contacts == ["<sip:c@h>;expires=60"]
    desk.expire()
    assert desk.stored is not None
    assert [each.uri for each in desk.stored.contacts] == ["sip:c@h"]
    assert desk.stored.expires_at == desk.stored.next_expiry == 1.7e9 + 120
    desk.driven.wait(60)
    desk.expire()
    desk.expire()
    assert desk.stored is None
    assert desk.refused == []


def test_before_anything_expires_expiry_changes_nothing() -> None:
    desk = Desk()
    desk.register({"Contact": "<sip:b@h>"})
    stored = desk.stored
    desk.expire()
    assert desk.stored == stored


@BOTH_STORES
def test_the_last_binding_removed_leaves_nothing(*, is_far: bool) -> None:
    """3261-10.3-5: 200 without Contact."""
    desk = Desk(is_far=is_far)
    desk.register({"Contact": "<sip:b@h>"})
    desk.register({"Contact": "*", "Expires": "0", "CSeq": "2 REGISTER"})
    assert (desk.contacts, desk.stored) == ([], None)


def test_removing_from_nothing_is_fine() -> None:
    desk = Desk()
    desk.register({"Contact": "*", "Expires": "0"})
    assert (desk.contacts, desk.stored, desk.refused) == ([], None, [])


@BOTH_STORES
def test_a_refused_register_stores_nothing(*, is_far: bool) -> None:
    """3261-8.2-1, 3261-10.3-10."""
    desk = Desk(is_far=is_far)
    desk.register({"Contact": "<sip:b@h>"})
    stored = desk.stored
    desk.register({"Contact": ["<sip:c@h>", "<sip:d@h>;expires=5"], "CSeq": "2 REGISTER"})
    assert isinstance(desk.refused[0], IntervalTooBrief)
    assert desk.stored == stored


def test_too_many_contacts_are_refused_until_some_go() -> None:
    desk = Desk(max_contacts=2)
    desk.register({"Contact": ["<sip:b@h>", "<sip:c@h>"]})
    desk.register({"Contact": "<sip:d@h>", "CSeq": "2 REGISTER"})
    (refusal,) = desk.refused
    assert isinstance(refusal, TooManyContacts)
    assert (refusal.status, refusal.headers()) == (503, [("Retry-After", "60")])
    desk.register({"Contact": ["<sip:b@h>;expires=0", "<sip:d@h>"], "CSeq": "3 REGISTER"})
    assert desk.contacts == ["<sip:c@h>;expires=3600", "<sip:d@h>;expires=3600"]


def test_contacts_that_have_expired_do_not_count() -> None:
    desk = Desk(max_contacts=1)
    desk.register({"Contact": "<sip:b@h>;expires=60"})
    desk.driven.wait(60)
    desk.register({"Contact": "<sip:c@h>", "CSeq": "2 REGISTER"})
    assert desk.contacts == ["<sip:c@h>;expires=3600"]


def test_a_faster_writer_is_no_fault_of_the_client() -> None:
    desk = Desk(is_far=True)
    desk.far.inject_conflicts(2)
    desk.register({"Contact": "<sip:b@h>"})
    assert desk.contacts == ["<sip:b@h>;expires=3600"]
    assert desk.refused == []


def test_what_is_left_is_told_in_whole_seconds() -> None:
    moment = Moment(Instant(0.0), Timestamp(NOW + 0.4))
    assert contact_rows((binding(),), moment.timestamp) == [("Contact", "<sip:b@h>;expires=600")]


def test_contacts_that_are_gone_can_be_taken_out() -> None:
    desk = Desk()
    desk.register({"Contact": ["<sip:b@h>", "<sip:c@h>"]})
    for gone, left in (("sip:b@h", ["sip:c@h"]), ("sip:x@h", ["sip:c@h"]), ("sip:c@h", [])):
        desk.unbind(gone)
        assert [each.uri for each in (desk.stored or Bindings()).contacts] == left
    desk.unbind("sip:c@h")
    assert not desk.refused
