"""A peer in a ladder: a phone that fills in what the ladder does not say.

It is written from the RFCs alone, as text, so that a node which misreads a header finds no
accomplice; and it checks of all that it hears what must hold of every message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count

from hereabouts.base.units import Moment
from hereabouts.sip.authentication_session import AuthenticationSession
from hereabouts.sip.headers.address import Address
from hereabouts.sip.headers.event import SubscriptionState, Substate
from hereabouts.sip.message import Request, Response
from hereabouts.sip.reader import read
from tests.ladders.ids import CountedIds
from tests.ladders.script import Note
from tests.presence.pidf.schema import faults

DOMAIN = "example.com"
NODE = "node.example.com:5060"
"What the node calls itself towards its peers."

Headers = dict[str, str]

REQUESTS = ("SUBSCRIBE", "PUBLISH", "REGISTER", "OPTIONS", "MESSAGE", "NOTIFY")
BRANCHES = count(1)


@dataclass
class Dialog:
    """The peer's end of a dialog, or a call that may become one."""

    call_id: str
    local_tag: str
    target: str
    cseq: int = 0
    remote_tag: str = ""
    heard_cseq: int = 0
    routes: tuple[str, ...] = ()
    "The Route values of the peer's own requests in it."
    expires_by: float = 0.0
    "The date until which the node has granted the subscription, by its latest 200."


@dataclass
class Peer:
    """A device of a user; `alice-desk` and `alice-mobile` are devices of alice."""

    name: str
    password: str = ""
    domain: str = DOMAIN
    "Whose user it is."
    connection: int = 0
    "The TCP connection that it speaks on; 0: it speaks UDP."
    dialogs: dict[str, Dialog] = field(default_factory=dict)
    ended: dict[str, Dialog] = field(default_factory=dict)
    entity_tag: str = ""
    last_request: bytes = b""
    unanswered: list[Request] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    _calls_made: dict[str, Dialog] = field(default_factory=dict)
    _session: AuthenticationSession | None = None
    _calls: int = 0

    @property
    def user(self) -> str:
        return self.name.partition("-")[0]

    @property
    def host(self) -> str:
        return f"{self.name}.example.net"

    @property
    def transport(self) -> str:
        return "TCP" if self.connection else "UDP"

    # -- what it says

    def say(self, note: Note) -> bytes:
        """The bytes of what the ladder has it say.

        A field with a capital is a header, `none` for one to leave out. The others:

            to        the presentity, `alice` if nothing is said; with @, one of another domain
            uri       the Request-URI, where it is another
            dialog    a name, for a watcher who has several dialogs with one presentity
            within=ended    in the dialog that has ended
            basic, body     the document to publish
            id        the id of its tuple
            tag=none  an initial PUBLISH although one is published
        """
        if note.what in REQUESTS:
            self.last_request = self._request(note.what, dict(note.fields))
            return self.last_request
        if note.what == "AGAIN":
            return self.last_request
        if note.what == "DETOUR":  # the same request by another way
            return re.sub(rb"branch=z9hG4bK", b"branch=z9hG4bKdetour", self.last_request, count=1)
        return self._response(int(note.what), note.fields)

    def _request(self, method: str, fields: dict[str, str]) -> bytes:
        dialog = self._dialog(method, fields)
        dialog.cseq += 1
        presentity = fields.get("to", self.user if method == "REGISTER" else "alice")
        address = presentity if "@" in presentity else f"{presentity}@{self.domain}"
        to = f"<sip:{address}>"
        uri = f"sip:{self.domain}" if method == "REGISTER" else f"sip:{address}"
        uri = fields.get("uri", uri)
        if dialog.remote_tag:
            uri, to = dialog.target, f"{to};tag={dialog.remote_tag}"
        branch = f"z9hG4bK{self.name}{next(BRANCHES)}"
        headers = {
            "Via": f"SIP/2.0/{self.transport} {self.host};branch={branch}",
            "Max-Forwards": "70",
            "From": f"<sip:{self.user}@{self.domain}>;tag={dialog.local_tag}",
            "To": to,
            "Call-ID": dialog.call_id,
            "CSeq": f"{dialog.cseq} {method}",
        }
        if dialog.routes:
            headers["Route"] = ", ".join(dialog.routes)
        body = b""
        if method == "SUBSCRIBE":
            headers |= {
                "Contact": self._contact(),
                "Event": "presence",
                "Accept": "application/pidf+xml",
                "Expires": "600",
            }
        elif method == "REGISTER":
            headers |= {"Contact": self._contact(), "Expires": "600"}
        elif method == "PUBLISH":
            body = self._body(fields, address)
            headers |= self._publishing(fields, body)
        headers |= self._credentials(method, uri, body)
        for name, value in fields.items():
            if name[0].isupper():
                headers[name] = value
        self._calls_made[f"{headers['Call-ID']} {headers['CSeq']}"] = dialog
        return write(f"{method} {uri} SIP/2.0", headers, body)

    def sent(self, packet: bytes) -> None:
        """Take these bytes, a SUBSCRIBE outside of any dialog, for its own words."""
        request = read(packet)
        tag = Address.parse(request.headers["from"][0]).tag or ""
        number, _ = request.cseq
        dialog = Dialog(request.call_id, tag, "", number)
        self.dialogs[request.call_id] = dialog
        self._calls_made[f"{request.call_id} {request.headers['cseq'][0]}"] = dialog
        self.last_request = packet

    def _contact(self) -> str:
        transport = ";transport=tcp" if self.connection else ""
        return f"<sip:{self.user}@{self.host}{transport}>"

    def _dialog(self, method: str, fields: Mapping[str, str]) -> Dialog:
        """The dialog to speak in; a new call where there is none."""
        name = fields.get("dialog", fields.get("to", "alice"))
        if method == "SUBSCRIBE" and fields.get("within") == "ended":
            return self.ended[name]
        key = name if method == "SUBSCRIBE" else method
        if method == "PUBLISH" or key not in self.dialogs:
            self._calls += 1
            call_id = f"{self._calls}@{self.host}"
            self.dialogs[key] = Dialog(call_id, f"{self.name}{self._calls}", "")
        return self.dialogs[key]

    def _publishing(self, fields: Mapping[str, str], body: bytes) -> Headers:
        headers = {"Event": "presence", "Expires": "600"}
        if body:
            headers["Content-Type"] = "application/pidf+xml"
        if self.entity_tag and fields.get("tag") != "none":
            headers["SIP-If-Match"] = self.entity_tag
        return headers

    def _body(self, fields: Mapping[str, str], address: str) -> bytes:
        if "body" in fields:
            return fields["body"].encode()
        if "basic" not in fields:
            return b""
        return document(f"sip:{address}", fields["basic"], fields.get("id", "t1"))

    def _credentials(self, method: str, uri: str, body: bytes) -> Headers:
        if self._session is None:
            return {}
        answer = self._session.answer(method, uri, body)
        return {"Authorization": answer} if answer else {}

    def _response(self, status: int, fields: Mapping[str, str]) -> bytes:
        """The answer to the oldest request that is not answered yet."""
        assert self.unanswered, f"{self.name} was asked nothing that it has not answered"
        request = self.unanswered.pop(0)
        headers = {
            "Via": ", ".join(request.headers["via"]),
            "From": request.headers["from"][0],
            "To": request.headers["to"][0],
            "Call-ID": request.call_id,
            "CSeq": request.headers["cseq"][0],
        }
        return write(f"SIP/2.0 {status} So", headers | dict(fields), b"")

    # -- what it hears

    def hear(self, packet: bytes, now: Moment) -> None:
        """Take a message of the node, and hold it to what every message owes."""
        again = packet in self.heard
        self.heard.append(packet)
        check_lines(packet)
        message = read(packet)
        assert message.fault is None, message.fault
        if isinstance(message, Response):
            self._answered(message, now)
        elif not again:
            self.unanswered.append(message)
            self._notified(message, now)

    def _answered(self, response: Response, now: Moment) -> None:
        dialog = self._calls_made.get(f"{response.call_id} {response.headers['cseq'][0]}")
        assert dialog is not None, "an answer to a question that was not asked"
        assert "event" not in response.headers, "Event in an answer (RFC 6665 section 8.2.1)"
        assert response.status != 202, "202 is not used any more (RFC 6665 section 8.3.1)"
        method = response.cseq[1]
        if response.status == 401 and self.password:
            self._challenged(response)
        elif method == "PUBLISH" and response.status in (200, 412):
            tag = response.first("sip-etag") or ""
            self.entity_tag = "" if response.first("expires") == "0" else tag
        elif method == "SUBSCRIBE" and response.status == 200:
            if not dialog.remote_tag:
                dialog.routes = tuple(reversed(response.values("record-route")))
            dialog.remote_tag = Address.parse(response.headers["to"][0]).tag or ""
            dialog.target = Address.parse(response.headers["contact"][0]).uri
            dialog.expires_by = now.timestamp + int(response.headers["expires"][0])

    def _challenged(self, response: Response) -> None:
        if self._session is None:
            self._session = AuthenticationSession(self.user, self.password, CountedIds())
        self._session.challenged(response.headers["www-authenticate"])

    def _notified(self, request: Request, now: Moment) -> None:
        name, dialog = self._dialog_of(request)
        number, _ = request.cseq
        assert number > dialog.heard_cseq, f"CSeq {number} after {dialog.heard_cseq}"
        dialog.heard_cseq = number
        assert request.first("event") is not None
        assert len(request.headers["contact"]) == 1
        assert not _faults(request.body), _faults(request.body)
        self._check_state(request, dialog, now)
        state = SubscriptionState.parse(request.headers["subscription-state"][0])
        if state.substate is Substate.TERMINATED:
            self.ended[name] = self.dialogs.pop(name)

    def _check_state(self, request: Request, dialog: Dialog, now: Moment) -> None:
        state = SubscriptionState.parse(request.headers["subscription-state"][0])
        if state.substate is Substate.TERMINATED:
            assert state.expires is None
            assert state.reason in ("timeout", "rejected", "noresource", "deactivated")
            return
        assert state.reason is None
        assert state.expires is not None
        # Never more than was granted (6665-4.2.2-2), but for a repetition: it is up to 64 T1 old.
        assert state.expires <= max(0.0, dialog.expires_by - now.timestamp) + 32

    def _dialog_of(self, request: Request) -> tuple[str, Dialog]:
        """The dialog that a request of the node belongs to; Call-ID and both tags must be right."""
        local = Address.parse(request.headers["to"][0]).tag
        remote = Address.parse(request.headers["from"][0]).tag
        for name, dialog in self.dialogs.items():
            if (dialog.call_id, dialog.local_tag, dialog.remote_tag) == (
                request.call_id,
                local,
                remote,
            ):
                return name, dialog
        raise AssertionError(f"{self.name} knows no such dialog: {request.rows}")


def document(entity: str, basic: str, name: str = "t1") -> bytes:
    """A presence document with one tuple."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{entity}">'
        f'<tuple id="{name}"><status><basic>{basic}</basic></status></tuple></presence>'
    ).encode()


@lru_cache(maxsize=4096)
def check_lines(packet: bytes) -> None:
    """Every line of a head ends in CRLF, and an empty one ends it (3261-7-1)."""
    head, separator, _ = packet.partition(b"\r\n\r\n")
    assert separator
    assert b"\n" not in head.replace(b"\r\n", b"")
    assert b"\r" not in head.replace(b"\r\n", b"")


_faults = lru_cache(maxsize=4096)(faults)  # few documents, many NOTIFYs


def write(start: str, headers: Headers, body: bytes) -> bytes:
    rows = [f"{name}: {value}" for name, value in headers.items() if value != "none"]
    head = "\r\n".join([start, *rows, f"Content-Length: {len(body)}"])
    return head.encode() + b"\r\n\r\n" + body
