"""The path a message came by and the path it goes: transport, both ends, and the connection."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from hereabouts.sip.transports import SECURE

LOCAL = "LOCAL"
"The transport of what never leaves the node: its own agents speak to it."


class Flow(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One direction to one peer; the driver knows what socket it stands for."""

    transport: str
    "In upper case: `UDP`, `TCP`, `TLS`, `WS` or `WSS`."
    host: str
    "The peer's address; a name only where nobody has resolved it yet."
    port: int
    local: str
    "Our own end as the peer reaches it, `host:port`: what Via and Contact say."
    listener: int = 0
    "Which of our sockets it belongs to."
    connection: int = 0
    "The live connection; 0: none (datagrams, or a stream that is still to be opened)."
    domain: str = ""
    "Whose certificate the peer must show where TLS is still to be begun; empty: that of `host`."
    certified: tuple[str, ...] = ()
    "The domains that the peer's certificate speaks for, on a live connection by TLS."

    @property
    def is_reliable(self) -> bool:
        """Whether the transport itself sees to delivery."""
        return self.transport != "UDP"

    @property
    def is_secure(self) -> bool:
        """Whether nobody between the two ends can read or change what passes."""
        return self.transport in SECURE or self.transport == LOCAL

    @property
    def parameter(self) -> str:
        """What a URI needs behind it to lead to this transport; WSS is `ws` (:rfc:`7118`)."""
        return _parameter(self.transport)

    @property
    def contact(self) -> str:
        """Our address on this flow as a Contact value."""
        return _contact(self.local, self.transport)

    @property
    def secure_contact(self) -> str:
        """The same as a `sips` URI, which leads to TLS by itself."""
        return f"<sips:{self.local}{self.parameter if self.transport == 'WSS' else ''}>"

    def contact_for(self, peer: str) -> str:
        """Our address as one with this URI wants it (:rfc:`3261#section-8.1.1.8`)."""
        return self.secure_contact if peer[:5].lower() == "sips:" else self.contact

    def towards(self, host: str, port: int) -> Flow:
        """The flow to another address by the same socket, or, for a stream, by a new connection."""
        return Flow(self.transport, host, port, self.local, self.listener)


@lru_cache(maxsize=256)  # a server listens at a few addresses
def _contact(local: str, transport: str) -> str:
    return f"<sip:{local}{_parameter(transport)}>"


def _parameter(transport: str) -> str:
    return _PARAMETERS.get(transport, f";transport={transport.lower()}")


_PARAMETERS = {"UDP": "", "WSS": ";transport=ws"}


WITHIN = Flow(LOCAL, "within.invalid", 5060, "within.invalid:5060")
"""The flow of a node to itself: what is sent by it comes back in, once it is durable.

No flow to any other place is equal to it, whatever a peer calls itself; who comes by it is
believed.
"""
