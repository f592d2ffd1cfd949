"""The policy server alone: `Application` of a node that takes commands and speaks no SIP."""

from __future__ import annotations

from hereabouts.base.units import Moment
from hereabouts.roles.commands import Commands
from hereabouts.sip.admission import MethodRefused
from hereabouts.sip.flow import Flow
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.message import Request


class PolicyServer:
    """What a node does that keeps policies and nothing else."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def key(self, _request: Request) -> str:
        """One after the other: nothing here waits."""
        return ""

    async def serve(self, incoming: Incoming, _now: Moment) -> None:
        """Refuse whatever it is: no address is listened at for SIP."""
        raise MethodRefused(incoming.request.method, ())

    async def command(self, line: bytes, now: Moment) -> bytes:
        """The reply to one command."""
        return await self._commands.answer(line, now)

    def flow_lost(self, _flow: Flow, _now: Moment) -> None:
        """Nothing hangs on it."""

    def work(self, _now: Moment) -> bool:
        """Nothing is left over from a turn."""
        return False
