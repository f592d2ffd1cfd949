"""A registration as the client keeps it: RFC 3261 section 10.2, as ladders."""

from __future__ import annotations

from hereabouts.sip.feature import PRESENCE_AGENT
from tests.ladders.player import Ladder
from tests.roles.agent_stage import AgentStage, Wire, ladder

BEGIN = """
    user   -> agent  REGISTER
    server <- agent  REGISTER    call=1 CSeq=1 uri=sip:example.com Expires=1000
    server -> agent  200         Expires=1000
    user   <- agent  REGISTERED  standing=kept
"""


def test_it_names_our_own_address_as_contact() -> None:
    ladder().play("""
        user   -> agent  REGISTER
        server <- agent  REGISTER    Contact=<sip:192.0.2.9:5070;transport=tcp>
    """)


def test_its_contact_can_carry_a_feature_and_is_known_again_with_it() -> None:
    """RFC 3840 section 5."""
    stage = AgentStage()
    registration = stage.agent.registration(lambda _report, _now: None, feature=PRESENCE_AGENT)
    play = Ladder(stage)
    contact = f"<sip:192.0.2.9:5070;transport=tcp>;{PRESENCE_AGENT}"
    registration.begin(play.now)
    play.play(f"""
        wire   -> agent  OPEN
        server <- agent  REGISTER    Contact={contact}
        server -> agent  200         Contact={contact};expires=100 Expires=500
                84.9 s pass
                0.2 s pass
        server <- agent  REGISTER    CSeq=2
    """)


def test_it_is_refreshed_in_time_with_the_same_call_id() -> None:
    """RFC 3261 sections 10.2 and 10.2.4: CSeq goes up by one."""
    ladder().play(f"""
        {BEGIN}
                849.9 s pass
                0.2 s pass
        server <- agent  REGISTER    call=1 CSeq=2 Expires=1000
                3 s pass
        server -> agent  200         Expires=1000
        user   <- agent  REGISTERED  standing=kept
                850.1 s pass
        server <- agent  REGISTER    call=1 CSeq=3
    """)


def test_it_asks_once_at_a_time_and_counts_up_for_ever() -> None:
    """3261-10.2-1: no user in the Request-URI, and nothing more until the answer comes."""
    rounds = [
        f"""
            server <- agent  REGISTER    call=1 CSeq={number} uri=sip:example.com
                    3 s pass
            server -> agent  200         Expires=10
            user   <- agent  REGISTERED  standing=kept
                    8.4 s pass
                    0.1 s pass
        """
        for number in range(1, 7)
    ]
    ladder().play("\n".join(["user -> agent REGISTER", *rounds, "server <- agent REGISTER CSeq=7"]))


def test_the_time_that_its_own_contact_is_given_counts() -> None:
    """RFC 3261 section 10.3, step 8: each Contact has its own."""
    others = "<sip:192.0.2.9:5070>;expires=7,<sip:192.0.2.9:5070;transport=tcp>;expires=100"
    ladder().play(f"""
        user   -> agent  REGISTER
        server <- agent  REGISTER
        server -> agent  200         Contact={others} Expires=500
        user   <- agent  REGISTERED
                84.9 s pass
                0.2 s pass
        server <- agent  REGISTER    CSeq=2
    """)


def test_an_answer_with_odd_contacts_is_taken_all_the_same() -> None:
    ladder().play("""
        user   -> agent  REGISTER
        server <- agent  REGISTER
        server -> agent  200         Contact=<<<
        user   <- agent  REGISTERED  standing=kept
                850.1 s pass
        server <- agent  REGISTER    CSeq=2
    """)


def test_too_brief_is_asked_for_longer() -> None:
    """RFC 3261 section 10.2.8."""
    ladder().play("""
        user   -> agent  REGISTER
        server <- agent  REGISTER    CSeq=1 Expires=1000
        server -> agent  423         Min-Expires=1800
        server <- agent  REGISTER    CSeq=2 Expires=1800
        server -> agent  200         Expires=1800
        user   <- agent  REGISTERED  standing=kept
    """)


def test_the_end_removes_the_binding() -> None:
    ladder().play(f"""
        {BEGIN}
        user   -> agent  UNREGISTER
        server <- agent  REGISTER    call=1 CSeq=2 Expires=0
        server -> agent  200
        user   <- agent  REGISTERED  standing=ended
                5000 s pass
    """)


def test_a_lost_connection_is_followed_by_a_registration_by_a_new_one() -> None:
    ladder().play(f"""
        {BEGIN}
        wire   -> agent  BREAK
        server <- agent  REGISTER    call=1 CSeq=2
    """)


def test_over_udp_the_contact_has_no_transport() -> None:
    Ladder(AgentStage(transport="UDP")).play("""
        user   -> agent  REGISTER
        server <- agent  REGISTER    Contact=<sip:192.0.2.9:5070>
    """)


# -- by its flow

DEVICE = "urn:uuid:00000000-0000-4000-8000-000000000001"
CONTACT = f'<sip:192.0.2.9:5070;transport=tcp>;+sip.instance="<{DEVICE}>";reg-id=1'
BOUND = f"""
    user   -> agent  REGISTER
    server <- agent  REGISTER    CSeq=1 Contact={CONTACT} Supported=path,outbound
    server -> agent  200         Expires=1000 Require=outbound Flow-Timer=100
    user   <- agent  REGISTERED  standing=kept
"""


def device(**options: object) -> Ladder[Wire]:
    return ladder(instance=DEVICE, **options)


def test_a_device_names_itself_and_its_flow() -> None:
    """RFC 5626 section 4.2.1."""
    device().play(BOUND)


def test_its_flow_is_pinged() -> None:
    """5626-4.4.1-1, 5626-4.4-1: Flow-Timer is the upper bound."""
    device().play(f"""
        {BOUND}
                79 s pass
                22 s pass
        server <- agent  PING
        server -> agent  PONG
                79 s pass
                22 s pass
        server <- agent  PING
    """)


def test_a_flow_without_a_pong_is_formed_anew_with_the_same_reg_id() -> None:
    """5626-4.4.1-1: 10 s after the ping."""
    device().play(f"""
        {BOUND}
                101 s pass
        server <- agent  PING
                10 s pass
        server <- agent  REGISTER    CSeq=2 Contact={CONTACT}
        server -> agent  200         Expires=1000 Require=outbound Flow-Timer=10
        user   <- agent  REGISTERED  standing=kept
                7.9 s pass
                2.2 s pass
        server <- agent  PING
    """)


def test_over_datagrams_it_is_the_same_with_stun() -> None:
    """RFC 5626 section 4.4.2."""
    contact = CONTACT.replace(";transport=tcp", "")
    device(transport="UDP").play(f"""
        user   -> agent  REGISTER
        server <- agent  REGISTER    Contact={contact}
        server -> agent  200         Expires=1000 Require=outbound
        user   <- agent  REGISTERED
                62 s pass
        server <- agent  STUN
        server <- agent  STUN
        server <- agent  STUN
        server <- agent  STUN
        server <- agent  STUN
        server <- agent  STUN
        server <- agent  STUN
        server -> agent  STUN        error=yes
        server <- agent  REGISTER    CSeq=2 Contact={contact}
    """)


def test_a_registrar_that_knows_nothing_of_flows_is_not_pinged() -> None:
    """RFC 5626 section 4.4."""
    device().play(f"""
        user   -> agent  REGISTER
        server <- agent  REGISTER    Contact={CONTACT}
        server -> agent  200         Expires=1000
        user   <- agent  REGISTERED
                800 s pass
    """)


def test_who_has_left_pings_no_more() -> None:
    device().play(f"""
        {BOUND}
        user   -> agent  UNREGISTER
        server <- agent  REGISTER    Expires=0
        server -> agent  200
        user   <- agent  REGISTERED  standing=ended
                5000 s pass
    """)


def test_a_flow_that_cannot_be_formed_is_tried_again_after_a_while_that_is_random() -> None:
    """5626-4.5-1: 50 to 100 % of base * 2^n; here the base is 1 s."""
    play = device()
    play.play("""
        user   -> agent  REGISTER
        server <- agent  REGISTER
        server -> agent  503
        user   <- agent  REGISTERED  standing=troubled
                0.9 s pass
                1.2 s pass
        server <- agent  REGISTER
        server -> agent  503
        user   <- agent  REGISTERED  standing=troubled
                1.9 s pass
                2.2 s pass
        server <- agent  REGISTER
        server -> agent  503 Retry-After=60
        user   <- agent  REGISTERED  standing=troubled pause=60
    """)
