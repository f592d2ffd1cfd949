"""What the DNS is asked and what it answers, as values."""

from __future__ import annotations

from enum import Enum

import msgspec

from hereabouts.base.units import Seconds


class Kind(Enum):
    """A type of resource records."""

    NAPTR = "NAPTR"
    "Which transports a domain prefers (:rfc:`3263#section-4.1`)."
    SRV = "SRV"
    "The servers of a domain for one transport (:rfc:`2782`)."
    AAAA = "AAAA"
    "The IPv6 addresses of a host."
    A = "A"
    "The IPv4 addresses of a host."


class DnsQuery(msgspec.Struct, frozen=True, gc=False):
    """A question."""

    kind: Kind
    name: str
    "In lower case, absolute, without the dot at the end."


class NaptrRecord(msgspec.Struct, frozen=True, gc=False):
    """A rule that leads to the servers for one transport (:rfc:`2915#section-2`)."""

    order: int
    preference: int
    flags: str
    service: str
    "Such as `SIP+D2T`."
    regexp: str
    replacement: str
    "Where to ask on: a name as in `DnsQuery`."


class SrvRecord(msgspec.Struct, frozen=True, gc=False):
    """A server (:rfc:`2782`)."""

    priority: int
    weight: int
    port: int
    target: str
    "A host's name as in `DnsQuery`; empty: the service is decidedly not there."


Record = NaptrRecord | SrvRecord | str
"An address (of A and AAAA) is text, numeric, without brackets."


class DnsAnswer(msgspec.Struct, frozen=True):
    """What came of a question."""

    records: tuple[Record, ...] = ()
    "In the order in which they came; none: there are none."
    lifetime: Seconds = 0.0
    "How long the answer, or the absence of one, holds."
    fault: str = ""
    "Why it is not known whether there are any; empty: it is known."
