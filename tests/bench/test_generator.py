"""The load generator, played against the least presence server there is, and its faults."""

from __future__ import annotations

import re
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lxml import etree

from bench import generator
from bench.generator import Load, LoadFailed

pytestmark = pytest.mark.needs("cc")

LOAD = Load(presentities=2, watchers=3, outstanding=4, rounds=2)
NOTIFIES = {"publish": 0, "subscribe": 6, "rounds": 12, "unsubscribe": 6}

Fault = Callable[[bytes, int], list[bytes]]
"What leaves instead of a packet; the number counts the packets from 0."


class Toy:
    """Accepts everything and notifies at once; knows no timers."""

    def __init__(self, fault: Fault) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.05)
        self.port: int = self.socket.getsockname()[1]
        self.stopped = threading.Event()
        self._fault = fault
        self._sent = 0
        self.documents: dict[str, bytes] = {}
        self._dialogs: dict[str, dict[str, str]] = {}
        self._cseq: defaultdict[str, int] = defaultdict(int)

    def run(self) -> None:
        while not self.stopped.is_set():
            try:
                packet, peer = self.socket.recvfrom(65535)
            except TimeoutError:
                continue
            if not packet.startswith(b"SIP/2.0"):
                self._receive(packet, peer)

    def _receive(self, packet: bytes, peer: tuple[str, int]) -> None:
        head, _, body = packet.partition(b"\r\n\r\n")
        start, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        method, presentity = start.split(" ")[0], headers["To"]
        self._send(self._answer(headers), peer)
        if method == "PUBLISH":
            self.documents[presentity] = body
            for dialog in list(self._dialogs.values()):
                if dialog["To"] == presentity:
                    self._send(self._notify(dialog, "active"), peer)
        elif headers["Expires"] == "0":
            self._send(self._notify(self._dialogs.pop(headers["Call-ID"]), "terminated"), peer)
        else:
            self._dialogs[headers["Call-ID"]] = headers
            self._send(self._notify(headers, "active"), peer)

    def _answer(self, headers: dict[str, str]) -> bytes:
        tagged = headers["To"] if "tag=" in headers["To"] else headers["To"] + ";tag=toy"
        same = "".join(
            f"{name}: {headers[name]}\r\n" for name in ("Via", "From", "Call-ID", "CSeq")
        )
        own = f"To: {tagged}\r\nContact: <sip:127.0.0.1:{self.port}>\r\nSIP-ETag: e{self._sent}"
        return f"SIP/2.0 200 OK\r\n{same}{own}\r\nContent-Length: 0\r\n\r\n".encode()

    def _notify(self, dialog: dict[str, str], state: str) -> bytes:
        self._cseq[dialog["Call-ID"]] += 1
        body = self.documents.get(dialog["To"], b"")
        lines = (
            f"NOTIFY {dialog['Contact'][1:-1]} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bKtoy{self._sent}",
            f"From: {dialog['To']};tag=toy",
            f"To: {dialog['From']}",
            f"Call-ID: {dialog['Call-ID']}",
            f"CSeq: {self._cseq[dialog['Call-ID']]} NOTIFY",
            f"Subscription-State: {state}",
            f"Content-Length: {len(body)}",
            "\r\n",
        )
        return "\r\n".join(lines).encode() + body

    def _send(self, packet: bytes, peer: tuple[str, int]) -> None:
        for leaving in self._fault(packet, self._sent):
            self.socket.sendto(leaving, peer)
        self._sent += 1


@contextmanager
def toy_server(fault: Fault) -> Iterator[Toy]:
    toy = Toy(fault)
    thread = threading.Thread(target=toy.run)
    thread.start()
    try:
        yield toy
    finally:
        toy.stopped.set()
        thread.join()
        toy.socket.close()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generator.build(tmp_path_factory.mktemp("load"))


def play(program: Path, fault: Fault, *more: str) -> tuple[generator.Played, list[str]]:
    steps: list[str] = []
    with toy_server(fault) as toy:
        arguments = [f"--server=127.0.0.1:{toy.port}", *LOAD.arguments(), *more]
        return generator.play(program, arguments, None, steps.append), steps


def faultless(packet: bytes, _number: int) -> list[bytes]:
    return [packet]


def is_notify(packet: bytes) -> bool:
    return packet.startswith(b"NOTIFY")


def test_every_notify_of_every_phase_is_counted(program: Path) -> None:
    played, steps = play(program, faultless, "--unsubscribe", "--idle=1")
    assert steps == ["publish", "subscribe", "rounds", "idle", "unsubscribe", "end"]
    counted = {name: phase.counts["notifies"] for name, phase in played.phases.items()}
    assert counted == NOTIFIES | {"idle": 0}
    assert played.phases["subscribe"].counts["notifies_without_state"] == 0
    assert played.phases["rounds"].operations == LOAD.presentities * LOAD.rounds


def test_latencies_are_in_order(program: Path) -> None:
    latency = play(program, faultless)[0].phases["rounds"].latency_microseconds
    assert 0 < latency.p50 <= latency.p99 <= latency.maximum


def test_one_presentity_may_have_all_watchers(program: Path) -> None:
    played, _ = play(program, faultless, "--fan-out", "--watchers=50")
    assert played.phases["rounds"].operations == LOAD.rounds
    assert played.phases["rounds"].counts["notifies"] == 50 * LOAD.rounds


def test_the_document_is_600_bytes_of_pidf_whose_names_count_from_the_first(program: Path) -> None:
    with toy_server(faultless) as toy:
        arguments = [f"--server=127.0.0.1:{toy.port}", *LOAD.arguments(), "--first=70"]
        generator.play(program, arguments, None, lambda _: None)
    assert list(toy.documents) == ["<sip:p70@example.com>", "<sip:p71@example.com>"]
    for presentity, document in toy.documents.items():
        assert len(document) == 600
        assert etree.fromstring(document).get("entity") == presentity[1:-1]


def test_a_notify_that_comes_twice_counts_once(program: Path) -> None:
    played, _ = play(program, lambda packet, _: [packet] * (1 + is_notify(packet)))
    # The second copy of the last one may arrive after the phase has ended, and then counts nowhere.
    rounds = played.phases["rounds"].counts
    assert rounds["notifies"] == NOTIFIES["rounds"]
    assert rounds["notifies_received_again"] >= NOTIFIES["rounds"] - 1


def test_a_request_whose_answer_is_lost_is_sent_again(program: Path) -> None:
    played, _ = play(program, lambda packet, number: [packet] if number else [])
    assert played.phases["publish"].counts["requests_sent_again"] == 1
    assert played.phases["publish"].operations == LOAD.presentities


FAULTS: list[tuple[str, Fault, str]] = [
    ("nothing is answered", lambda _packet, _number: [], "never answered"),
    (
        "no NOTIFY comes",
        lambda packet, _: [] if is_notify(packet) else [packet],
        "answered, 1 NOTIFYs missing after 1 s",
    ),
    (
        "a request is refused",
        lambda packet, _: [packet.replace(b"200 OK", b"403 Forbidden")],
        "answered: SIP/2.0 403 Forbidden",
    ),
    (
        "the answer to a PUBLISH names no entity-tag",
        lambda packet, _: [packet.replace(b"SIP-ETag", b"X-ETag")],
        "without SIP-ETag",
    ),
    (
        "a NOTIFY of a dialog nobody has",
        lambda packet, _: [
            packet.replace(b"Call-ID: s", b"Call-ID: x") * is_notify(packet) or packet
        ],
        "of no subscription of ours",
    ),
    (
        "a NOTIFY to another watcher's Contact",
        lambda packet, _: [re.sub(rb"NOTIFY sip:w\d", b"NOTIFY sip:w9", packet)],
        "of no subscription of ours",
    ),
    (
        "CSeq falls from NOTIFY to NOTIFY",
        lambda packet, _: [
            re.sub(rb"CSeq: (\d+) N", lambda found: b"CSeq: %d N" % (99 - int(found[1])), packet)
        ],
        "CSeq 97 NOTIFY after 98",
    ),
    (
        "the server ends a subscription by itself",
        lambda packet, _: [packet.replace(b"State: active", b"State: terminated")],
        "the server ended the subscription",
    ),
    ("what arrives is not SIP", lambda _packet, _number: [b"good day"], "is no SIP message"),
    (
        "the server sends what no watcher takes",
        lambda packet, _: [packet.replace(b"NOTIFY sip", b"INVITE sip")],
        "unexpected: INVITE",
    ),
]


@pytest.mark.parametrize(
    "fault, said", [pytest.param(fault, said, id=why) for why, fault, said in FAULTS]
)
def test_a_fault_ends_in_failure_and_is_told(program: Path, fault: Fault, said: str) -> None:
    with pytest.raises(LoadFailed, match=re.escape(said)):
        play(program, fault, "--deadline=1")


@pytest.mark.parametrize(
    "argument, why",
    [
        ("--server=192.0.2.1:5060", "load goes nowhere but to this machine"),
        ("--watchers=0", "nobody watches"),
        ("--rounds=many", "not a number"),
        ("--no-such-option", "unknown"),
    ],
)
def test_a_wrong_option_is_refused(program: Path, argument: str, why: str) -> None:
    with pytest.raises(LoadFailed):
        generator.play(program, ["--server=127.0.0.1:9", argument], None, pytest.fail)
