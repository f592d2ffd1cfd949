"""A fault says what is wrong and what to write instead."""

from __future__ import annotations

import pytest

from hereabouts.config import describe, load
from tests.config.given import SECONDS, fault_of

ALGORITHMS = "give a list of at least one, none twice: one of MD5, SHA-256, SHA-512-256"

WORDED = [
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
        "[media]\ncodec = 'x'",
        (
            "line 1: there is no section media; "
            "the sections are server, auth, sip, limits, tls, websocket, registrar, routing, "
            "calls, presence, watcher, policy, http, dns, log, trace"
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
]


@pytest.mark.parametrize(
    "text, message", [row[:2] for row in WORDED], ids=[row[2] for row in WORDED]
)
def test_a_fault_says_what_to_write_instead(text: str, message: str) -> None:
    assert fault_of(text) == f"hereabouts.toml {message}"


def test_each_default_is_a_value_that_the_setting_takes() -> None:
    for setting in describe():
        if setting.default:
            load(None, {}, [f"{setting.section}.{setting.name}={setting.default}"])
