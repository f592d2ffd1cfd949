from __future__ import annotations

import pytest

from hereabouts.base.refusal import Refusal
from hereabouts.sip.admission import (
    BadExtension,
    BadRequest,
    MethodRefused,
    NotSecure,
    UnsupportedUriScheme,
    VersionNotSupported,
    admitted,
    check_extensions,
    check_grammar,
    request_uri,
    uri_named,
)
from hereabouts.sip.flow import LOCAL, Flow
from tests.sip.packets import UDP, Rows, a_request, request


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param({}, id="the usual"),
        pytest.param({"Max-Forwards": None}, id="3261-8.1.1-1: without Max-Forwards"),
        pytest.param({"Max-Forwards": "0"}, id="no hop left: we are where it goes"),
        pytest.param({"Max-Forwards": "255"}, id="the most hops"),
        pytest.param({"Max-Forwards": "0068"}, id="RFC 4475 3.1.1.1: leading zeros"),
        pytest.param({"CSeq": "2147483647 OPTIONS"}, id="3261-8.1.1.5-1: the highest number"),
        pytest.param({"X-Foo": ";;,,;;", "Date": "nonsense"}, id="3261-8.2.2-1: odd and unneeded"),
        pytest.param({"WWW-Authenticate": "x"}, id="3261-7.3.2-1: a header of responses"),
        pytest.param({"From": '"J \\\\\\" R" <sip:a@d>;tag=1'}, id="3261-25.1-3: escapes"),
        pytest.param({"From": "\u00c4 <sip:a@d>;tag=1"}, id="3261-25.1-2: UTF-8"),
        pytest.param({"X": "\udcff"}, id="3261-25.1-2: any octets in what nobody needs"),
        pytest.param({"To": "<tel:1>"}, id="a To of another scheme"),
    ],
)
def test_a_request_that_can_be_answered_passes(rows: Rows) -> None:
    check_grammar(a_request(request(rows=rows)))


@pytest.mark.parametrize(
    "rows, why",
    [
        pytest.param({"To": None}, "^to is missing", id="3261-8.1.1-1: To"),
        pytest.param({"From": None}, "^from is missing", id="3261-8.1.1-1: From"),
        pytest.param({"CSeq": None}, "^cseq is missing", id="3261-8.1.1-1: CSeq"),
        pytest.param({"Call-ID": None}, "^call-id is missing", id="3261-8.1.1-1: Call-ID"),
        pytest.param({"Call-ID": ""}, "^call-id is missing", id="an empty Call-ID"),
        pytest.param({"CSeq": "4294967296 OPTIONS"}, "CSeq", id="3261-8.1.1.5-1: too high"),
        pytest.param({"CSeq": "-1 OPTIONS"}, "CSeq", id="3261-8.1.1.5-1: negative"),
        pytest.param({"CSeq": "1 INVITE"}, "CSeq", id="3261-8.1.1.5-1: another method"),
        pytest.param({"CSeq": "1 options"}, "CSeq", id="3261-25.1-1: methods have case"),
        pytest.param({"From": "<sip:a@h>;tag=1;tag=2"}, "tag", id="3261-7.3.1-7: two tags"),
        pytest.param({"To": "<sip:a@h"}, "address", id="a To that breaks off"),
        pytest.param({"Max-Forwards": "256"}, "Max-Forwards", id="RFC 4475 3.1.2.4"),
        pytest.param({"Max-Forwards": "1000000000"}, "Max-Forwards", id="far too many hops"),
        pytest.param({"Max-Forwards": "-1"}, "Max-Forwards", id="fewer than no hops"),
        pytest.param({"Max-Forwards": "x"}, "Max-Forwards", id="no number of hops"),
        pytest.param({"Max-Forwards": ""}, "Max-Forwards", id="an empty number of hops"),
        pytest.param({"Content-Length": "9"}, "Content-Length", id="what the reader found"),
        pytest.param({"From": "<sip:\udcff@h>;tag=1"}, "UTF-8", id="octets that are no text"),
        pytest.param(
            {"Via": "SIP/2.0/UDP 192.0.2.15;;,;,,"}, "Via", id="RFC 4475 3.1.2.1: an odd hop"
        ),
    ],
)
def test_a_request_that_breaks_its_grammar_is_refused(rows: Rows, why: str) -> None:
    with pytest.raises(BadRequest, match=why) as refusal:
        check_grammar(a_request(request(rows=rows)))
    assert refusal.value.status == 400


def test_the_request_uri_must_be_text() -> None:
    with pytest.raises(BadRequest, match="UTF-8"):
        check_grammar(a_request(request(uri="sip:\udcff@h")))


def test_another_version_is_told_so_whatever_else_is_wrong() -> None:
    """3261-21.5.6-1."""
    packet = request(rows={"To": None}).replace(b"SIP/2.0\r\n", b"SIP/7.0\r\n", 1)
    with pytest.raises(VersionNotSupported) as refusal:
        check_grammar(a_request(packet))
    assert refusal.value.status == 505


@pytest.mark.parametrize(
    "method, status",
    [
        pytest.param("INVITE", 405, id="a method that exists"),
        pytest.param("UPDATE", 405, id="another"),
        pytest.param("FOO", 501, id="one that does not"),
        pytest.param("subscribe", 501, id="3261-25.1-1: methods have case"),
        pytest.param("RE%47IST%45R", 501, id="RFC 4475 3.1.1.5: and no escapes"),
    ],
)
def test_a_method_that_is_not_served(method: str, status: int) -> None:
    """3261-8.2.1-1: told apart, and what is served is said."""
    refusal = MethodRefused(method, ("OPTIONS", "REGISTER"))
    assert refusal.status == status
    assert refusal.headers() == [("Allow", "OPTIONS, REGISTER")]


def test_extensions_that_we_have_pass() -> None:
    check_extensions(a_request(request()), ())
    check_extensions(a_request(request(rows={"Require": "path, EventList"})), ("path", "eventlist"))
    check_extensions(a_request(request(rows={"Require": ""})), ())


def test_just_the_extensions_that_we_lack_are_named() -> None:
    """3261-8.2.2.3-1."""
    asked = a_request(request(rows={"Require": ["nope, path", "nope2"]}))
    with pytest.raises(BadExtension) as refusal:
        check_extensions(asked, ("path",))
    assert refusal.value.status == 420
    assert refusal.value.headers() == [("Unsupported", "nope, nope2")]


@pytest.mark.parametrize(
    "uri, kind",
    [
        pytest.param("tel:+1", UnsupportedUriScheme, id="3261-8.2.2.1-1: 416"),
        pytest.param("soap.beep://192.0.2.103:3002", UnsupportedUriScheme, id="RFC 4475 3.3.3"),
        pytest.param("bob", BadRequest, id="no URI at all"),
        pytest.param("sip:b@d;transport=tcp;transport=udp", BadRequest, id="3261-19.1.1-2"),
    ],
)
def test_a_request_uri_that_we_do_not_serve(uri: str, kind: type[Refusal]) -> None:
    with pytest.raises(kind) as refusal:
        request_uri(a_request(request(uri=uri)))
    assert refusal.value.status == (416 if kind is UnsupportedUriScheme else 400)


def test_the_request_uri_is_understood() -> None:
    assert request_uri(a_request(request())).user == "bob"


def test_a_uri_that_a_request_names_is_understood() -> None:
    assert uri_named("sip:bob@example.com").user == "bob"
    with pytest.raises(BadRequest):
        uri_named("bob")


SAFE = [
    ("sip:alice@h", "UDP", True, "who does not ask for it"),
    ("sips:alice@h", "TLS", True, "who asks by TLS"),
    ("sips:alice@h", "WSS", True, "or by a secure WebSocket"),
    ("sips:alice@h", LOCAL, True, "what never leaves the node"),
    ("sips:alice@h", "WS", False, "7118-9.2-1: one that is not"),
    ("sips:alice@h", "UDP", False, "RFC 3261 section 26.2.2: nor by datagrams"),
]


@pytest.mark.parametrize("uri, transport, is_let", [r[:3] for r in SAFE], ids=[r[3] for r in SAFE])
def test_a_sips_address_is_asked_for_safely(uri: str, transport: str, *, is_let: bool) -> None:
    flow = Flow(transport, "192.0.2.1", 4000, "h:5061")
    asked = a_request(request(uri=uri))
    if is_let:
        assert str(admitted(asked, flow)) == uri
        return
    with pytest.raises(NotSecure) as refused:
        admitted(asked, flow)
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "uri, rows, status",
    [("tel:1", {}, 416), ("sip:bob@h", {"From": "<"}, 400)],
    ids=["no SIP URI", "no sender"],
)
def test_what_cannot_be_understood_is_not_admitted(uri: str, rows: Rows, status: int) -> None:
    with pytest.raises(Refusal) as refused:
        admitted(a_request(request(uri=uri, rows=rows)), UDP)
    assert refused.value.status == status
