"""A UDP socket as the driver uses it: drained in bursts, and filled with all that a turn says.

On Linux, where it was built, a compiled twin of each way takes many datagrams a system call.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable, Hashable

from hereabouts.native.choice import datagrams as native
from hereabouts.native.interface import NO_ADDRESS
from hereabouts.sip.flow import Flow
from hereabouts.sip.leaving import Packet

BURST = 128
"""Datagrams taken from one socket before others have their turn: twice as many as a slice of a
fan-out has answers, or they would lie there until their NOTIFYs are sent again."""

PIECE = 32
"Datagrams taken before a look at what can leave meanwhile; a system call brings no more anyway."

LONGEST = 65535
"Bytes of a datagram."

MOST_KNOWN = 65536
"Peers, and addresses, that are kept ready."

FULL = frozenset({errno.EAGAIN, errno.EWOULDBLOCK})
"Why a datagram has to wait; every other reason is its own."


class Datagrams:
    """One socket. `introduce` makes the flow of a peer that is not known yet.

    Where that raises `OSError`, the datagram is dropped.
    """

    def __init__(self, opened: socket.socket, introduce: Callable[[str, int], Flow]) -> None:
        self._socket = opened
        self._introduce = introduce
        self._flows: dict[Hashable, Flow] = {}
        self._addresses: set[str] = set()

    def receive(self, most: int) -> list[tuple[bytes, Flow]]:
        """What has arrived, so many at most, and by which flow."""
        if native is None:
            return self._receive_singly(most)
        return native.receive(self._socket.fileno(), most, self._flows, self._met)

    def _receive_singly(self, most: int) -> list[tuple[bytes, Flow]]:
        arrived = []
        for _ in range(most):
            try:
                packet, address = self._socket.recvfrom(LONGEST)
                flow = self._flows.get(address)
                if flow is None:
                    flow = self._flows[address] = self._met(*address[:2])
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                # Of something sent before (ICMP): its transaction will tell. Or the peer cannot be
                # introduced, as we have no descriptor left: it will send again.
                continue
            arrived.append((packet, flow))
        return arrived

    def _met(self, host: str, port: int) -> Flow:
        if len(self._flows) >= MOST_KNOWN:
            self._flows.clear()
        return self._introduce(host, port)

    def send(self, packets: list[Packet], start: int) -> tuple[int, int]:
        """Send packets from the place `start` on, up to the first that cannot be sent.

        The place of that one, and why: an errno (those in `FULL` pass), or `NO_ADDRESS` if
        its flow has a name where an address is needed; the number of packets and 0 if all left.
        """
        if native is None:
            return self._send_singly(packets, start)
        return native.send(self._socket.fileno(), self._socket.family, packets, start)

    def _send_singly(self, packets: list[Packet], start: int) -> tuple[int, int]:
        for at in range(start, len(packets)):
            flow, payload, _ = packets[at]
            if flow.host not in self._addresses and not self._is_address(flow.host):
                return at, NO_ADDRESS
            try:
                self._socket.sendto(payload, (flow.host, flow.port))
            except (BlockingIOError, InterruptedError):
                return at, errno.EAGAIN
            except OSError as error:  # too long for a datagram, or no way there
                return at, error.errno or errno.EIO
        return len(packets), 0

    def _is_address(self, host: str) -> bool:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return False
        if len(self._addresses) >= MOST_KNOWN:
            self._addresses.clear()
        self._addresses.add(host)
        return True
