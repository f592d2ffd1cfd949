"""Settings come from four places, and a fault names the one it is in."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.config import OPTIONS, AuthMode, BadSetting, Role, Settings, load
from tests.config.given import LISTEN, SECONDS, TCP6, UDP, fault_of, value_of

NOT_OURS = [
    ("HOME", "every program's"),
    ("HEREABOUTS_CONFIG", "names the file"),
    ("HEREABOUTS_PASSWORD", "an agent's, on a machine that runs both"),
    ("HEREABOUTS_PURE", "turns the compiled modules off"),
    ("HEREABOUTS_REQUIRE_ALL", "for the tests"),
    ("HEREABOUTS_SERVICE_HOST", "Kubernetes, for a service called hereabouts"),
    ("HEREABOUTS_SERVICE_PORT_SIP", "the same"),
    ("HEREABOUTS_PORT", "the same"),
    ("HEREABOUTS_PORT_5060_UDP_ADDR", "the same"),
]


@pytest.mark.parametrize(
    "variable", [row[0] for row in NOT_OURS], ids=[f"{row[0]}: {row[1]}" for row in NOT_OURS]
)
def test_a_variable_that_is_no_setting_is_left_alone(variable: str) -> None:
    assert load(None, {variable: "udp://192.0.2.1:5060"}, ()) == Settings()


OPTION_ROWS: list[tuple[str, object, object]] = [
    ("domain", ["a.example", "b.example"], ("a.example", "b.example")),
    ("domain", "a.example", ("a.example",)),
    ("listen", ("udp:127.0.0.1:0", "tcp:[::1]:5060"), (UDP, TCP6)),
    ("store", ":memory:", ":memory:"),
    ("role", "presence", Role.PRESENCE),
    ("auth", "none", AuthMode.NONE),
    ("notify_interval", 0.0, 0.0),
    ("notify_interval", "0", 0.0),
]


@pytest.mark.parametrize("option, given_value, value", OPTION_ROWS)
def test_an_option_of_its_own_sets(option: str, given_value: object, value: object) -> None:
    settings = load(None, {}, (), **{option: given_value})
    assert value_of(settings, ".".join(OPTIONS[option])) == value


def test_every_option_of_its_own_has_a_row_above() -> None:
    assert {row[0] for row in OPTION_ROWS} == set(OPTIONS)


def test_an_absent_option_sets_nothing() -> None:
    assert (
        load(None, {}, (), domain=None, listen=[], store=None, notify_interval=None) == Settings()
    )


TOML = 'a line is [section], or name = value with text in "quotes"'

FILE_FAULTS = [
    (
        "server = 5",
        "line 1: server is a section; write [server] on a line of its own and its settings below",
        "a value for a section",
    ),
    (
        "[sip]\nt1 = 1\n\n[presence]\nnotify_interval = 9000",
        f"line 5: presence.notify_interval cannot be 9000; {SECONDS}",
        "above the bound",
    ),
    (
        "presence.notify_interval = -1",
        f"line 1: presence.notify_interval cannot be -1; {SECONDS}",
        "below the bound, by its dotted name",
    ),
    (
        "log.level = 'info'\npresence = {notify_interval = 'soon'}",
        f'line 2: presence.notify_interval cannot be "soon"; {SECONDS}',
        "text for a number, in an inline table",
    ),
    (
        '["presence"]\n"notify-interval" = nan',
        f"line 2: presence.notify_interval cannot be nan; {SECONDS}",
        "not a number, under a quoted name",
    ),
    (
        "[server]\nlisten = [\n  'sctp:127.0.0.1:5060',\n]",
        f'line 2: server.listen cannot be ["sctp:127.0.0.1:5060"]; {LISTEN}',
        "a transport that there is not",
    ),
    (
        "[[auth.exceptions]]\nuser_agnt = 'Old'\nalgorithms = ['MD5']",
        (
            'line 1: auth.exceptions cannot be [{user_agnt = "Old", algorithms = ["MD5"]}]; give a '
            'list, none twice: {user_agent = "TEXT", algorithms = ["NAME", ...]}'
        ),
        "an unknown part of a rule",
    ),
    (
        "[server]\n\nstore = here.db",
        f"line 3: Invalid value; {TOML}",
        "text without quotes",
    ),
    (
        "[server]\nlisten = [\n",
        f"line 2: Invalid value; {TOML}",
        "an end too soon",
    ),
]


@pytest.mark.parametrize(
    "text, message", [row[:2] for row in FILE_FAULTS], ids=[row[2] for row in FILE_FAULTS]
)
def test_a_fault_in_the_file_names_its_line(text: str, message: str) -> None:
    assert fault_of(text) == f"hereabouts.toml {message}"


def test_a_file_that_is_not_there_is_a_bad_setting() -> None:
    with pytest.raises(BadSetting) as caught:
        load(Path("none.toml"), {}, ())
    assert str(caught.value) == (
        "none.toml: it cannot be read (No such file or directory); "
        "name a file that this user may read"
    )


def test_a_file_that_is_not_text_is_a_bad_setting() -> None:
    Path("latin.toml").write_bytes(b"[auth]\nrealm = '\xe9'\n")
    with pytest.raises(BadSetting) as caught:
        load(Path("latin.toml"), {}, ())
    assert str(caught.value) == "latin.toml: it is not text in UTF-8; save it as UTF-8"


ENVIRONMENT_FAULTS = [
    ("PRESENCE_NOTIFY_INTERVAL", "5s", f'presence.notify_interval cannot be "5s"; {SECONDS}'),
    ("SIP_T1", "\udcff", 'sip.t1 cannot be "\\udcff"; give a number of seconds from 0.001 to 60'),
    (
        "PRESENSE_NOTIFY_INTERVAL",
        "0",
        "there is no section presense; did you mean presence?",
    ),
    (
        "PRESENCE_NOTFY_INTERVAL",
        "0",
        "there is no setting presence.notfy_interval; did you mean notify_interval?",
    ),
    (
        "NOTIFY_INTERVAL",
        "0",
        "there is no section notify; did you mean presence.notify_interval?",
    ),
    ("LOG", "info", "there is no setting log; the settings of [log] are level, format"),
    (
        "SIP_T1",
        "1\nt2 = 2",
        'sip.t1 cannot be "1\\nt2 = 2"; give a number of seconds from 0.001 to 60',
    ),
    ("AUTH_REALM", "a\nb", 'auth.realm cannot be "a\\nb"; give text on one line'),
]


@pytest.mark.parametrize("name, text, message", ENVIRONMENT_FAULTS)
def test_a_fault_in_the_environment_names_the_variable(name: str, text: str, message: str) -> None:
    variable = f"HEREABOUTS_{name}"
    assert fault_of("", {variable: text}) == f"environment {variable}: {message}"


ASSIGNMENT_FAULTS = [
    (
        "presence.notfy_interval=0",
        (
            "presence.notfy_interval: there is no setting presence.notfy_interval; "
            "did you mean notify_interval?"
        ),
    ),
    (
        "presence.notify-interval=soon",
        f'presence.notify-interval: presence.notify_interval cannot be "soon"; {SECONDS}',
    ),
    (
        "notify_interval=0",
        (
            "notify_interval: there is no section notify_interval; "
            "did you mean presence.notify_interval?"
        ),
    ),
    (
        "presence.notify_interval",
        (
            "presence.notify_interval: it does not say which setting gets which value; "
            "write --set SECTION.KEY=VALUE"
        ),
    ),
    (
        "=0",
        "=0: it does not say which setting gets which value; write --set SECTION.KEY=VALUE",
    ),
    (
        "registrar.maximum_expires=60",
        (
            "registrar.maximum_expires: registrar.default_expires, 3600, is above "
            "registrar.maximum_expires, 60; set both so that it is not"
        ),
    ),
]


@pytest.mark.parametrize("assignment, message", ASSIGNMENT_FAULTS)
def test_a_fault_in_an_assignment_names_its_setting(assignment: str, message: str) -> None:
    assert fault_of("", {}, (assignment,)) == f"--set {message}"


OPTION_FAULTS: list[tuple[str, object, str]] = [
    (
        "notify_interval",
        -1.0,
        f"--notify-interval: presence.notify_interval cannot be -1.0; {SECONDS}",
    ),
    ("auth", "basic", '--auth: auth.mode cannot be "basic"; give one of digest, none'),
    ("listen", ["udp:127.0.0.1"], f'--listen: server.listen cannot be ["udp:127.0.0.1"]; {LISTEN}'),
]


@pytest.mark.parametrize("option, value, message", OPTION_FAULTS)
def test_a_fault_in_an_option_names_it_as_it_is_typed(
    option: str, value: object, message: str
) -> None:
    assert fault_of("", {}, (), **{option: value}) == message


@given(st.text())
def test_any_assignment_is_taken_or_a_bad_setting(text: str) -> None:
    with suppress(BadSetting):
        load(None, {}, [text])
