"""Spoilt messages over real sockets: a refusal or silence, never a fault, and life goes on.

What is damaged anywhere goes to a server that asks for credentials first, so it sends nothing to
an address that the damage has made up. What goes to the open one keeps its addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.interop.phones import SUBSCRIBE
from tests.interop.running import RunningServer, running_server
from tests.interop.spoilt import ANYWHERE, SHAPED, Spoil, apply, spoilt
from tests.interop.wire import Wire

BATCHES = 150
"Batches of each test."

MANY = 4000
"The same of a soak test: some minutes."

MOST = 20
"Messages of a batch; after it the server must answer an OPTIONS."

LONGEST = 60_000
"Bytes of a datagram."

Batch = list[tuple[str, list[Spoil]]]

_FIRST_LINE = re.compile(rb"SIP/2\.0 [1-6]\d\d [^\r\n]+|NOTIFY sip[^\r\n]* SIP/2\.0")


def batches(damage: st.SearchStrategy[Spoil]) -> st.SearchStrategy[Batch]:
    return st.lists(spoilt(damage), min_size=1, max_size=MOST)


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("trusting")
    with running_server(folder, "--auth", "none", "--notify-interval", "0") as server:
        yield server


@pytest.fixture(scope="module")
def wary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("wary")
    with running_server(folder, "--notify-interval", "0") as server:
        yield server


def send_all(server: RunningServer, transport: str, batch: Batch) -> None:
    """Send a batch, one socket for each message; nothing but SIP comes back, and all is well."""
    with ExitStack() as wires:
        used = []
        for text, damages in batch:
            wire = wires.enter_context(Wire(server, transport))
            wire.send_bytes(apply(damages, wire.write(text))[:LONGEST])
            used.append(wire)
        assert server.answers_options()
        for wire in used:
            received = wire.pending().lstrip(b"\r\n")  # pongs: empty lines look like pings
            assert not received or _FIRST_LINE.match(received), received
    server.check_faultless()


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
@settings(max_examples=BATCHES)
@given(batch=batches(ANYWHERE))
def test_damage_anywhere_is_survived(transport: str, wary: RunningServer, batch: Batch) -> None:
    send_all(wary, transport, batch)


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
@settings(max_examples=BATCHES)
@given(batch=batches(SHAPED))
def test_damage_deep_inside_is_survived(
    transport: str, trusting: RunningServer, batch: Batch
) -> None:
    send_all(trusting, transport, batch)


@settings(max_examples=BATCHES)
@given(damages=st.lists(ANYWHERE, min_size=1, max_size=4))
def test_a_damaged_answer_to_a_notify_is_survived(
    trusting: RunningServer, damages: list[Spoil]
) -> None:
    with Wire(trusting) as wire:
        assert wire.ask(SUBSCRIBE).status == 200
        answer = wire.answer_to(wire.receive(), "200 OK", "Content-Length: 0")
        wire.send_bytes(apply(damages, answer))
        assert trusting.answers_options()
        wire.send_bytes(answer.replace(b"200 OK", b"481 Gone"))  # so the subscription is over
    trusting.check_faultless()


@pytest.mark.soak
@pytest.mark.parametrize("transport", ["UDP", "TCP"])
@settings(max_examples=MANY)
@given(batch=batches(ANYWHERE))
def test_much_damage_anywhere_is_survived(
    transport: str, wary: RunningServer, batch: Batch
) -> None:
    send_all(wary, transport, batch)


@pytest.mark.soak
@pytest.mark.parametrize("transport", ["UDP", "TCP"])
@settings(max_examples=MANY)
@given(batch=batches(SHAPED))
def test_much_damage_deep_inside_is_survived(
    transport: str, trusting: RunningServer, batch: Batch
) -> None:
    send_all(trusting, transport, batch)
