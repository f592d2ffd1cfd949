"""baresip watches somebody of another domain while parts of the system are cut off and come back.

Each test says in how many seconds he must learn the truth, and why; it waits ten times as long.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.interop.baresip import Baresip, running_baresip
from tests.ports import free_port
from tests.process.figure import ALLOW, TOKEN, script
from tests.process.parts import PATIENT, Parts, parts_in, says, start, wait_until
from tests.process.two_domains import ALICE, HERE, TwoDomains

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.needs("baresip")]

POLICY = "127.0.0.28"
BETWEEN = 5
"Seconds that baresip waits before it subscribes again where a subscription was deactivated."

TRANSPORTS = pytest.mark.parametrize("transport", ["udp", "tcp"])


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    with parts_in(tmp_path, free_port()) as parts:
        yield parts


@contextmanager
def watching(folder: Path, port: int, transport: str) -> Iterator[Baresip]:
    """Bob's baresip, registered at the server of his own domain."""
    outbound = f'outbound="sip:{HERE}:{port};transport={transport}"'
    account = f"<sip:bob@a.example;transport={transport}>;{outbound};regint=600;auth_pass=none"
    contact = f'"Alice" <sip:{ALICE}>;presence=p2p'
    with running_baresip(folder / "baresip", account, contact) as baresip:
        yield baresip
        baresip.quit()


def shows(baresip: Baresip, seconds: float, state: str) -> None:
    """Wait until he shows this of Alice, for ten times the time in which he must."""
    wait_until(
        lambda: f"{state} Alice" in baresip.command("contacts"),
        PATIENT * seconds,
        lambda: f"{state} is not in {baresip.command('contacts')}\n{baresip.output}",
    )


@TRANSPORTS
def test_without_a_policy_server_he_waits_for_approval(
    parts: Parts, tmp_path: Path, transport: str
) -> None:
    """3 s, figure 3.3: the policy server is probed every 2 s, and decides about whoever waits."""
    listen = f"http.listen={POLICY}:{parts.port}"
    policy = parts.server(
        "policy", POLICY, "b.example", "server.role=policy", listen, f"policy.token={TOKEN}"
    )
    asking = f"policy.server=http://{POLICY}:{parts.port}"
    domains = TwoDomains(parts, asking, f"policy.token={TOKEN}")
    start(domains.ours, domains.hers, policy)
    policy.ask("policy put", owner=ALICE, id="all", script=script("incoming-subscription", ALLOW))
    domains.device().start()
    policy.kill()
    with watching(tmp_path, parts.port, transport) as bob:
        shows(bob, 2, "Offline")
        policy.start()
        shows(bob, 3, "Online")


@TRANSPORTS
def test_a_change_outlasts_his_server_that_is_killed(
    parts: Parts, tmp_path: Path, transport: str
) -> None:
    """6 s, figure 3.4: a server that is away is tried again every 5 s."""
    domains = TwoDomains(parts)
    start(domains.ours, domains.hers)
    device = domains.device()
    device.start()
    with watching(tmp_path, parts.port, transport) as bob:
        shows(bob, 2, "Online")
        domains.ours.kill()
        says(device, "closed: away")
        device.wait_for("is published as closed: away")
        domains.ours.start()
        shows(bob, 6, "Offline")
        says(device, "open: back")
        shows(bob, 2, "Online")


def test_an_edge_that_is_killed_is_replaced_and_takes_over_again(
    parts: Parts, tmp_path: Path
) -> None:
    """6 s, figure 3.5: it is baresip that waits, for 5 s, after `deactivated`."""
    domains = TwoDomains(parts)
    edge = domains.edge()
    start(domains.ours, domains.hers)
    edge.start()
    with watching(tmp_path, parts.port, "tcp") as bob:
        shows(bob, 2, "Online")
        edge.kill()
        shows(bob, BETWEEN + 1, "Offline")
        edge.start()
        shows(bob, BETWEEN + 1, "Online")


def test_a_presence_server_that_is_killed_tells_what_it_owes(parts: Parts, tmp_path: Path) -> None:
    """9 s, figure 3.6: a device publishes again by pauses that double from 1 s."""
    domains = TwoDomains(parts)
    start(domains.ours, domains.hers)
    device = domains.device()
    device.start()
    with watching(tmp_path, parts.port, "udp") as bob:
        shows(bob, 2, "Online")
        domains.hers.kill()
        says(device, "closed: away")
        device.wait_for("an agent has trouble")
        domains.hers.start()
        shows(bob, 9, "Offline")


@pytest.mark.soak
@TRANSPORTS
def test_a_server_that_is_down_when_he_asks_is_asked_again(
    parts: Parts, tmp_path: Path, transport: str
) -> None:
    """31 s, figure 3.2: baresip waits for 30 s after a first failure."""
    domains = TwoDomains(parts)
    start(domains.ours, domains.hers)
    domains.device().start()
    domains.hers.kill()
    with watching(tmp_path, parts.port, transport) as bob:
        wait_until(lambda: "500" in bob.output, PATIENT, lambda: bob.output)
        domains.hers.start()
        shows(bob, 31, "Online")
