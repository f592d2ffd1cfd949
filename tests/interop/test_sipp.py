"""SIPp plays our scenarios against the server: over UDP and TCP, without digest and with it.

The scenarios check every answer themselves; here they are started, and what SIPp says is shown.
Where two users speak to each other, another SIPp is the one who is called.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.interop.running import DOMAIN, HOST, PASSWORD, RunningServer, running_server
from tests.ports import free_port

pytestmark = [pytest.mark.interop, pytest.mark.needs("sipp")]

SCENARIOS = Path(__file__).with_name("scenarios")
TRANSPORTS = {"UDP": "u1", "TCP": "t1"}

# SIPp 3.6 knows no other algorithm, and takes the first of several offers.
MD5_FOR_SIPP = 'auth.exceptions=[{user_agent = "SIPp", algorithms = ["MD5"]}]'

PATIENCE = 20
"After this time a scenario has failed, in seconds."

# A refusal of an INVITE is acknowledged (RFC 3261 section 17.1.1.3).
_ACK = """\
  <send><![CDATA[

    ACK sip:[callee]@[domain] SIP/2.0
    [last_Via:]
    Max-Forwards: 70
    [last_From:]
    [last_To:]
    Call-ID: [call_id]
    CSeq: [cseq] ACK
    Content-Length: 0

  ]]></send>
"""

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


def to_the_proxy(scenario: str) -> str:
    """The same for what is passed on: only the first request is challenged, by 407."""
    first = _REQUEST.search(scenario)
    assert first is not None
    ack = _ACK if "INVITE" in first[0] else ""
    second = first[0].replace("    User-Agent:", "    [authentication]\n    User-Agent:")
    challenged = f'{first[0]}  <recv response="407" auth="true"/>\n{ack}{second}'
    return scenario.replace(first[0], challenged, 1)


def command(
    scenario: Path, port: int, transport: str, user: str, folder: Path, *more: str
) -> list[str | Path]:
    """A SIPp for two calls, one after the other, with the server at this port."""
    traces = {name: folder / f"{scenario.stem}-{name}" for name in ("error", "message")}
    keys = {"domain": DOMAIN, "callee": f"{user}-called"}
    return [
        "sipp",
        f"{HOST}:{port}",
        *("-sf", scenario, "-t", TRANSPORTS[transport], "-i", HOST, "-s", user),
        *("-au", user, "-ap", PASSWORD, "-l", "1", "-r", "50"),
        *(word for name, value in keys.items() for word in ("-key", name, value)),
        *("-timeout", str(PATIENCE), "-timeout_error", "-recv_timeout", "5000", "-nostdin"),
        *("-trace_err", "-error_file", traces["error"]),
        *("-trace_msg", "-message_file", traces["message"]),
        *(more or ("-m", "2")),
    ]


def play(
    scenario: Path, server: RunningServer, transport: str, user: str, folder: Path, *more: str
) -> None:
    """SIPp's word that it all went as the scenario says, twice in a row."""
    result = subprocess.run(
        command(scenario, server.ports[transport], transport, user, folder, *more),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * PATIENCE,
    )
    assert result.returncode == 0, f"{told(folder)}\n{result.stderr}"


def told(folder: Path) -> str:
    """What SIPp has written of itself."""
    traces = [*folder.glob("*-error"), *folder.glob("*-message")]
    return "\n".join(path.read_text(errors="replace")[-8000:] for path in traces)


@contextmanager
def called(
    scenario: Path, server: RunningServer, transport: str, user: str, folder: Path
) -> Iterator[None]:
    """Another SIPp, that is registered and takes two calls; it has its word too."""
    port = str(free_port())
    bind = folder / "bind.xml"
    bound = (SCENARIOS / "bind.xml").read_text()
    bind.write_text(with_digest(bound) if server.is_guarded else bound)
    play(bind, server, transport, user, folder, "-m", "1", "-p", port)
    words = command(scenario, server.ports[transport], transport, user, folder)
    with subprocess.Popen([*words, "-p", port], cwd=folder, stdout=subprocess.DEVNULL) as process:
        try:
            yield
            assert process.wait(PATIENCE) == 0, told(folder)
        finally:
            process.kill()


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


SPOKEN = [
    (method, transport) for method in ("INVITE", "OPTIONS", "MESSAGE") for transport in TRANSPORTS
]


def sides(method: str, folder: Path) -> tuple[Path, Path]:
    """The scenarios of both sides."""
    if method == "INVITE":
        return SCENARIOS / "calling.xml", SCENARIOS / "called.xml"
    asking, asked = folder / "asking.xml", folder / "asked.xml"
    for path in (asking, asked):
        path.write_text((SCENARIOS / path.name).read_text().replace("OPTIONS", method))
    return asking, asked


@pytest.mark.parametrize("method, transport", SPOKEN)
def test_sipp_speaks_to_sipp(
    method: str, transport: str, open_server: RunningServer, tmp_path: Path
) -> None:
    """3261-16.6-2: by way of the proxy, which stays on the way of a call."""
    user = f"{method}-{transport}".lower()
    one, other = sides(method, tmp_path)
    with called(other, open_server, transport, f"{user}-called", tmp_path):
        play(one, open_server, transport, user, tmp_path)


@pytest.mark.parametrize("method, transport", SPOKEN)
def test_sipp_speaks_to_sipp_with_digest(
    method: str, transport: str, digest_server: RunningServer, tmp_path: Path
) -> None:
    """3261-22.2-1: the caller proves himself to the proxy, once for each call."""
    user = f"{method}-{transport}".lower()
    for name in (user, f"{user}-called"):
        digest_server.add_user(name)
    one, other = sides(method, tmp_path)
    challenged = tmp_path / "challenged.xml"
    challenged.write_text(to_the_proxy(one.read_text()))
    with called(other, digest_server, transport, f"{user}-called", tmp_path):
        play(challenged, digest_server, transport, user, tmp_path)
