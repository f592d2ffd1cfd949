"""The torture messages of RFC 4475 and RFC 5118, byte for byte, to a running server.

Each is sent by UDP and by TCP, on its own; an OPTIONS behind it is answered, so the server lives
on, and what was not answered before that OPTIONS is not answered at all.
"""

from __future__ import annotations

import pytest

from tests.interop.running import RunningServer
from tests.torture.answers import check
from tests.torture.conftest import Choose, address_of
from tests.torture.messages import RFC4475, RFC5118, RFC5118_VERBATIM, RFC5118_WITH_CRLF
from tests.torture.peer import peer

DROPPED: list[str] = []
NOT_FOR_US = ["404", "480", "481", "482"]
"""To INVITE and MESSAGE: nobody's, for a user without a contact (16.5-1), of a dialog that there is
not, or for one whose contact leads back to us."""

PASSED_ON = ["100", *NOT_FOR_US]
"The same for whom another message has given a contact: it is on its way there."

# The message, what may be answered to it, and what it tries.
RFC4475_VERDICTS = [
    ("wsinv", NOT_FOR_US, "4475-3.1.1.1-wsinv: folds and spaces everywhere"),
    ("intmeth", ["501", "404"], "4475-3.1.1.2-intmeth: unusual characters"),
    ("esc01", NOT_FOR_US, "4475-3.1.1.3-esc01: escapes"),
    ("escnull", ["200"], "4475-3.1.1.4-escnull: escaped nulls"),
    ("esc02", ["501"], "4475-3.1.1.5-esc02: % that escapes nothing"),
    ("lwsdisp", ["200"], "4475-3.1.1.6-lwsdisp: no space before the bracket"),
    ("longreq", NOT_FOR_US, "4475-3.1.1.7-longreq: long values"),
    ("dblreq", ["200"], "4475-3.1.1.8-dblreq: a second message behind the first"),
    ("semiuri", ["200", "404"], "4475-3.1.1.9-semiuri: a semicolon in the user part"),
    ("transports", ["200"], "4475-3.1.1.10-transports: transports nobody has"),
    ("mpart01", NOT_FOR_US, "4475-3.1.1.11-mpart01: octets of any kind in the body"),
    ("unreason", DROPPED, "4475-3.1.1.12-unreason: a response to nothing"),
    ("noreason", DROPPED, "4475-3.1.1.13-noreason: the same without a reason"),
    ("badinv01", ["400"], "4475-3.1.2.1-badinv01: commas of nothing"),
    ("clerr", ["400"], "4475-3.1.2.2-clerr: a body that does not end"),
    ("ncl", ["400"], "4475-3.1.2.3-ncl: a negative length"),
    ("scalar02", ["400"], "4475-3.1.2.4-scalar02: numbers too large"),
    ("scalarlg", DROPPED, "4475-3.1.2.5-scalarlg: a response with the same"),
    ("quotbal", ["400"], "4475-3.1.2.6-quotbal: quotes that do not end"),
    ("ltgtruri", ["400"], "4475-3.1.2.7-ltgtruri: brackets"),
    ("lwsruri", ["400"], "4475-3.1.2.8-lwsruri: a space in the URI"),
    ("lwsstart", ["400"], "4475-3.1.2.9-lwsstart: two spaces"),
    ("trws", ["400"], "4475-3.1.2.10-trws: spaces at the end"),
    ("escruri", ["400", *NOT_FOR_US], "4475-3.1.2.11-escruri: headers in the URI"),
    ("baddate", NOT_FOR_US, "4475-3.1.2.12-baddate: a Date that nobody needs"),
    ("regbadct", ["400"], "4475-3.1.2.13-regbadct: a Contact without brackets"),
    ("badaspec", ["400", "404"], "4475-3.1.2.14-badaspec: spaces around a URI"),
    ("baddn", ["400"], "4475-3.1.2.15-baddn: a comma, and no empty line"),
    ("badvers", ["505"], "4475-3.1.2.16-badvers: another version"),
    ("mismatch01", ["400"], "4475-3.1.2.17-mismatch01: CSeq of another method"),
    ("mismatch02", ["501", "400"], "4475-3.1.2.18-mismatch02: the same, unknown"),
    ("bigcode", DROPPED, "4475-3.1.2.19-bigcode: a status beyond all numbers"),
    ("badbranch", ["200", "400"], "4475-3.2.1-badbranch: a branch that says nothing"),
    ("insuf", ["400"], "4475-3.3.1-insuf: no Call-ID, From and To"),
    ("unkscm", ["416"], "4475-3.3.2-unkscm: a scheme nobody knows"),
    ("novelsc", ["416"], "4475-3.3.3-novelsc: a scheme of others"),
    ("unksm2", ["400"], "4475-3.3.4-unksm2: such schemes in To and Contact"),
    ("bext01", ["420"], "4475-3.3.5-bext01: extensions nobody has"),
    ("invut", ["415", *NOT_FOR_US], "4475-3.3.6-invut: a body nobody reads"),
    ("regaut01", ["200"], "4475-3.3.7-regaut01: credentials that nobody asked for"),
    ("multi01", ["400"], "4475-3.3.8-multi01: headers there twice"),
    ("mcl01", ["400"], "4475-3.3.9-mcl01: two lengths"),
    ("bcast", DROPPED, "4475-3.3.10-bcast: a response to be sent to everybody"),
    ("zeromf", ["200"], "4475-3.3.11-zeromf: no hops left, and none needed"),
    ("cparam01", ["200"], "4475-3.3.12-cparam01: a parameter of the Contact"),
    ("cparam02", ["200"], "4475-3.3.13-cparam02: a parameter of the URI"),
    ("regescrt", ["200"], "4475-3.3.14-regescrt: a Route in the Contact's URI"),
    ("sdp01", ["406", *NOT_FOR_US], "4475-3.3.15-sdp01: an Accept of nothing known"),
    ("inv2543", ["400", *NOT_FOR_US], "4475-3.4.1-inv2543: from before RFC 3261"),
    ("test", DROPPED, "4475-x-test: no version in the first line"),
]

RFC5118_VERDICTS = [
    ("ipv6-good", ["200"], "5118-4.1-ipv6-good: references in brackets"),
    ("ipv6-bad", ["400"], "5118-4.2-ipv6-bad: a Request-URI without them"),
    ("port-ambiguous", ["404"], "5118-4.3-port-ambiguous: another address, no port"),
    ("port-unambiguous", ["200"], "5118-4.4-port-unambiguous: our address, and a port"),
    (
        "via-received-param-with-delim",
        ["481"],
        "5118-4.5-via-received-param-with-delim: received in brackets",
    ),
    (
        "via-received-param-no-delim",
        ["200"],
        "5118-4.5-via-received-param-no-delim: received without them",
    ),
    ("ipv6-in-sdp", PASSED_ON, "5118-4.6-ipv6-in-sdp: addresses in the body"),
    ("mult-ip-in-header", ["481"], "5118-4.7-mult-ip-in-header: both kinds in Via"),
    ("mult-ip-in-sdp", PASSED_ON, "5118-4.8-mult-ip-in-sdp: both kinds in the body"),
    ("ipv4-mapped-ipv6", PASSED_ON, "5118-4.9-ipv4-mapped-ipv6: one kind in the other"),
    (
        "ipv6-bug-abnf-3-colons",
        ["400"],
        "5118-4.10-ipv6-bug-abnf-3-colons: RFC 3261 allows it by mistake, we do not",
    ),
    (
        "ipv6-correct-abnf-2-colons",
        ["200", "404"],
        "5118-4.10-ipv6-correct-abnf-2-colons: the same as it was meant",
    ),
]

UNFINISHED = ("clerr", "baddn")
"Of these a stream never brings the end, so that there is nothing to answer yet."

UNFRAMEABLE = ("ncl", "mcl01", "inv2543", "test")
"Nobody can say where the next message would begin: the connection is closed."


def parameters(rows: list[tuple[str, list[str], str]], *, by: str) -> list[object]:
    return [
        pytest.param(name, statuses, id=why)
        for name, statuses, why in rows
        if by == "UDP" or name not in UNFINISHED
    ]


def torture(server: RunningServer, transport: str, packet: bytes, statuses: list[str]) -> bool:
    """Send it; whether the connection is open after all that came is what may come."""
    ipv6 = packet in RFC5118.values()
    with peer(address_of(server, transport, ipv6=ipv6), transport, packet) as talking:
        talking.send(packet)
        check(packet, talking.answers_until_options(), statuses)
    assert server.answers_options()
    return not talking.is_closed


@pytest.mark.parametrize("name, statuses", parameters(RFC4475_VERDICTS, by="UDP"))
def test_torture_by_udp(name: str, statuses: list[str], server_for: Choose) -> None:
    """3261-7-1, 3261-8.2.6.2-1: whatever is said to them is written as it should be."""
    packet = RFC4475[name]
    torture(server_for(packet), "UDP", packet, statuses)


@pytest.mark.parametrize("name, statuses", parameters(RFC4475_VERDICTS, by="TCP"))
def test_torture_by_tcp(name: str, statuses: list[str], server_for: Choose) -> None:
    packet = RFC4475[name]
    if name == "dblreq":
        packet = packet.partition(b"INVITE")[0]  # on a stream, what follows is a message too
    is_open = torture(server_for(packet), "TCP", packet, statuses)
    assert is_open is (name not in UNFRAMEABLE)


@pytest.mark.parametrize("name, statuses", parameters(RFC5118_VERDICTS, by="UDP"))
def test_torture_with_ipv6_by_udp(name: str, statuses: list[str], server_for: Choose) -> None:
    packet = RFC5118[name]
    torture(server_for(packet), "UDP", packet, statuses)


@pytest.mark.parametrize("name, statuses", parameters(RFC5118_VERDICTS, by="TCP"))
def test_torture_with_ipv6_by_tcp(name: str, statuses: list[str], server_for: Choose) -> None:
    packet = RFC5118[name]
    assert torture(server_for(packet), "TCP", packet, statuses)


def test_a_body_that_is_too_short_is_refused(server_for: Choose) -> None:
    """5118-4.6-ipv6-in-sdp, as the archive has it: its Content-Length fits no body."""
    packet = RFC5118_WITH_CRLF["ipv6-in-sdp"]
    with peer(address_of(server_for(packet), "UDP", ipv6=True), "UDP", packet) as talking:
        assert talking.ask(packet).status == 400


@pytest.mark.parametrize("name", RFC5118_VERBATIM)
def test_lines_that_end_in_lf_alone_are_no_sip(name: str, server_for: Choose) -> None:
    packet = RFC5118_VERBATIM[name]
    with peer(address_of(server_for(packet), "UDP"), "UDP", packet) as talking:
        talking.send(packet)
        assert talking.answers_until_options() == []


def test_baddn_with_its_empty_line_is_refused_for_its_comma(server_for: Choose) -> None:
    """4475-3.1.2.15-baddn: the archive's has none."""
    packet = RFC4475["baddn"] + b"\r\n"
    for transport in ("UDP", "TCP"):
        server = server_for(packet)
        with peer(address_of(server, transport), transport, packet) as talking:
            answer = talking.ask(packet)
            assert answer.start.startswith("SIP/2.0 400 ")
            assert "not an address" in answer.start


@pytest.mark.parametrize("name", UNFINISHED)
def test_what_is_unfinished_is_not_answered(name: str, server_for: Choose) -> None:
    """4475-3.1.2.2-clerr, 4475-3.1.2.15-baddn: on a stream."""
    packet = RFC4475[name]
    server = server_for(packet)
    with peer(address_of(server, "TCP"), "TCP") as talking:
        talking.send(packet)
        assert server.answers_options()
        assert talking.pending() == b""


@pytest.mark.soak
def test_what_stays_unfinished_is_given_up(server_for: Choose) -> None:
    """4475-3.1.2.2-clerr, 4475-3.1.2.15-baddn: the server closes the connection, unasked."""
    for name in UNFINISHED:
        packet = RFC4475[name]
        with peer(address_of(server_for(packet), "TCP"), "TCP") as talking:
            talking.send(packet)
            assert talking.wait_until_closed(60) == b""
