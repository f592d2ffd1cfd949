"""The role of a policy server alone."""

from __future__ import annotations

from hereabouts.base.journal import Silence
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.config import load
from hereabouts.roles.build import begin_run, build_server
from hereabouts.roles.node import Node
from hereabouts.roles.policy_server import PolicyServer
from hereabouts.sip.flow import Flow
from hereabouts.storage.memory import MemoryStore
from tests.ladders.ids import CountedIds
from tests.sip.packets import request

NOW = Moment(Instant(1.0), Timestamp(1000.0))
UDP = Flow("UDP", "192.0.2.1", 5060, "192.0.2.2:5060")
CONTROL = Flow("CONTROL", "", 0, "", 0, 1)


def node() -> Node:
    store, ids = MemoryStore(), CountedIds()
    settings = load(None, {}, ["server.role=policy", "server.domains=example.com"])
    return build_server(settings, store, ids, Silence(), begin_run(store, ids), NOW)


def turn(served: Node) -> list[bytes]:
    served.end_turn(NOW)
    return [payload for _, payload, _ in served.flush(NOW)]


def test_it_keeps_policies() -> None:
    served = node()
    assert isinstance(served.application, PolicyServer)
    served.command(b'{"command": "policy search", "owner": "tom"}', CONTROL, NOW)
    assert turn(served) == [b'{"ok":[]}\n']


def test_it_speaks_no_sip() -> None:
    served = node()
    for branch, method in enumerate(["SUBSCRIBE", "REGISTER", "OPTIONS"]):
        via = f"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{branch}"
        served.receive(request(method, "sip:tom@example.com", via=via), UDP, NOW)
        [answer] = turn(served)
        assert answer.startswith(b"SIP/2.0 405 ")
    served.flow_lost(UDP, NOW)
