"""From settings to an edge presence server."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hereabouts.base.ids import Ids
from hereabouts.base.journal import Journal
from hereabouts.config import Profile, Settings
from hereabouts.devices.manual import SLOT, ManualDevice
from hereabouts.presence.pua import Device
from hereabouts.presence.watchers import Approvals
from hereabouts.roles.agent import Told, UserAgent
from hereabouts.roles.build import Backend, domains_of, rules_of, source_of, timers_of
from hereabouts.roles.commands import Commands
from hereabouts.roles.edge import EdgeServer
from hereabouts.roles.node import Node
from hereabouts.roles.policies import Policies
from hereabouts.roles.policy_link import Link
from hereabouts.roles.state import NodeState
from hereabouts.roles.steps import steps_to
from hereabouts.roles.tracing import traced
from hereabouts.sip.flow import Flow
from hereabouts.sip.pace import Pace
from hereabouts.sip.requester import Account

PATIENCE = 3600.0
"""Seconds that a subscription waits for a way to its watcher: the server alone can tell that he is
gone, and when it cannot be reached, nothing is known of him."""

PACE = Pace(lifetime=300, longest_pause=30.0)
"""An edge asks its server every few minutes: so a connection that has silently died is missed, and
no NAT forgets it."""


class Whose(msgspec.Struct, frozen=True):
    """Whose edge presence server it is."""

    account: Account
    "The presentity's."
    server: Flow
    "The way to the SIP server of his domain."
    devices: tuple[Device, ...]
    told: Told
    "Hears of the registration."
    instance: str = ""
    "What names the edge for ever; with it the flow to the server is kept open (:rfc:`5626`)."
    pace: Pace = PACE
    link: Link | None = None
    "Leads to the policy server that the settings name, if they name one."


def build_edge(
    settings: Settings,
    store: Backend,
    ids: Ids,
    journal: Journal,
    state: NodeState,
    whose: Whose,
) -> tuple[Node, EdgeServer]:
    """A node that serves one presentity from beside his devices, to be started.

    A device that is set by hand is among the others in any case.
    """
    sip = settings.sip
    timers = timers_of(settings)
    node = Node(
        store,
        ids,
        journal,
        secret=state.secret,
        timers=timers,
        max_lingering=sip.max_lingering_transactions,
        max_head=sip.max_header,
    )
    pace = msgspec.structs.replace(whose.pace, patience=timers.patience)
    domains = domains_of(settings)
    policies = Policies(
        source_of(settings, node, store, whose.link),
        Approvals(store, is_private=settings.presence.profile is Profile.PRIVATE),
        domains,
        journal,
        authentication=settings.auth.mode.value,
    )
    commands = Commands(store, domains, settings.realm, policies.decisions)
    commands.add(traced(node, settings.trace.keep, domains, policies.decisions))
    edge = EdgeServer(
        node,
        store,
        domains,
        UserAgent(node, ids, whose.account, whose.server, pace),
        _with_manual(whose.devices),
        policies,
        commands,
        state=state,
        rules=msgspec.structs.replace(rules_of(settings), patience=PATIENCE),
        told=whose.told,
        instance=whose.instance,
        tell=steps_to(journal),
    )
    node.application = edge
    return node, edge


def _with_manual(devices: Iterable[Device]) -> list[Device]:
    given = list(devices)
    if not any(device.slot == SLOT for device in given):
        given.append(ManualDevice())
    return given
