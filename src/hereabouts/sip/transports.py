"""The transports of SIP by name: which are secure, and which one a URI asks for."""

from __future__ import annotations

from hereabouts.sip.uri import SipUri

SECURE = frozenset({"TLS", "WSS"})

WEB = frozenset({"WS", "WSS"})
"Those of browsers (:rfc:`7118`): they connect, and nobody can connect to them."

_SECURED = {"WS": "WSS", "WSS": "WSS"}


def transport_of(uri: SipUri) -> str:
    """The transport that a URI asks for, in upper case (:rfc:`3261#section-26.2.2`).

    To a `sips` URI it is TLS, whatever else it names, or a secure WebSocket.
    """
    named = uri.transport
    if uri.scheme == "sips":
        return _SECURED.get(named or "", "TLS")
    return named or "UDP"
