from __future__ import annotations

from bench.generator import Latency, Phase
from bench.measure import figures
from bench.usage import Usage


def phase(operations: int, seconds: float, **counts: int) -> Phase:
    told = {"notifies": 0, "requests_sent_again": 0, "notifies_received_again": 0} | counts
    return Phase(seconds, operations, 0.1, told, {}, Latency(p50=2000, p99=5000, maximum=9000))


PHASES = {
    "publish": phase(10, 0.1, requests_sent_again=1),
    "subscribe": phase(100, 0.5, notifies=100, notifies_received_again=2),
    "rounds": phase(50, 2.0, notifies=1000),
}
READINGS = {
    "publish": Usage(1.00, 0),
    "subscribe": Usage(1.25, 0),
    "rounds": Usage(1.75, 0),
    "end": Usage(2.75, 0),
}


def test_cpu_of_a_phase_is_shared_among_what_it_did() -> None:
    measured = figures(PHASES, READINGS)
    assert measured.cpu_microseconds_per_subscribe == 5000
    assert measured.cpu_microseconds_per_notify == 1000


def test_rates_and_latencies_are_those_of_their_phase() -> None:
    measured = figures(PHASES, READINGS)
    assert (measured.subscribes_per_second, measured.notifies_per_second) == (200, 500)
    assert (measured.p50_milliseconds, measured.p99_milliseconds) == (2, 5)


def test_what_was_sent_again_is_counted_on_both_sides_and_in_all_phases() -> None:
    assert figures(PHASES, READINGS).sent_again == 3
