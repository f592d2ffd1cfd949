"""Figures 3.2 to 3.4 with a part cut off and coming back: the watcher learns the truth in time.

Each test says in how many seconds, and why; it waits ten times as long. `docs/reference/outages.md`
has the times that hold where nothing is shortened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.ports import free_port
from tests.process.figure import ALLOW, P_PA, W_SIP, Cast, Figure
from tests.process.parts import Part, parts_in

pytestmark = pytest.mark.slow

DELIVER = """<p:subscription-switch field="trigger">
<p:subscription is="update"><p:deliver/></p:subscription><otherwise/>
</p:subscription-switch>"""
"Asked at every change, as what it looks at may be another thing each time."

_casts = count(1)


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Figure]:
    with parts_in(tmp_path_factory.mktemp("figure"), free_port()) as parts:
        yield Figure(parts)


@pytest.fixture
def figure(processes: Figure) -> Figure:
    """All of it is there."""
    processes.mend()
    return processes


@pytest.fixture
def cast(figure: Figure) -> Cast:
    return figure.cast(str(next(_casts)))


def cut_off(part: Part, how: str) -> Callable[[], None]:
    """Kill or halt a part; what brings it back."""
    if how == "killed":
        part.kill()
        return part.start
    part.halt()
    return part.go_on


# -- figure 3.2: outgoing SUBSCRIBE


def test_a_server_that_is_down_when_it_is_asked_is_asked_again(figure: Figure, cast: Cast) -> None:
    """3 s: a pause doubles from 1 s, so it is as long as the server was away at most."""
    figure.p_sip.kill()
    cast.begin()
    cast.sees(1, state="terminated")
    assert "cannot be reached" in cast.seen()["reason"]
    figure.p_sip.start()
    cast.sees(3, state="active", note="here")


def test_a_server_that_is_silent_when_it_is_asked_is_asked_again(
    figure: Figure, cast: Cast
) -> None:
    """3 s: what it is asked first is given up (Timer F, 3.2 s), and a pause is short then."""
    figure.p_sip.halt()
    cast.begin()
    cast.sees(3.2, state="terminated")
    figure.p_sip.go_on()
    cast.sees(3, state="active", note="here")


def test_a_policy_server_that_is_silent_lets_no_subscribe_leave(figure: Figure, cast: Cast) -> None:
    """3 s: it is probed every 2 s, and answers within its time limit of 0.5 s."""
    figure.puts(cast.bob, "outgoing-subscription", ALLOW)
    figure.policy.halt()
    cast.begin()
    cast.sees(1, state="terminated")
    assert "policy server" in cast.seen()["withheld"]
    figure.policy.go_on()
    cast.sees(3, state="active", note="here")


# -- figure 3.3: incoming SUBSCRIBE and outgoing NOTIFY


@pytest.mark.parametrize("how", ["killed", "halted"])
def test_without_a_policy_server_a_watcher_waits_for_approval(
    figure: Figure, cast: Cast, how: str
) -> None:
    """3 s: it is probed every 2 s; then all whom its silence has kept waiting are decided about."""
    figure.puts(cast.alice, "incoming-subscription", ALLOW)
    bring_back = cut_off(figure.policy, how)
    cast.begin()
    cast.sees(1, state="pending")
    bring_back()
    cast.sees(3, state="active", note="here")


def test_without_a_policy_server_a_watcher_is_shown_nothing_new(figure: Figure, cast: Cast) -> None:
    """3 s: it is probed every 2 s; then what was held back is judged."""
    figure.puts(cast.alice, "outgoing-notification", DELIVER)
    cast.begin()
    cast.sees(1, state="active", note="here")
    figure.policy.kill()
    cast.publishes("closed: away")
    figure.p_pa.wait_for(f"policies cannot be asked  owner=sip:{cast.alice}")
    assert cast.seen()["note"] == "here"
    figure.policy.start()
    cast.sees(3, state="active", note="away")


def test_an_agent_that_is_killed_before_it_notifies_is_asked_again(
    figure: Figure, cast: Cast
) -> None:
    """3 s: the connection breaks, so that the SUBSCRIBE is answered 480, and repeated after 1 s."""
    figure.p_pa.halt()
    cast.begin()
    figure.waits_unread(P_PA)
    figure.p_pa.kill()
    cast.sees(1, state="terminated")
    figure.p_pa.start()
    cast.sees(3, state="active", note="here")


def test_a_change_outlasts_an_agent_that_is_killed(figure: Figure, cast: Cast) -> None:
    """9 s: a device publishes again by pauses that double, and an agent takes up what it kept."""
    cast.begin()
    cast.sees(1, state="active", note="here")
    figure.p_pa.kill()
    cast.says("closed: away")
    cast.device.wait_for("an agent has trouble")
    figure.p_pa.start()
    cast.sees(9, state="active", note="away")


# -- figure 3.4: incoming NOTIFY


def test_a_change_outlasts_a_watchers_server_that_is_killed(figure: Figure, cast: Cast) -> None:
    """6 s: what finds no way to a server is tried again every 5 s."""
    cast.begin()
    cast.sees(1, state="active", note="here")
    figure.w_sip.kill()
    cast.publishes("closed: away")
    figure.w_sip.start()
    cast.sees(6, state="active", note="away")
    cast.publishes("open: back")
    cast.sees(1, state="active", note="back")


def test_a_change_waits_in_a_watchers_server_that_is_halted(figure: Figure, cast: Cast) -> None:
    """1 s: the system has taken it, and Timer F is not over."""
    cast.begin()
    cast.sees(1, state="active", note="here")
    figure.w_sip.halt()
    cast.publishes("closed: away")
    figure.waits_unread(W_SIP)
    figure.w_sip.go_on()
    cast.sees(1, state="active", note="away")


def test_whom_a_long_silence_has_ended_the_next_refresh_begins_again(
    figure: Figure, cast: Cast
) -> None:
    """8 s: unanswered NOTIFYs end a subscription (Timer F, 3.2 s); it is refreshed every 7 s."""
    figure.puts(
        cast.bob, "outgoing-subscription", '<p:expires at-most="PT8S"><p:allow/></p:expires>'
    )
    cast.begin()
    cast.sees(1, state="active", note="here")
    figure.w_sip.halt()
    cast.publishes("closed: away")
    figure.watched_by_nobody(cast)
    cast.publishes("open: back")
    figure.w_sip.go_on()
    cast.sees(8, state="active", note="back")


def test_a_watchers_agent_that_is_killed_asks_anew_when_it_is_back(
    figure: Figure, cast: Cast
) -> None:
    """1 s: it subscribes to all of the list as soon as it serves."""
    cast.begin()
    cast.sees(1, state="active", note="here")
    figure.w_pa.kill()
    cast.publishes("closed: away")
    figure.w_pa.start()
    cast.sees(1, state="active", note="away")
    cast.publishes("open: back")
    cast.sees(1, state="active", note="back")


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_watcher_who_is_halted_sees_all_of_it_when_he_is_back(
    figure: Figure, cast: Cast, transport: str
) -> None:
    """1 s: his system has taken what came, and he reads it now."""
    watcher = figure.phone(cast, transport)
    watcher.start()
    watcher.wait_for('"note":"here"')
    watcher.halt()
    cast.publishes("closed: away")
    watcher.go_on()
    watcher.wait_for('"note":"away"')
    cast.publishes("open: back")
    watcher.wait_for('"note":"back"')
