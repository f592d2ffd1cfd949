"""SIPp plays our scenarios against the server: over UDP and TCP, without digest and with it.

The scenarios check every answer themselves; here they are started, and what SIPp says is shown.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.running import DOMAIN, HOST, PASSWORD, RunningServer, running_server

pytestmark = [pytest.mark.interop, pytest.mark.needs("sipp")]

SCENARIOS = Path(__file__).with_name("scenarios")
TRANSPORTS = {"UDP": "u1", "TCP": "t1"}

# SIPp 3.6 knows no other algorithm, and takes the first of several offers.
MD5_FOR_SIPP = 'auth.exceptions=[{user_agent = "SIPp", algorithms = ["MD5"]}]'

PATIENCE = 20
"After this time a scenario has failed, in seconds."

_REQUEST = re.compile(
    r"  <send retrans=\"500\"><!\[CDATA\[\s+(?!SIP/2\.0).*?\]\]></send>\n", re.DOTALL
)


@pytest.fixture(scope="module")
def digest_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("digest")
    with running_server(folder, "--notify-interval", "0", "--set", MD5_FOR_SIPP) as server:
        yield server


def with_digest(scenario: str) -> str:
    """The scenario in which each request is challenged, and sent again with credentials."""

    def twice(found: re.Match[str]) -> str:
        first = found[0]
        second = first.replace("    User-Agent:", "    [authentication]\n    User-Agent:")
        return f'{first}  <recv response="401" auth="true"/>\n{second}'

    return _REQUEST.sub(twice, scenario)


def play(scenario: Path, server: RunningServer, transport: str, user: str, folder: Path) -> None:
    """SIPp's word that it all went as the scenario says, twice in a row."""
    traces = {name: folder / name for name in ("error", "message")}
    result = subprocess.run(
        [
            "sipp",
            f"{HOST}:{server.ports[transport]}",
            *("-sf", scenario, "-t", TRANSPORTS[transport], "-i", HOST),
            *(
                "-s",
                user,
                "-au",
                user,
                "-ap",
                PASSWORD,
                "-key",
                "domain",
                DOMAIN,
                "-m",
                "2",
                "-l",
                "1",
                "-r",
                "50",
            ),
            *("-timeout", str(PATIENCE), "-timeout_error", "-recv_timeout", "5000", "-nostdin"),
            *("-trace_err", "-error_file", traces["error"]),
            *("-trace_msg", "-message_file", traces["message"]),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * PATIENCE,
    )
    told = [path.read_text(errors="replace")[-8000:] for path in traces.values() if path.exists()]
    assert result.returncode == 0, "\n".join([*told, result.stderr])


PLAYED = [
    (name, transport)
    for name in ("register", "publish", "subscribe", "fetch", "refusals")
    for transport in TRANSPORTS
]


@pytest.mark.parametrize("name, transport", PLAYED)
def test_sipp_is_served(
    name: str, transport: str, open_server: RunningServer, tmp_path: Path
) -> None:
    scenario = SCENARIOS / f"{name}.xml"
    play(scenario, open_server, transport, f"{name}-{transport.lower()}", tmp_path)


@pytest.mark.parametrize("name, transport", PLAYED)
def test_sipp_is_served_with_digest(
    name: str, transport: str, digest_server: RunningServer, tmp_path: Path
) -> None:
    scenario = tmp_path / "challenged.xml"
    scenario.write_text(with_digest((SCENARIOS / f"{name}.xml").read_text()))
    user = f"{name}-{transport.lower()}"
    digest_server.add_user(user)
    play(scenario, digest_server, transport, user, tmp_path)
