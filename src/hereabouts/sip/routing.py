"""Where requests inside a dialog go (:rfc:`3261#section-12.2.1.1`; NAT: :rfc:`3581`)."""

from __future__ import annotations

from hereabouts.native.choice import messages as native
from hereabouts.sip.dialog import Dialog
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.via import DEFAULT_PORT
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.transports import transport_of
from hereabouts.sip.uri import SipUri


def flow_back(incoming: Incoming, dialog: Dialog) -> Flow:
    """The flow for our requests in the dialog that this request made or refreshed.

    A connection is used again, unless the next hop is a `sips` URI and the connection not secure.
    Without one it is the next hop of the dialog, unless that cannot be reached from here: a phone
    behind NAT that names its own private address as Contact, or a host that ends in `.invalid`, is
    answered where the request came from.
    """
    flow, request = incoming.sender, incoming.request
    if native is not None and native.is_straight(request, flow, dialog):
        return flow
    hop = None
    if not dialog.route_set and request.first("contact"):  # mostly, and it was read before
        text, uri = request.contact
        hop = uri if text == dialog.remote_target else None
    if hop is None:
        hop = dialog.next_hop
    is_here = hop.port == flow.port and hop.host == flow.host
    if is_here and not hop.parameters and hop.scheme == "sip" and flow.transport == "UDP":
        return flow
    if hop.scheme == "sips" and not flow.is_secure:
        return towards(flow, hop)
    if flow.is_reliable:
        return flow
    if hop.host.endswith(".invalid") or (not dialog.route_set and _is_translated(incoming, hop)):
        return flow
    return towards(flow, hop)


def towards(flow: Flow, hop: SipUri) -> Flow:
    """The flow from our end of `flow` to another address."""
    transport = transport_of(hop)
    host = hop.host.strip("[]")
    port = hop.port or DEFAULT_PORT.get(transport, 5060)
    if port == flow.port and host == flow.host and transport == flow.transport:
        return flow
    return Flow(transport, host, port, flow.local, flow.listener)


def _is_translated(incoming: Incoming, contact: SipUri) -> bool:
    """Whether a sender whose Contact is its own sent-by came by another address than that."""
    hop, rows = incoming.hop, incoming.via
    if len(rows) > 1 or "," in rows[0]:
        return False  # a proxy stands between, and has put itself in the route if it needs to
    named = (contact.host.strip("[]"), contact.port or 5060)
    came = (incoming.sender.host, incoming.sender.port)
    return named != came and named == (hop.host.lower().strip("[]"), hop.sent_port)
