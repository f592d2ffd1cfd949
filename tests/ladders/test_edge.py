"""An edge presence server: a presentity's agent beside her devices, behind her SIP server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hereabouts.sip.feature import PRESENCE_AGENT
from tests.ladders.edge_stage import EdgePlay
from tests.ladders.stores import Backing

REGISTERED = f"""
    power  -> edge ON
    server <- edge REGISTER Contact=<sip:192.0.2.9:5070;transport=tcp>;{PRESENCE_AGENT}
    server -> edge 200      Expires=300
"""

BOB_WATCHES = """
    server -> edge SUBSCRIBE by=bob Expires=3600
    server <- edge 200       Expires=3600
"""


@pytest.fixture
def edge(backing: Backing) -> Iterator[EdgePlay]:
    play = EdgePlay(backing)
    yield play
    assert not play.stage.diary.faults


def test_the_steps_of_figure_3_5(edge: EdgePlay) -> None:
    """1-1 to 1-4: device and PUA; 2-1 and 2-2: the P-PA fetches; 4: NOTIFY by way of the server."""
    edge.play(f"""
        device -> edge SAYS   basic=open note=here
        {REGISTERED}
        {BOB_WATCHES}
        server <- edge NOTIFY basic=open note=here Route=<sip:relay@192.0.2.1:5060;transport=tcp;lr>
        server -> edge 200
    """)
    edge.stage.diary.said.clear()
    edge.play("""
        device -> edge SAYS   basic=closed note=away
                1 s pass
        server <- edge NOTIFY basic=closed note=away uri=sip:bob@192.0.2.77
        server -> edge 200
    """)
    steps = [
        fields["step"] for _, event, fields in edge.stage.diary.said if event == "presence step"
    ]
    assert list(dict.fromkeys(steps)) == ["device_changed", "pua_informed", "fetches", "fetched"]


def test_a_choice_by_hand_is_composed_with_what_a_device_says(edge: EdgePlay) -> None:
    edge.play(f"""
        device -> edge SAYS     basic=closed note=idle
        {REGISTERED}
        {BOB_WATCHES}
        server <- edge NOTIFY   basic=closed note=idle
        server -> edge 200
                1 s pass
        user   -> edge edge_set basic=open note=here
        user   <- edge OK
        server <- edge NOTIFY   basic=open,closed note=here
        server -> edge 200
        user   -> edge edge_set basic=busy
        user   <- edge ERROR
    """)


def test_what_another_device_publishes_by_the_server_is_composed_too(edge: EdgePlay) -> None:
    edge.play(f"""
        device -> edge SAYS      basic=closed note=idle
        {REGISTERED}
        {BOB_WATCHES}
        server <- edge NOTIFY    basic=closed
        server -> edge 200
        server -> edge PUBLISH   call=2 by=alice basic=open
        server <- edge 200       SIP-ETag=*
        server <- edge NOTIFY    basic=open,closed
        server -> edge 200
        server -> edge PUBLISH   call=3 by=bob basic=open
        server <- edge 403
    """)


def test_a_device_that_says_nothing_shows_nothing(edge: EdgePlay) -> None:
    edge.play(f"""
        {REGISTERED}
        {BOB_WATCHES}
        server <- edge NOTIFY says=nothing
        server -> edge 200
        device -> edge SAYS   basic=open
                1 s pass
        server <- edge NOTIFY basic=open
        server -> edge 200
        device -> edge SILENT
                1 s pass
        server <- edge NOTIFY says=nothing
        server -> edge 200
    """)


def test_under_the_private_profile_watchers_wait_and_are_decided_about(backing: Backing) -> None:
    edge = EdgePlay(backing, profile="private")
    edge.play(f"""
        device -> edge SAYS            basic=open
        {REGISTERED}
        {BOB_WATCHES}
        server <- edge NOTIFY          state=pending
        server -> edge 200
        user   -> edge watchers_decide user=alice watcher=bob decision=allow
        user   <- edge OK
        server <- edge NOTIFY          state=active basic=open
        server -> edge 200
    """)


def test_a_lost_connection_is_made_again_and_watchers_learn_what_they_missed(
    edge: EdgePlay,
) -> None:
    edge.play(f"""
        device -> edge SAYS     basic=open note=here
        {REGISTERED}
        {BOB_WATCHES}
        server <- edge NOTIFY   note=here
        server -> edge 200
        wire   -> edge BLOCK
        wire   -> edge BREAK
        device -> edge SAYS     basic=closed note=away
                10 s pass
        wire   -> edge OPEN
                1 s pass
        server <- edge NOTIFY   note=away
        server -> edge 200
                4 s pass
        server <- edge REGISTER
        server -> edge 200      Expires=300
    """)


def test_a_server_that_is_silent_for_a_while_ends_nothing(edge: EdgePlay) -> None:
    """It may have been stopped, or cut off, and knows its watchers still."""
    edge.play(f"""
        device -> edge SAYS   basic=open note=here
        {REGISTERED}
        {BOB_WATCHES}
        server <- edge NOTIFY note=here
        server -> edge 200
        wire   -> edge MUTE
        device -> edge SAYS   basic=closed note=away
                200 s pass
        wire   -> edge UNMUTE
                20 s pass
        server <- edge NOTIFY state=active basic=closed note=away
        server -> edge 200
    """)


def test_a_server_that_knows_the_dialog_no_more_ends_it(edge: EdgePlay) -> None:
    edge.play(f"""
        {REGISTERED}
        {BOB_WATCHES}
        server <- edge NOTIFY
        server -> edge 200
        device -> edge SAYS   basic=open
                1 s pass
        server <- edge NOTIFY
        server -> edge 481
        server <- edge REGISTER
        server -> edge 200    Expires=300
        device -> edge SAYS   basic=closed
                2 s pass
    """)
    assert not edge.stage.edge.agent.notifier.deliveries


def test_dialogs_survive_a_restart_and_the_choice_does_too(edge: EdgePlay) -> None:
    edge.play(f"""
        device -> edge SAYS     basic=closed note=idle
        {REGISTERED}
                1 s pass
        user   -> edge edge_set basic=open note=chosen
        user   <- edge OK
        {BOB_WATCHES}
        server <- edge NOTIFY   note=chosen
        server -> edge 200
                2 s pass
        power  -> edge OFF
        device -> edge SAYS     basic=closed note=later
        power  -> edge ON
        server <- edge REGISTER
        server -> edge 200      Expires=300
        server <- edge NOTIFY   state=active basic=open,closed note=later
        server -> edge 200
        server -> edge SUBSCRIBE by=bob Expires=0
        server <- edge 200
        server <- edge NOTIFY   state=terminated reason=timeout
        server -> edge 200
    """)


def test_the_registration_is_refreshed_and_keeps_the_connection_alive(edge: EdgePlay) -> None:
    edge.play(REGISTERED)
    for _ in range(3):
        edge.play("""
                    255 s pass
            server <- edge REGISTER
            server -> edge 200 Expires=300
        """)
