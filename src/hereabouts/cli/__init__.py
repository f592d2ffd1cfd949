"""The `hereabouts` command."""

from __future__ import annotations

import sys

from cyclopts import App, CycloptsError, Parameter
from rich.text import Text

from hereabouts import __version__
from hereabouts.base.refusal import Malformed, Unavailable
from hereabouts.cli import agents, edge, policy, presentities, serve, users, watchers
from hereabouts.cli.demo import demo
from hereabouts.cli.trace import trace
from hereabouts.client import AgentFailed, CommandFailed
from hereabouts.config import BadSetting


def _misuse(error: CycloptsError) -> Text:
    """What is wrong with a command line, and where its options are told."""
    command = " ".join(("hereabouts", *(error.command_chain or ())))
    return Text(f"hereabouts: {error}\n  see `{command} --help`")


app = App(
    name="hereabouts",
    help="Who is reachable, where and how: a SIP presence system.",
    version=__version__,
    version_flags=["--version"],
    default_parameter=Parameter(negative=""),  # no `--no-once` beside `--once`
    error_formatter=_misuse,
)
app.command(serve.serve)
app.command(edge.app)
app.command(users.app)
app.command(watchers.app)
app.command(policy.app)
app.command(presentities.app)
app.command(agents.publish)
app.command(agents.watch)
app.command(trace)
app.command(demo)


def main(arguments: list[str] | None = None) -> None:
    """Run a command line, the process' own if none is given.

    A fault is told in a sentence with its remedy, not as a traceback.
    """
    try:
        app(arguments)
    except Unavailable as fault:
        _end(f"{fault.fault}\n  {fault.remedy}")
    except (AgentFailed, BadSetting, CommandFailed, Malformed) as fault:
        _end(str(fault))


def _end(text: str) -> None:
    print(f"hereabouts: {text}", file=sys.stderr)
    sys.exit(1)
