"""The path a message came by and the path it goes: transport, both ends, and the connection."""

from __future__ import annotations

import msgspec

LOCAL = "LOCAL"
"The transport of what never leaves the node: its own agents speak to it."


class Flow(msgspec.Struct, frozen=True, gc=False):
    """One direction to one peer; the driver knows what socket it stands for."""

    transport: str
    "In upper case: `UDP` or `TCP`."
    host: str
    "The peer's address; a name only where nobody has resolved it yet."
    port: int
    local: str
    "Our own end as the peer reaches it, `host:port`: what Via and Contact say."
    listener: int = 0
    "Which of our sockets it belongs to."
    connection: int = 0
    "The live connection; 0: none (datagrams, or a stream that is still to be opened)."

    @property
    def is_reliable(self) -> bool:
        """Whether the transport itself sees to delivery."""
        return self.transport != "UDP"

    @property
    def contact(self) -> str:
        """Our address on this flow as a Contact value."""
        if self.transport == "UDP":
            return f"<sip:{self.local}>"
        return f"<sip:{self.local};transport={self.transport.lower()}>"

    def towards(self, host: str, port: int) -> Flow:
        """The flow to another address by the same socket, or, for a stream, by a new connection."""
        return Flow(self.transport, host, port, self.local, self.listener)


WITHIN = Flow(LOCAL, "within.invalid", 5060, "within.invalid:5060")
"""The flow of a node to itself: what is sent by it comes back in, once it is durable.

No flow to any other place is equal to it, whatever a peer calls itself; who comes by it is
believed.
"""
