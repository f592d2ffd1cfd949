from __future__ import annotations

import pytest

from hereabouts.sip.dialog import accepted
from hereabouts.sip.flow import Flow
from hereabouts.sip.routing import flow_back, towards
from hereabouts.sip.uri import SipUri
from tests.sip.driven import Driven
from tests.sip.packets import TCP, UDP, request

SOURCE = (UDP.host, UDP.port)
NAT = Flow("UDP", "203.0.113.7", 6000, "198.51.100.1:5060", listener=1)
ROUTE = "<sip:p.example.com;lr>"


def flow_to(
    contact: str,
    *,
    flow: Flow = UDP,
    via: str | list[str] = "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa",
    route: str | None = None,
) -> Flow:
    driven = Driven()
    rows = {"Contact": contact, "Record-Route": route, "Via": via}
    driven.receive(request("SUBSCRIBE", rows=rows), flow)
    incoming = driven.delivered[0]
    return flow_back(incoming, accepted(incoming.request, "b1"))


AGAIN = "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKb"


def test_a_refresh_without_contact_goes_where_the_dialog_went_before() -> None:
    driven = Driven()
    rows = {"Contact": "<sip:a@192.0.2.9:5070>", "Record-Route": None}
    driven.receive(request("SUBSCRIBE", rows=rows), UDP)
    driven.receive(request("SUBSCRIBE", rows={"CSeq": "9 SUBSCRIBE"}, via=AGAIN), UDP)
    first, refresh = driven.delivered
    dialog = accepted(first.request, "b1").received(refresh.request)
    flow = flow_back(refresh, dialog)
    assert (flow.host, flow.port) == ("192.0.2.9", 5070)


FROM_INSIDE = "SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKa;rport"
BY_A_PROXY = ["SIP/2.0/UDP p.example.com;branch=z9hG4bKb", FROM_INSIDE]


@pytest.mark.parametrize(
    "contact, flow, via, route, address",
    [
        pytest.param("<sip:a@192.0.2.1>", UDP, None, None, SOURCE, id="where it came from"),
        pytest.param(
            "<sip:a@192.0.2.9:5070>", UDP, None, None, ("192.0.2.9", 5070), id="to its Contact"
        ),
        pytest.param(
            "<sip:a@10.0.0.5>",
            NAT,
            FROM_INSIDE,
            None,
            ("203.0.113.7", 6000),
            id="behind NAT: its Contact is its own address, which is not where it came from",
        ),
        pytest.param(
            "<sip:a@[2001:db8::1]:5070>",
            Flow("UDP", "2001:db8::1", 6000, "[2001:db8::2]:5060", listener=1),
            "SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bKa;rport",
            None,
            ("2001:db8::1", 5070),
            id="IPv6: its Contact is another port of its own address",
        ),
        pytest.param(
            "<sip:a@10.0.0.5>",
            NAT,
            "SIP/2.0/UDP Phone:5060;branch=z9hG4bKa",
            None,
            ("10.0.0.5", 5060),
            id="its Contact is not its sent-by: it may mean what it says",
        ),
        pytest.param(
            "<sip:a@10.0.0.5>",
            NAT,
            BY_A_PROXY,
            None,
            ("10.0.0.5", 5060),
            id="by a proxy that has not put itself in the route",
        ),
        pytest.param(
            "<sip:a@10.0.0.5>",
            NAT,
            ", ".join(BY_A_PROXY),
            None,
            ("10.0.0.5", 5060),
            id="by a proxy, in one row",
        ),
        pytest.param(
            "<sip:a@10.0.0.5>", NAT, FROM_INSIDE, ROUTE, ("p.example.com", 5060), id="by a route"
        ),
        pytest.param(
            "<sip:a@host.invalid>", UDP, None, None, SOURCE, id="a browser that has no address"
        ),
        pytest.param(
            "<sip:a@[2001:db8::1]>", UDP, None, None, ("2001:db8::1", 5060), id="an IPv6 address"
        ),
    ],
)
def test_where_requests_in_a_dialog_go(
    contact: str,
    flow: Flow,
    via: str | list[str] | None,
    route: str | None,
    address: tuple[str, int],
) -> None:
    way = flow_to(contact, flow=flow, via=via or "SIP/2.0/UDP 192.0.2.1;branch=x", route=route)
    assert (way.transport, way.host, way.port) == ("UDP", *address)
    assert way.listener == flow.listener


@pytest.mark.parametrize("route", [None, ROUTE])
def test_a_connection_is_used_again(route: str | None) -> None:
    assert flow_to("<sip:a@10.0.0.5>", flow=TCP, route=route) == TCP


TLS = Flow("TLS", "192.0.2.1", 40000, "198.51.100.1:5061", listener=3, connection=8)
WSS = Flow("WSS", "192.0.2.1", 40000, "198.51.100.1:8089", listener=4, connection=9)


@pytest.mark.parametrize("flow", [TLS, WSS])
def test_a_secure_connection_is_used_for_a_sips_contact(flow: Flow) -> None:
    """3856-9.2-1: what a sips address is told goes by TLS."""
    assert flow_to("<sips:a@10.0.0.5>", flow=flow) == flow


@pytest.mark.parametrize("flow", [UDP, TCP])
def test_a_sips_contact_is_told_nothing_where_others_can_read_it(flow: Flow) -> None:
    """3261-26.2.2-1: TLS is begun, or nothing is sent."""
    way = flow_to("<sips:a@10.0.0.5>", flow=flow)
    assert (way.transport, way.host, way.port, way.connection) == ("TLS", "10.0.0.5", 5061, 0)


@pytest.mark.parametrize(
    "uri, transport, host, port",
    [
        pytest.param("sip:h", "UDP", "h", 5060, id="sip is UDP"),
        pytest.param("sip:h:5070", "UDP", "h", 5070, id="a port"),
        pytest.param("sip:h;transport=tcp", "TCP", "h", 5060, id="a transport asked for"),
        pytest.param("sips:h", "TLS", "h", 5061, id="sips is TLS"),
        pytest.param("sip:[::1]", "UDP", "::1", 5060, id="brackets are no part of an address"),
        pytest.param("sip:h;transport=x", "X", "h", 5060, id="a transport we do not know"),
    ],
)
def test_a_uri_says_where(uri: str, transport: str, host: str, port: int) -> None:
    way = towards(TCP, SipUri.parse(uri))
    assert (way.transport, way.host, way.port, way.connection) == (transport, host, port, 0)
    assert (way.local, way.listener) == (TCP.local, TCP.listener)


def test_towards_the_same_end_it_is_the_same_flow() -> None:
    assert towards(TCP, SipUri.parse("sip:192.0.2.1:40000;transport=tcp")) is TCP
