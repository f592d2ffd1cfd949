"""The addresses that users write: their own, and that of their server."""

from __future__ import annotations

import asyncio
import socket

from hereabouts.base.refusal import Malformed
from hereabouts.client.failure import AgentFailed
from hereabouts.config import BETWEEN_SERVERS, HostPort, Listen
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.via import DEFAULT_PORT
from hereabouts.sip.uri import SipUri


def user_address(text: str) -> str:
    """The address-of-record that a user writes; `sip:` may be left out.

    Raises:
        AgentFailed: it is none.
    """
    try:
        uri = SipUri.parse(text if text.partition(":")[0] in ("sip", "sips") else f"sip:{text}")
    except Malformed:
        uri = None
    if uri is None or uri.user is None:
        raise AgentFailed(f"{text!r} is no address; write it like sip:alice@example.com")
    return uri.address_of_record


def server_address(text: str | None, address: str) -> Listen:
    """Transport, host and port of a server such as `tcp:sip.example.com:5060`.

    Without a transport it is UDP, without a port 5060, or 5061 by TLS; without anything it is the
    host that the user's own address names.

    Raises:
        AgentFailed: it is none.
    """
    if text is None:
        return Listen("UDP", SipUri.parse(address).host.strip("[]"), DEFAULT_PORT["UDP"])
    transport, _, place = text.partition(":")
    if transport.upper() not in BETWEEN_SERVERS:
        transport, place = "UDP", text
    try:
        at = HostPort.parse(place)
    except Malformed:
        raise AgentFailed(
            f"{text!r} is no server; write it like udp:192.0.2.1:5060 or tcp:sip.example.com"
        ) from None
    name = transport.upper()
    return Listen(name, at.host, at.port or DEFAULT_PORT[name])


def flow_to(server: Listen, address: str) -> Flow:
    """The flow to a server that is at this address; by TLS it must prove the name it was given."""
    domain = server.host if server.transport == "TLS" else ""
    return Flow(server.transport, address, server.port, "", domain=domain)


def own_transport(server: Listen) -> str:
    """What an agent of this server listens at: it has no certificate, and is called by none."""
    return "TCP" if server.transport == "TLS" else server.transport


async def resolve(server: Listen) -> tuple[str, str]:
    """The server's address, and our own as it reaches us.

    Raises:
        AgentFailed: the name is nobody's, or there is no way there.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(server.host, server.port, type=socket.SOCK_DGRAM)
        family, kind, _, _, address = found[0]
        with socket.socket(family, kind) as probe:
            probe.connect(address)  # nothing is sent: it asks for the route
            return str(address[0]), str(probe.getsockname()[0])
    except (OSError, UnicodeError) as error:  # the latter: a name that cannot be one
        fault = getattr(error, "strerror", None) or error
        raise AgentFailed(
            f"there is no way to {server}: {fault}; check the name, or name"
            " another server with --server"
        ) from None
