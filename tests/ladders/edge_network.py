"""`NetworkStage` where one node is an edge presence server: `edge`, of Alice, registered at `s`.

device  -> edge SAYS basic=open note=x    until it says something else
device  -> edge SILENT                    it says nothing any more
user    -> edge edge_set basic=open       any command to the edge
wire    -> edge BREAK                     its connection to the server is lost
"""

from __future__ import annotations

from collections.abc import Iterable

from hereabouts.base.units import Moment
from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.statement import Statement
from hereabouts.roles.edge import EdgeServer
from hereabouts.roles.edge_build import Whose, build_edge
from hereabouts.sip.flow import Flow
from hereabouts.sip.requester import Account
from tests.ladders.edge_stage import Phone
from tests.ladders.network import PORT, NetworkStage, Site
from tests.ladders.player import Sent
from tests.ladders.script import Note

EDGE, SERVER = "edge", "s"


class EdgeNetworkStage(NetworkStage):
    """The network, and the device beside the edge."""

    phone = Phone()

    @property
    def edge(self) -> EdgeServer:
        """What the edge does."""
        application = self.sites[EDGE].node.application
        assert isinstance(application, EdgeServer)
        return application

    def _begin(self, site: Site, now: Moment) -> None:
        if site.name != EDGE:
            super()._begin(site, now)
            return
        site.is_off = False
        state = site.backing.begin_run(self._ids)
        server = Flow("TCP", self.sites[SERVER].host, PORT, site.local, 1)
        account = Account("sip:alice@a.example", "alice", self._passwords.get("alice"))
        whose = Whose(account, server, (self.phone,), lambda _report, _now: None)
        site.node, edge = build_edge(
            site.settings, site.backing.store, self._ids, site.diary, state, whose
        )
        edge.start(now)

    def say(self, peer: str, node: str, note: Note, now: Moment) -> Iterable[Sent[bytes]]:
        """Have something happen; what the nodes send to peers because of it."""
        self._now = now
        match peer, note.what:
            case "device", "SAYS":
                self.phone.said = Statement(Basic(note.fields["basic"]), note.fields["note"])
            case "device", _:
                self.phone.said = None
            case "wire", "BREAK":
                site = self.sites[EDGE]
                self._hang_up((site, next(iter(site.ends))), now)
            case _:
                return super().say(peer, node, note, now)
        return self._settle(now)
