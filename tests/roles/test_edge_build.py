"""From settings to an edge presence server."""

from __future__ import annotations

import pytest

from hereabouts.base.journal import Silence
from hereabouts.config import PresenceSettings, Profile, ServerSettings, Settings
from hereabouts.devices.manual import ManualDevice
from hereabouts.presence.pua import Device
from hereabouts.presence.questions import Decision, WatchQuestion
from hereabouts.roles.build import begin_run, finish
from hereabouts.roles.edge import EdgeServer
from hereabouts.roles.edge_build import Whose, build_edge
from hereabouts.sip.flow import Flow
from hereabouts.sip.requester import Account
from hereabouts.storage.memory import MemoryStore
from tests.ladders.edge_stage import Phone
from tests.ladders.ids import CountedIds
from tests.ladders.player import START

ALICE, BOB = "sip:alice@example.com", "sip:bob@example.com"


def edge_of(*devices: Device, **presence: object) -> EdgeServer:
    store, ids = MemoryStore(), CountedIds()
    settings = Settings(
        server=ServerSettings(domains=("example.com",)),
        presence=PresenceSettings(**presence),  # type: ignore[arg-type]
    )
    account = Account(ALICE, "alice")
    server = Flow("TCP", "192.0.2.1", 5060, "192.0.2.9:5070")
    whose = Whose(account, server, devices, lambda _report, _now: None)
    node, edge = build_edge(settings, store, ids, Silence(), begin_run(store, ids), whose)
    assert node.application is edge
    return edge


@pytest.mark.parametrize(
    "profile, decision", [(Profile.OPEN, Decision.ALLOW), (Profile.PRIVATE, Decision.CONFIRM)]
)
def test_the_profile_is_that_of_the_settings(profile: Profile, decision: Decision) -> None:
    edge = edge_of(profile=profile)
    question = WatchQuestion(ALICE, BOB, "presence")
    answer = finish(edge.agent.questions.may_watch(question, START))
    assert answer.decision is decision


def test_the_rules_are_those_of_the_settings() -> None:
    assert edge_of(notify_interval=7.0).agent.rules.notify_interval == 7.0


def test_a_device_set_by_hand_is_there_once() -> None:
    assert [device.name for device in edge_of(Phone()).puas.devices()] == ["phone", "manual"]
    given = ManualDevice()
    assert edge_of(given, Phone()).puas.devices()[0] is given
    assert len(edge_of(given, Phone()).puas.devices()) == 2


def test_a_journal_that_wants_no_steps_is_told_none() -> None:
    assert edge_of().agent.views.tell is None
