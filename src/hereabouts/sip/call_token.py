"""What stands in our Record-Route for a call: which two flows it joins, under a seal of ours.

So a call leaves nothing behind at a proxy, on disk or in memory, and its later requests find their
way after a restart too. The seal covers the Call-ID and the caller's tag: no other dialog can use
it, nobody else can make one, and it leads to those two flows alone.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import msgspec

from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Request

PREFIX = "call."
SEAL_LENGTH = 20

Seal = Callable[[str], str]
"Letters and digits that stand for a text, and that nobody else can make: `Endpoint.seal`."


class Side(msgspec.Struct, frozen=True):
    """Which way a request within a call goes."""

    flow: Flow
    "By which the other side was reached, or came, when the call began."
    is_to_callee: bool


class CallTokens:
    """Writes the tokens of calls, and reads them."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    def write(self, request: Request, caller: Flow, callee: Flow) -> str:
        """The token for the call that this request begins, between these flows."""
        packed = _pack(caller, callee)
        tag = request.from_address.tag or ""
        return f"{PREFIX}{self._sealed(packed, request.call_id, tag)}{packed}"

    def side(self, token: str, request: Request) -> Side | None:
        """Which way a request with this token goes; `None`: the token is not ours, or not its.

        A request that neither side can have sent has no way.

        Raises:
            Malformed: it has no From or To.
        """
        if not token.startswith(PREFIX):
            return None
        end = len(PREFIX) + SEAL_LENGTH
        seal, packed = token[len(PREFIX) : end], token[end:]
        for address, is_to_callee in ((request.from_address, True), (request.to_address, False)):
            right = self._sealed(packed, request.call_id, address.tag or "")
            if hmac.compare_digest(seal.encode(), right.encode()):
                caller, callee = _unpack(packed)
                return Side(callee if is_to_callee else caller, is_to_callee)
        return None

    def _sealed(self, packed: str, call_id: str, tag: str) -> str:
        # Nothing else is sealed that has a word without a blank or a colon in front.
        return self._seal(f"call\0{packed}\0{call_id}\0{tag}")[:SEAL_LENGTH]


def _pack(caller: Flow, callee: Flow) -> str:
    """Both flows in the characters of a URI's user part; our own end twice only if it differs."""
    local = "" if callee.local == caller.local else callee.local
    rows = [_row(caller, caller.local), _row(callee, local)]
    return urlsafe_b64encode(msgspec.msgpack.encode(rows)).decode().rstrip("=")


def _row(flow: Flow, local: str) -> list[object]:
    row = [flow.transport, flow.host, flow.port, local, flow.listener, flow.connection]
    return [*row, flow.domain] if flow.domain else row


def _unpack(packed: str) -> tuple[Flow, Flow]:
    """The flows that we have packed, for the seal was right."""
    rows: list[Any] = msgspec.msgpack.decode(urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    caller, callee = (Flow(*row) for row in rows)
    if not callee.local:
        callee = msgspec.structs.replace(callee, local=caller.local)
    return caller, callee
