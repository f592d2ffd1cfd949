"""Each value is read in its setting's own type, and the last place wins."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.config import (
    BadSetting,
    HostPort,
    NextHop,
    OfferRule,
    Peer,
    Profile,
    Settings,
    describe,
    load,
)
from tests.config.given import TCP6, UDP, B, fault_of, value_of, write


def test_without_any_place_the_defaults_hold() -> None:
    assert load(None, {}, ()) == Settings()


C6 = Peer("c.example", "UDP", "::1", 5070)

PEER_TABLE = """
[[routing.peers]]
domain = "b.example"
transport = "tcp"
host = "127.0.0.12"
port = 5060
"""

FILE_ROWS = [
    ("[presence]\nnotify_interval = 0", "presence.notify_interval", 0.0, "a whole number of s"),
    ("[presence]\nnotify-interval = 0.5", "presence.notify_interval", 0.5, "a hyphen is as good"),
    ("presence.profile = 'private'", "presence.profile", Profile.PRIVATE, "a dotted name"),
    ("log = {level = 'debug'}\nsip.t1 = 0.01", "sip.t1", 0.01, "beside an inline table"),
    ("[server]\nlisten = ['udp:127.0.0.1:0']", "server.listen", (UDP,), "a list"),
    ("[server]\nlisten = 'tcp:[::1]:5060'", "server.listen", (TCP6,), "one stands for a list"),
    ("[server]\nadvertise = '[::1]'", "server.advertise", HostPort("::1"), "no port"),
    (
        "[[auth.exceptions]]\nuser_agent = 'Old'\nalgorithms = ['MD5', 'SHA-256']",
        "auth.exceptions",
        (OfferRule("Old", ("MD5", "SHA-256")),),
        "rules are an array of tables",
    ),
    (
        PEER_TABLE,
        "routing.peers",
        (B,),
        "peers are an array of tables",
    ),
    ("[routing]\npeers = ['b.example=tcp:127.0.0.12:5060']", "routing.peers", (B,), "or text"),
    ("[auth]\nexceptions = []", "auth.exceptions", (), "no rules at all"),
]


@pytest.mark.parametrize(
    "text, name, value", [row[:3] for row in FILE_ROWS], ids=[row[3] for row in FILE_ROWS]
)
def test_the_file_sets(text: str, name: str, value: object) -> None:
    assert value_of(load(write(text), {}, ()), name) == value


TEXT_ROWS = [
    ("presence.notify_interval", "0", 0.0, "a number"),
    ("presence.registration_presence", "false", False, "a truth"),
    ("presence.profile", "private", Profile.PRIVATE, "a bare word is text"),
    ("presence.profile", '"private"', Profile.PRIVATE, "and so is a quoted one"),
    ("auth.realm", "1234", "1234", "text that looks like a number stays text"),
    ("auth.realm", "Tom's lab", "Tom's lab", "text that is no TOML"),
    ("server.domains", "a.example,b.example", ("a.example", "b.example"), "commas"),
    ("server.domains", '["a.example", "b.example"]', ("a.example", "b.example"), "an array"),
    ("server.listen", "udp:127.0.0.1:0, tcp:[::1]:5060", (UDP, TCP6), "a space after the comma"),
    ("server.advertise", "sip.example.com:5070", HostPort("sip.example.com", 5070), "with port"),
    ("routing.peers", f"{B},{C6}", (B, C6), "an equals sign in a value"),
    ("routing.outbound", "tcp:127.0.0.12:5060", NextHop("TCP", "127.0.0.12", 5060), "a server"),
    (
        "auth.exceptions",
        '[{user_agent = "Old", algorithms = ["MD5"]}]',
        (OfferRule("Old", ("MD5",)),),
        "an array of inline tables",
    ),
    ("auth.exceptions", "", (), "nothing is the empty list"),
]


@pytest.mark.parametrize(
    "name, text, value",
    [row[:3] for row in TEXT_ROWS],
    ids=[row[3] for row in TEXT_ROWS],
)
def test_environment_and_set_read_alike(name: str, text: str, value: object) -> None:
    variable = f"HEREABOUTS_{name.replace('.', '_').upper()}"
    assert value_of(load(None, {variable: text}, ()), name) == value
    assert value_of(load(None, {}, [f"{name}={text}"]), name) == value
    assert value_of(load(None, {}, [f" {name.replace('_', '-')} = {text}"]), name) == value


PLACES = [
    ("file", 1.0, "the file wins over the default"),
    ("environment", 2.0, "the environment wins over the file"),
    ("assignment", 3.0, "--set wins over the environment"),
    ("option", 4.0, "an option of its own wins over --set"),
]


@pytest.mark.parametrize(
    "last, interval", [row[:2] for row in PLACES], ids=[row[2] for row in PLACES]
)
def test_a_later_place_wins(last: str, interval: float) -> None:
    there = [place for place, _, _ in PLACES]
    there = there[: there.index(last) + 1]
    settings = load(
        write("[presence]\nnotify_interval = 1\nprofile = 'private'"),
        {"HEREABOUTS_PRESENCE_NOTIFY_INTERVAL": "2"} if "environment" in there else {},
        ["presence.notify_interval=3"] if "assignment" in there else [],
        notify_interval=4.0 if "option" in there else None,
    )
    assert settings.presence.notify_interval == interval
    assert settings.presence.profile is Profile.PRIVATE, "what no later place has stays"


def test_the_last_of_two_assignments_wins() -> None:
    assert load(None, {}, ["sip.t1=1", "sip.t1=2"]).sip.t1 == 2


ORDER = [
    ("sip.t1=5", "sip.t2=4"),
    ("sip.max_header=1025", "sip.max_message=1024"),
    ("sip.max_body=40000", "sip.max_message=39999"),
    ("sip.max_connections_per_peer=11", "sip.max_connections=10"),
    ("registrar.minimum_expires=31", "registrar.default_expires=30"),
    ("registrar.default_expires=61", "registrar.maximum_expires=60"),
    ("presence.publication_minimum_expires=31", "presence.publication_default_expires=30"),
    ("presence.publication_default_expires=61", "presence.publication_maximum_expires=60"),
    ("presence.subscription_minimum_expires=31", "presence.subscription_default_expires=30"),
    ("presence.subscription_default_expires=61", "presence.subscription_maximum_expires=60"),
    ("presence.max_document=2049", "sip.max_body=2048"),
    ("presence.max_subscriptions_per_watcher=2", "presence.max_subscriptions=1"),
    ("http.max_connections_per_source=2", "http.max_connections=1"),
]


@pytest.mark.parametrize("low, high", ORDER)
def test_what_must_not_be_above_the_other_is_refused(low: str, high: str) -> None:
    lower, higher = low.partition("=")[0], high.partition("=")[0]
    assert f"{lower}, " in (message := fault_of("", {}, (high, low)))
    assert f" is above {higher}, " in message
    assert message.startswith(f"--set {lower}: "), "the one given last is to blame"
    assert fault_of("", {}, (low, high)).startswith(f"--set {higher}: ")


def test_an_order_is_judged_by_what_wins_in_the_end() -> None:
    file = write("[registrar]\nmaximum_expires = 60")
    settings = load(file, {}, ["registrar.default_expires=60"])
    assert settings.registrar.default_expires == settings.registrar.maximum_expires == 60


def test_a_bad_value_is_refused_though_a_later_place_overrides_it() -> None:
    message = fault_of("[sip]\nt1 = 'x'", {}, ("sip.t1=1",))
    assert message.startswith("hereabouts.toml line 2: sip.t1")


names = st.sampled_from([f"{setting.section}.{setting.name}" for setting in describe()])


@given(names, st.text())
def test_any_text_is_a_value_or_a_bad_setting(name: str, text: str) -> None:
    with suppress(BadSetting):
        assert value_of(load(None, {}, [f"{name}={text}"]), name) is not None
