from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.headers.event import Event, SubscriptionState, Substate
from hereabouts.sip.parameters import MalformedHeader


@pytest.mark.parametrize(
    "text, event",
    [
        pytest.param("presence", Event("presence"), id="the usual"),
        pytest.param("presence;id=4711", Event("presence", "4711"), id="with an id"),
        pytest.param("presence ; ID = 4711", Event("presence", "4711"), id="spaces and case"),
        pytest.param("presence.winfo", Event("presence.winfo"), id="a template"),
        pytest.param("Presence", Event("Presence"), id="packages have case"),
        pytest.param("dialog;call-id=1;to-tag=2", Event("dialog"), id="other parameters"),
        pytest.param("presence;id=A", Event("presence", "A"), id="ids have case"),
    ],
)
def test_an_event_is_read(text: str, event: Event) -> None:
    assert Event.parse(text) == event


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(";id=1", id="an id and no package"),
        pytest.param("presence, dialog", id="two packages"),
        pytest.param("presence dialog", id="two words"),
        pytest.param("presence;id=1;id=2", id="3261-7.3.1-7: two ids"),
    ],
)
def test_what_names_no_package_is_refused(text: str) -> None:
    with pytest.raises(MalformedHeader):
        Event.parse(text)


@pytest.mark.parametrize(
    "text, state",
    [
        pytest.param(
            "active;expires=600", SubscriptionState(Substate.ACTIVE, 600), id="time is left"
        ),
        pytest.param("PENDING", SubscriptionState(Substate.PENDING), id="in any case of letters"),
        pytest.param(
            "terminated;reason=rejected;retry-after=5",
            SubscriptionState(Substate.TERMINATED, None, "rejected", 5),
            id="ended, with a reason",
        ),
        pytest.param(
            "waiting;expires=1", SubscriptionState(Substate.ACTIVE, 1), id="a state to come"
        ),
        pytest.param("active;expires=soon", SubscriptionState(Substate.ACTIVE), id="an odd time"),
    ],
)
def test_a_subscription_state_is_read(text: str, state: SubscriptionState) -> None:
    assert SubscriptionState.parse(text) == state


@pytest.mark.parametrize("text", ["", ";expires=1", "a b", "active;expires=1;expires=2"])
def test_what_is_no_subscription_state_is_refused(text: str) -> None:
    with pytest.raises(MalformedHeader):
        SubscriptionState.parse(text)


TOKENS = st.from_regex(r"[A-Za-z0-9\-.!%*_+`'~]{1,12}", fullmatch=True)
LENGTHS = st.none() | st.integers(0, 2**32 - 1)


@given(st.builds(Event, TOKENS, st.none() | TOKENS))
def test_the_event_we_write_we_can_read(event: Event) -> None:
    assert Event.parse(str(event)) == event


@given(
    st.builds(SubscriptionState, st.sampled_from(Substate), LENGTHS, st.none() | TOKENS, LENGTHS)
)
def test_the_state_we_write_we_can_read(state: SubscriptionState) -> None:
    assert SubscriptionState.parse(str(state)) == state


@given(st.text() | st.text("a;=\"' ,"))
def test_any_text_raises_only_our_own_error(text: str) -> None:
    with suppress(MalformedHeader):
        Event.parse(text)
    with suppress(MalformedHeader):
        SubscriptionState.parse(text)
