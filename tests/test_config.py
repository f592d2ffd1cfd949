"""Settings come from four places, and a bad one names its place and its remedy."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Malformed
from hereabouts.config import (
    OPTIONS,
    SECTIONS,
    AlgorithmName,
    AuthMode,
    BadSetting,
    HostPort,
    Listen,
    NextHop,
    OfferRule,
    Peer,
    Profile,
    Role,
    ServerSettings,
    Settings,
    Url,
    describe,
    load,
    reference_page,
)
from hereabouts.sip.algorithms import Algorithm

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "settings.md"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a folder of its own, so that files have short names."""
    monkeypatch.chdir(tmp_path)


def write(text: str) -> Path:
    file = Path("hereabouts.toml")
    file.write_text(text, encoding="utf-8")
    return file


def value_of(settings: Settings, name: str) -> object:
    section, _, key = name.partition(".")
    value: object = getattr(getattr(settings, section), key)
    return value


def fault_of(
    text: str = "",
    environment: dict[str, str] | None = None,
    assignments: tuple[str, ...] = (),
    **command_line: object,
) -> str:
    with pytest.raises(BadSetting) as caught:
        load(write(text), environment or {}, assignments, **command_line)
    return str(caught.value)


def test_without_any_place_the_defaults_hold() -> None:
    assert load(None, {}, ()) == Settings()


def test_the_defaults_are_those_of_the_design() -> None:
    settings = Settings()
    assert settings.auth.mode is AuthMode.DIGEST
    assert settings.auth.algorithms == ("SHA-256", "MD5")
    assert settings.auth.exceptions == (OfferRule("baresip v1.", ("MD5",)),)
    assert (settings.sip.t1, settings.sip.t2, settings.sip.t4) == (0.5, 4, 5)
    assert settings.presence.notify_interval == 5
    assert settings.presence.profile is Profile.OPEN
    assert settings.presence.registration_presence
    assert settings.presence.subscription_default_expires == 3600


def test_each_default_is_a_value_that_the_setting_takes() -> None:
    for setting in describe():
        if setting.default:
            load(None, {}, [f"{setting.section}.{setting.name}={setting.default}"])


UDP = Listen("UDP", "127.0.0.1", 0)
TCP6 = Listen("TCP", "::1", 5060)

B = Peer("b.example", "TCP", "127.0.0.12", 5060)
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


SECONDS = "give a number of seconds from 0 to 3600"
LISTEN = "give a list of at least one, none twice: udp:HOST:PORT or tcp:HOST:PORT"
ALGORITHMS = "give a list of at least one, none twice: one of MD5, SHA-256, SHA-512-256"
TOML = 'a line is [section], or name = value with text in "quotes"'

FILE_FAULTS = [
    (
        "\n[presence]\n# soon\nnotfy_interval = 0",
        "line 4: there is no setting presence.notfy_interval; did you mean notify_interval?",
        "an unknown name",
    ),
    (
        "[log]\nlevel = 'info'\n[presense]\nprofile = 'open'",
        "line 3: there is no section presense; did you mean presence?",
        "an unknown section",
    ),
    (
        "[presense]",
        "line 1: there is no section presense; did you mean presence?",
        "an unknown section, though nothing is in it",
    ),
    (
        "[tls]\ncertificate = 'x'",
        (
            "line 1: there is no section tls; "
            "the sections are server, auth, sip, registrar, routing, calls, presence, watcher, "
            "policy, http, log"
        ),
        "a section that resembles none",
    ),
    (
        "[log]\nrotation = 3",
        "line 2: there is no setting log.rotation; the settings of [log] are level, format",
        "a name that resembles none",
    ),
    (
        "domains = ['a.example']",
        "line 1: there is no section domains; did you mean server.domains?",
        "a name outside its section",
    ),
    (
        "[sip]\nnotify_interval = 0",
        "line 2: there is no setting sip.notify_interval; did you mean presence.notify_interval?",
        "a name in another's section",
    ),
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
        "[presence]\nnotify_interval = true",
        f"line 2: presence.notify_interval cannot be true; {SECONDS}",
        "a truth for a number",
    ),
    (
        "[presence]\npublication_default_expires = 0.5",
        (
            "line 2: presence.publication_default_expires cannot be 0.5; "
            "give a whole number of seconds from 1 to 4294967295"
        ),
        "a lifetime travels in whole seconds",
    ),
    (
        "[registrar]\nminimum_expires = 3601",
        (
            "line 2: registrar.minimum_expires cannot be 3601; "
            "give a whole number of seconds from 1 to 3600"
        ),
        "asking for more than an hour is never too brief",
    ),
    (
        "[presence]\nregistration_presence = 1",
        "line 2: presence.registration_presence cannot be 1; give true or false",
        "a number for a truth",
    ),
    (
        "[presence]\nprofile = 'opne'",
        'line 2: presence.profile cannot be "opne"; give one of open, private',
        "a word that is no choice",
    ),
    (
        "[auth]\nrealm = 1234",
        "line 2: auth.realm cannot be 1234; give text on one line",
        "a number for text, where text has quotes",
    ),
    (
        "[auth]\nrealm = ''",
        'line 2: auth.realm cannot be ""; give text on one line',
        "no text",
    ),
    (
        "[server]\ndomains = ['Example.com']",
        (
            'line 2: server.domains cannot be ["Example.com"]; give a list, none twice: a domain '
            "in small letters, such as example.com"
        ),
        "capitals in a domain",
    ),
    (
        "[server]\nlisten = [\n  'sctp:127.0.0.1:5060',\n]",
        f'line 2: server.listen cannot be ["sctp:127.0.0.1:5060"]; {LISTEN}',
        "a transport that there is not",
    ),
    (
        "[server]\nadvertise = 'a.example:70000'",
        'line 2: server.advertise cannot be "a.example:70000"; give HOST or HOST:PORT',
        "a port that there is not",
    ),
    (
        "[auth]\nalgorithms = ['MD5', 'MD5']",
        f'line 2: auth.algorithms cannot be ["MD5", "MD5"]; {ALGORITHMS}',
        "the same twice",
    ),
    (
        "[auth]\nalgorithms = []",
        f"line 2: auth.algorithms cannot be []; {ALGORITHMS}",
        "nothing to offer",
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


def test_the_realm_is_the_first_domain_unless_set() -> None:
    assert load(None, {}, (), domain=["a.example", "b.example"]).realm == "a.example"
    assert load(None, {}, ["auth.realm=Lab"], domain=["a.example"]).realm == "Lab"


CONTROL = [
    (ServerSettings(), "hereabouts.db.sock", "beside the store"),
    (ServerSettings(store="/var/lib/h/h.db"), "/var/lib/h/h.db.sock", "beside the store there"),
    (ServerSettings(store=":memory:"), "hereabouts.sock", "no store to be beside"),
    (ServerSettings(control="/run/h.sock"), "/run/h.sock", "as it was set"),
]


@pytest.mark.parametrize(
    "server, path", [row[:2] for row in CONTROL], ids=[row[2] for row in CONTROL]
)
def test_the_control_socket_is(server: ServerSettings, path: str) -> None:
    assert server.control_path == path


NO_ADDRESSES = [
    ("", "nothing"),
    ("udp", "a transport alone"),
    ("udp:127.0.0.1", "no port"),
    ("127.0.0.1:5060", "no transport"),
    ("tls:127.0.0.1:5061", "a transport that the server has not"),
    ("udp:127.0.0.1:65536", "a port above all ports"),
    ("udp:127.0.0.1:-1", "a port below all ports"),
    ("udp:127.0.0.1:\u0665\u0660", "digits that are not ours"),
    ("udp:127.0.0:5060", "a part of an address is missing"),
    ("udp:127.0.0.256:5060", "a part of an address is too large"),
    ("udp:::1:5060", "IPv6 without brackets"),
    ("udp:[127.0.0.1.1]:5060", "no IPv6 in the brackets"),
    ("udp:[::g]:5060", "a letter that is no digit"),
    ("udp:-a.example:5060", "a name cannot begin so"),
    ("udp:a b:5060", "a space"),
]


@pytest.mark.parametrize(
    "text", [row[0] for row in NO_ADDRESSES], ids=[row[1] for row in NO_ADDRESSES]
)
def test_this_is_no_address_to_listen_at(text: str) -> None:
    with pytest.raises(Malformed):
        Listen.parse(text)


HTTP = [
    ((), None, "nowhere"),
    (("server.role=policy",), "127.0.0.1:8181", "a policy server listens, on this machine alone"),
    (("http.listen=127.0.0.1",), "127.0.0.1:8181", "without a port"),
    (("http.listen=[::1]:80", "server.role=policy"), "[::1]:80", "as it was set"),
    (("http.listen=127.0.0.1:0",), "127.0.0.1:0", "a port that the system chooses"),
]


@pytest.mark.parametrize(
    "assignments, address", [row[:2] for row in HTTP], ids=[row[2] for row in HTTP]
)
def test_where_http_is_served(assignments: tuple[str, ...], address: str | None) -> None:
    listen = load(None, {}, assignments).http_listen
    assert (None if listen is None else str(listen)) == address


URLS = [
    ("http://127.0.0.1:8181", "http://127.0.0.1:8181", "an address and a port"),
    ("https://Policy.Example/", "https://policy.example:443", "a port of its own for TLS"),
    ("http://[::1]", "http://[::1]:80", "and one without"),
]


@pytest.mark.parametrize("text, written", [row[:2] for row in URLS], ids=[row[2] for row in URLS])
def test_a_policy_server_is_named_by_its_url(text: str, written: str) -> None:
    assert str(Url.parse(text)) == written
    assert Url.parse(written) == Url.parse(text)
    assert load(None, {}, [f"policy.server={text}"]).policy.server == Url.parse(text)


@pytest.mark.parametrize("text", ["", "127.0.0.1:8181", "ftp://a", "http://", "http://a/b"])
def test_this_is_no_url_of_a_server(text: str) -> None:
    with pytest.raises(Malformed):
        Url.parse(text)


@pytest.mark.parametrize("token", ["short", "with spaces in it, that", "sixteen-letters\u00e9"])
def test_a_token_that_could_be_guessed_or_not_be_sent_is_refused(token: str) -> None:
    assert "16 or more" in fault_of("", {}, (f"policy.token={token}",))


NO_PEERS = [
    ("", "nothing"),
    ("tcp:127.0.0.12:5060", "no domain"),
    ("B.example=tcp:127.0.0.12:5060", "a capital: domains are compared as they are written here"),
    ("b.example=tcp:sip.b.example:5060", "a name: whoever forges its address would be believed"),
    ("b.example=tcp:0.0.0.0:5060", "an address to listen at"),
    ("b.example=tcp:127.0.0.12:0", "no port to send to"),
    ("b.example=tcp:127.0.0.12", "no port"),
]


@pytest.mark.parametrize("text", [row[0] for row in NO_PEERS], ids=[row[1] for row in NO_PEERS])
def test_this_is_no_peer(text: str) -> None:
    with pytest.raises(Malformed):
        Peer.parse(text)


NO_TABLES = [
    ("[{domain='b.example'}]", "nothing but a domain"),
    ("[{domain='b.example',transport='tcp',host='127.0.0.12',port=5060,x=1}]", "one thing more"),
    ("[{domain='b.example',transport='tcp',host='127.0.0.12',port='a'}]", "no port"),
]


@pytest.mark.parametrize("text", [row[0] for row in NO_TABLES], ids=[row[1] for row in NO_TABLES])
def test_this_is_no_table_of_peers(text: str) -> None:
    assert "DOMAIN=tcp:ADDRESS:PORT" in fault_of(f"[routing]\npeers = {text}")


hosts = st.one_of(
    st.ip_addresses().map(str), st.sampled_from(["localhost", "sip.example.com", "a-1.example"])
)
ports = st.integers(0, 65535)


@given(st.builds(Listen, st.sampled_from(["UDP", "TCP"]), hosts, ports))
def test_what_listen_writes_it_can_read(listen: Listen) -> None:
    assert Listen.parse(str(listen)) == listen


@given(st.builds(HostPort, hosts, st.none() | ports))
def test_what_a_host_and_port_writes_it_can_read(address: HostPort) -> None:
    assert HostPort.parse(str(address)) == address


addresses = st.ip_addresses().filter(lambda each: not each.is_unspecified).map(str)


@given(
    st.builds(
        Peer,
        st.sampled_from(["b.example", "[::1]"]),
        st.sampled_from(["UDP", "TCP"]),
        addresses,
        st.integers(1, 65535),
    )
)
def test_what_a_peer_writes_it_can_read(peer: Peer) -> None:
    assert Peer.parse(str(peer)) == peer
    table = dict(msgspec.structs.asdict(peer))
    assert Peer.of_table(table) == peer


@given(st.text() | st.from_regex(r"(udp|tcp):[\[\]0-9a-f:.]*"))
def test_any_text_is_an_address_or_malformed(text: str) -> None:
    with suppress(Malformed):
        Listen.parse(text)
    with suppress(Malformed):
        Peer.parse(text)


names = st.sampled_from([f"{setting.section}.{setting.name}" for setting in describe()])


@given(names, st.text())
def test_any_text_is_a_value_or_a_bad_setting(name: str, text: str) -> None:
    with suppress(BadSetting):
        assert value_of(load(None, {}, [f"{name}={text}"]), name) is not None


@given(st.text())
def test_any_assignment_is_taken_or_a_bad_setting(text: str) -> None:
    with suppress(BadSetting):
        load(None, {}, [text])


def test_the_algorithms_are_those_that_digest_knows() -> None:
    assert set(get_args(AlgorithmName)) == {algorithm.token for algorithm in Algorithm}


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Settings().presence.notify_interval = 0  # type: ignore[misc]


def test_every_setting_is_described() -> None:
    described = {(setting.section, setting.name) for setting in describe()}
    assert described == {
        (section, field.name)
        for section, struct in SECTIONS.items()
        for field in msgspec.structs.fields(struct)
    }
    assert all(setting.meaning.endswith(".") for setting in describe()), "a sentence each"


def test_a_length_of_time_or_size_names_its_unit() -> None:
    for setting in describe():
        for unit in ("seconds", "bytes"):
            if f"number of {unit}" in setting.form:
                assert f"in {unit}" in setting.meaning, setting.name


def test_the_reference_page_is_the_one_that_the_settings_give() -> None:
    renew = "from hereabouts.config import reference_page; print(reference_page(), end='')"
    assert PAGE.read_text(encoding="utf-8") == reference_page(), (
        f'renew it: .venv/bin/python -c "{renew}" > docs/reference/settings.md'
    )
