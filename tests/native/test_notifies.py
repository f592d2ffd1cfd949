"""The compiled writer of NOTIFYs, and what tells that one was taken: both do as Python does."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hereabouts.base.units import Instant, Timestamp
from hereabouts.native.choice import load, messages
from hereabouts.presence import notify
from hereabouts.presence.notify import Delivery
from hereabouts.presence.subscription import SUBSTATES, Standing, Subscription
from hereabouts.presence.view import View
from hereabouts.sip import glance
from hereabouts.sip.dialog import Dialog
from hereabouts.sip.flow import Flow
from hereabouts.sip.transactions import NON_INVITE_CLIENT
from hereabouts.sip.transactions.machine import State, Transaction
from hereabouts.storage.interface import Entry
from tests.interop.spoilt import ANYWHERE, Spoil, apply
from tests.native.ways import built
from tests.sip.packets import request, response

pytestmark = built


def unprepared() -> Any:  # noqa: ANN401 - the module as it is when it is loaded
    """The module once more, without what others have taught it."""
    before = sys.modules.pop("hereabouts.native.messages")
    try:
        return load("messages", {})
    finally:
        sys.modules["hereabouts.native.messages"] = before


NOW = Timestamp(1000.0)
HERE = Flow("UDP", "192.0.2.1", 5070, "198.51.100.1:5060")
DIALOG = Dialog(
    "To: <sip:w@h>;tag=1\r\nFrom: <sip:p@h>;tag=2\r\nCall-ID: c\r\n", "sip:w@192.0.2.1", 1
)
BODY = b"<presence/>\xff\0"


def delivery(dialog: dict[str, Any], flow: dict[str, Any], cseq: int, **record: Any) -> Delivery:  # noqa: ANN401
    """What a subscription has come to that differs in this from an ordinary one."""
    usual: dict[str, Any] = {
        "expires_at": Timestamp(1060.0),
        "presentity": "sip:p@h",
        "watcher": "sip:w@h",
        "event": "presence",
        "content_type": "application/pidf+xml",
        "standing": Standing.ACTIVE,
        "dialog": msgspec.structs.replace(DIALOG, **dialog),
        "flow": HERE,
        "cseq": 0,
        "boots": 1,
        "lifetime": 60,
        "request": "r",
    }
    kept = Subscription(**(usual | record))
    return Delivery("2", Entry(kept, 1), kept, msgspec.structs.replace(HERE, **flow), cseq)


def is_written(given: Delivery, branch: str = "z9hG4bKb") -> bool:
    """Whether the compiled writer writes this NOTIFY itself; both must write the same."""
    assert messages is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notify, "native", None)
        expected = notify.write_notify(given, BODY, NOW, branch)
    assert notify.write_notify(given, BODY, NOW, branch) == expected
    return messages.notify(given, BODY, NOW, branch, SUBSTATES) is not None


WRITTEN: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]] = [
    ({}, {}, {}, "an ordinary one"),
    ({}, {"transport": "TCP", "connection": 7}, {}, "by a connection"),
    ({}, {}, {"standing": Standing.POLITE}, "of one who is politely blocked"),
    ({}, {}, {"standing": Standing.PENDING}, "of one who waits"),
    ({}, {}, {"event": "presence;id=7"}, "of an event with an id"),
    ({}, {}, {"expires_at": Timestamp(1000.9995)}, "what is left is rounded"),
    ({}, {}, {"expires_at": Timestamp(900.0)}, "nothing is left"),
    ({"remote_target": "sip:w@[2001:db8::1]:5070;transport=udp"}, {}, {}, "to another address"),
]


@pytest.mark.parametrize("cseq", [1, 2**31])
@pytest.mark.parametrize(
    "dialog, flow, record", [case[:3] for case in WRITTEN], ids=[case[3] for case in WRITTEN]
)
def test_an_ordinary_notify_is_written_as_python_does(
    dialog: dict[str, Any], flow: dict[str, Any], record: dict[str, Any], cseq: int
) -> None:
    assert is_written(delivery(dialog, flow, cseq, **record))


UNWRITTEN: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]] = [
    ({"route_set": ("<sip:proxy;lr>",)}, {}, {}, "there is a proxy between"),
    ({"route_set": ("<sip:proxy>",)}, {}, {}, "there is a strict router between"),
    ({"remote_target": "sips:w@192.0.2.1"}, {}, {}, "to a sips address"),
    ({"remote_target": "SIP:w@192.0.2.1"}, {}, {}, "a scheme in capitals"),
    ({"remote_target": "sip:\u20ac@h"}, {}, {}, "an address that is not ASCII"),
    ({"lines": "To: \u20ac\r\nFrom: x\r\nCall-ID: y\r\n"}, {}, {}, "a name that is not ASCII"),
    ({}, {"transport": "TLS"}, {}, "by TLS"),
    ({}, {"transport": "WS"}, {}, "by a WebSocket"),
    ({}, {"local": "h\u00e9"}, {}, "by an address that is not ASCII"),
    ({}, {}, {"event": "\u00e9"}, "an event that is not ASCII"),
    *(
        ({}, {}, {"standing": standing}, f"it is over: {standing.name}")
        for standing in Standing
        if standing not in SUBSTATES
    ),
]


@pytest.mark.parametrize(
    "dialog, flow, record", [case[:3] for case in UNWRITTEN], ids=[case[3] for case in UNWRITTEN]
)
def test_any_other_is_left_to_python(
    dialog: dict[str, Any], flow: dict[str, Any], record: dict[str, Any]
) -> None:
    assert not is_written(delivery(dialog, flow, 1, **record))


def test_a_subscription_without_end_is_left_to_python() -> None:
    assert messages is not None
    endless = delivery({}, {}, 1, expires_at=Timestamp(float("inf")))
    assert messages.notify(endless, BODY, NOW, "b", SUBSTATES) is None


@given(st.text(max_size=20), st.text(max_size=20), st.integers(1, 2**31), st.floats(-1e9, 1e9))
def test_anything_is_written_the_same(lines: str, target: str, cseq: int, left: float) -> None:
    expires_at = Timestamp(NOW + left)
    changed = {"lines": lines, "remote_target": f"sip:{target}"}
    is_written(delivery(changed, {}, cseq, expires_at=expires_at))


@pytest.mark.parametrize("arguments", [(), (None, "", 1.0, "b", {}), (None, b"", 1, "b", {})])
def test_it_is_told_what_to_write_and_how(arguments: tuple[Any, ...]) -> None:
    assert messages is not None
    with pytest.raises(TypeError):
        messages.notify(*arguments)


class Odd:
    """Has all the fields of a delivery, and is none."""

    __slots__ = Delivery.__struct_fields__


def test_what_is_no_delivery_is_left_to_python() -> None:
    assert messages is not None
    odd: list[Any] = [None, Odd(), delivery({}, {}, 1), delivery({}, {}, 1)]
    odd[2].subscription, odd[3].flow = Odd(), None
    for each in odd:
        assert messages.notify(each, BODY, NOW, "b", SUBSTATES) is None
    module = unprepared()
    module.learn_deliveries(Odd, Subscription, View)
    assert module.notify(Odd(), BODY, NOW, "b", SUBSTATES) is None


# --- the answers in a burst


VIA = "SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bK{};rport"


def transaction(branch: str, method: str = "NOTIFY", *, is_passing: bool = False) -> Transaction:
    return Transaction(
        NON_INVITE_CLIENT,
        method,
        f"z9hG4bK{branch}",
        HERE,
        State.TRYING,
        payload=b"sent",
        is_passing=is_passing,
        due=Instant(1.0),
    )


def clients() -> dict[str, Transaction]:
    """Those that are under way, by their branches."""
    under_way = (
        transaction("ours"),
        transaction("passed", is_passing=True),
        transaction("another", "SUBSCRIBE"),
    )
    return {each.key: each for each in under_way}


def taken(branch: str, via: str = VIA) -> bytes:
    return response(request("NOTIFY", via=via.format(branch)), 200, {"Content-Length": "0"})


BURST = [
    taken("ours"),
    taken("ours"),
    taken("passed"),
    taken("another"),
    taken("nobodys"),
    taken("ours", VIA.replace("198", "203")),
    response(request("NOTIFY", via=VIA.format("ours")), 481, {"Content-Length": "0"}),
    request(),
    b"",
]


Sort = Callable[..., tuple[list[object], list[tuple[bytes, Flow]]]]


def sorted_out(burst: list[bytes]) -> tuple[list[object], list[bytes]]:
    """Who sent what has ended, and what is left; both ways must say and leave the same."""
    assert messages is not None
    found, other = _sorted_out(burst, messages.answered), _sorted_out(burst, glance.sort_out)
    assert found == other
    return found[0], found[1]


def _sorted_out(burst: list[bytes], sort: Sort) -> tuple[list[object], list[bytes], object]:
    arrived = [(packet, HERE) for packet in burst]
    waiting = clients()
    before = list(waiting.values())
    users = {key: ("told", key) for key in waiting}
    senders, rest = sort(arrived, waiting, users)
    ended = [(each.state, each.payload, each.due) for each in before]
    return senders, [packet for packet, _ in rest], (list(waiting), users, ended)


def test_only_what_ends_a_notify_of_ours_is_taken_out_of_a_burst() -> None:
    senders, left = sorted_out(BURST)
    assert senders == [("told", "z9hG4bKours")]
    assert left == BURST[1:]
    assert sorted_out([]) == ([], [])


def test_a_transaction_that_nobody_sent_is_left_as_it_is() -> None:
    assert messages is not None
    for sort in (messages.answered, glance.sort_out):
        waiting = clients()
        before = msgspec.structs.astuple(waiting["z9hG4bKours"])
        assert sort([(BURST[0], HERE)], waiting, {}) == ([], [(BURST[0], HERE)])
        assert msgspec.structs.astuple(waiting["z9hG4bKours"]) == before


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(BURST), st.lists(ANYWHERE, max_size=2)), max_size=4))
def test_a_damaged_burst_is_sorted_the_same(burst: list[tuple[bytes, list[Spoil]]]) -> None:
    sorted_out([apply(damages, packet) for packet, damages in burst])


def test_what_is_no_burst_is_refused() -> None:
    assert messages is not None
    not_told: Any = messages
    wrong: list[tuple[object, ...]] = [
        (),
        ([],),
        ([], {}),
        ((), {}, {}),
        ([], [], {}),
        ([], {}, []),
    ]
    for arguments in wrong:
        with pytest.raises(TypeError):
            not_told.answered(*arguments)
    odd: list[Any] = [None, (), (b"",), (b"", HERE, None)]
    assert not_told.answered(odd, {}, {}) == ([], odd)


def test_untaught_it_knows_no_transaction_and_no_delivery() -> None:
    module = unprepared()
    arrived = [(BURST[0], HERE)]
    assert module.answered(arrived, clients(), {}) == ([], arrived)
    assert module.notify(delivery({}, {}, 1), BODY, NOW, "b", SUBSTATES) is None


@pytest.mark.parametrize(
    "learn, arguments",
    [
        ("learn_transactions", (int, Flow, State.TERMINATED)),
        ("learn_transactions", (Transaction, int, State.TERMINATED)),
        ("learn_deliveries", (int, Subscription, View)),
        ("learn_deliveries", (Delivery, int, View)),
        ("learn_deliveries", (Delivery, Subscription, int)),
        ("learn_deliveries", (Delivery, Subscription, 5)),
    ],
)
def test_it_is_taught_classes_that_have_the_fields(learn: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises((TypeError, AttributeError)):
        getattr(unprepared(), learn)(*arguments)


def test_what_is_no_transaction_ends_nothing() -> None:
    assert messages is not None
    odd: Any = {"z9hG4bKours": Odd()}
    arrived = [(BURST[0], HERE)]
    assert messages.answered(arrived, odd, {}) == ([], arrived)


def test_nothing_of_ours_is_held() -> None:
    assert messages is not None
    gc.collect()
    shared = (State.TERMINATED, b"", HERE)
    given = delivery({}, {}, 7)
    before = [sys.getrefcount(each) for each in shared]
    for _ in range(1000):
        messages.notify(given, BODY, NOW, "b", SUBSTATES)
        under_way = clients()
        messages.answered([(BURST[0], HERE)], under_way, dict.fromkeys(under_way, ("told", 1)))
    del under_way
    for each, count in zip(shared, before, strict=True):
        assert abs(sys.getrefcount(each) - count) < 50
