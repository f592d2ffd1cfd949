"""A DNS server on loopback, by UDP and TCP, that says what the test has written down."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from enum import Enum, auto
from typing import Self

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.net.stage import HOST, closed


class Manner(Enum):
    """How a question is answered in a way of its own."""

    SILENCE = auto()
    "Not at all."
    SERVFAIL = auto()
    TRUNCATED = auto()
    "By UDP: that the answer is too long for it; by TCP: as always."
    GARBAGE = auto()
    "With what is no answer."
    REFUSED = auto()


class NameServer(asyncio.DatagramProtocol):
    """Answers from lines such as `example.com 60 IN A 192.0.2.1`.

    Names that are in no line do not exist, which holds as long as the SOA line says.
    """

    def __init__(self, lines: str, manners: dict[str, Manner] | None = None) -> None:
        self.records = _records(lines)
        self.manners = manners or {}
        "By `TYPE name`."
        self.asked: list[str] = []
        "As `TYPE name`, with ` by TCP` where it was."
        self.port = 0
        self._transport: asyncio.DatagramTransport
        self._server: asyncio.Server
        self._writers: list[asyncio.StreamWriter] = []

    def add(self, lines: str) -> None:
        """Know these as well."""
        self.records += _records(lines)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(self._talk, HOST, 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(HOST, self.port)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()
        self._server.close()
        for writer in self._writers:
            await closed(writer)

    def datagram_received(self, data: bytes, addr: tuple[str | int, int]) -> None:
        answer = self._answer(data, is_tcp=False)
        if answer is not None:
            self._transport.sendto(answer, addr)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        with suppress(asyncio.IncompleteReadError):
            question = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
            answer = self._answer(question, is_tcp=True)
            if answer is not None:
                writer.write(len(answer).to_bytes(2) + answer)

    def _answer(self, data: bytes, *, is_tcp: bool) -> bytes | None:
        query = dns.message.from_wire(data)
        [question] = query.question
        name = question.name.to_text(omit_final_dot=True)
        said = f"{dns.rdatatype.to_text(question.rdtype)} {name}"
        self.asked.append(f"{said} by TCP" if is_tcp else said)
        response = dns.message.make_response(query)
        match self.manners.get(said):
            case Manner.SILENCE:
                return None
            case Manner.GARBAGE:
                return data[:2] + b"garbage"
            case Manner.SERVFAIL:
                response.set_rcode(dns.rcode.SERVFAIL)
            case Manner.REFUSED:
                response.set_rcode(dns.rcode.REFUSED)
            case Manner.TRUNCATED if not is_tcp:
                response.flags |= dns.flags.TC
            case _:
                self._fill(response, question.name, question.rdtype)
        return response.to_wire()

    def _fill(
        self, response: dns.message.Message, name: dns.name.Name, kind: dns.rdatatype.RdataType
    ) -> None:
        """Follow aliases to the records, or say that there are none."""
        while True:
            here = [records for records in self.records if records.name == name]
            found = next((records for records in here if records.rdtype == kind), None)
            alias = next((each for each in here if each.rdtype == dns.rdatatype.CNAME), None)
            if found is None and alias is not None:
                response.answer.append(alias)
                name = alias[0].target
                continue
            break
        if found is not None:
            response.answer.append(found)
            return
        if not here:
            response.set_rcode(dns.rcode.NXDOMAIN)
        soa = (records for records in self.records if records.rdtype == dns.rdatatype.SOA)
        response.authority += [records for records in soa if name.is_subdomain(records.name)]


def _records(text: str) -> list[dns.rrset.RRset]:
    """The lines, those of one name and type together."""
    together: dict[tuple[str, str, str, str], list[str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        *head, data = line.split(None, 4)
        name, lifetime, network, kind = head
        together.setdefault((name, lifetime, network, kind), []).append(data)
    return [
        dns.rrset.from_text_list(f"{name}.", int(lifetime), network, kind, rows)
        for (name, lifetime, network, kind), rows in together.items()
    ]
