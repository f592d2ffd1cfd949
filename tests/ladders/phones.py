"""A peer that makes calls and takes them, besides what any peer does.

Like `Peer` it is written from the RFCs alone. Requests about a call are said in the one of the
field `call`, or else in its latest; fields with a capital are headers. Besides:

    INVITE  uri      the Request-URI, if it is not the address in `to`
            within=call    a re-INVITE
    ACK              of the 2xx it has heard, else of the refusal: by the rules for each
    CANCEL           of its latest INVITE
    200     of       the method of the request that it answers, for one who has several

Whoever is called answers with a tag and a Contact of his own, and copies Record-Route.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hereabouts.base.units import Moment
from hereabouts.sip.authentication_session import AuthenticationSession
from hereabouts.sip.headers.address import Address
from hereabouts.sip.message import Request, Response
from hereabouts.sip.reader import read
from tests.ladders.ids import CountedIds
from tests.ladders.peers import BRANCHES, Headers, Peer, check_lines, write
from tests.ladders.script import Note

CALLING = ("INVITE", "ACK", "BYE", "CANCEL", "PRACK", "UPDATE", "INFO", "REFER", "FOO")
PROVES = ("MESSAGE", "OPTIONS", *CALLING)
"Methods that are proved to a proxy."


@dataclass
class Session:
    """The phone's end of a call."""

    call_id: str
    local: str
    remote: str
    target: str
    cseq: int = 0
    routes: tuple[str, ...] = ()
    invite: bytes = b""
    "The latest INVITE that it has sent."
    final: Response | None = None
    "The answer to it."


@dataclass
class Phone(Peer):
    """A device that rings."""

    sessions: dict[str, Session] = field(default_factory=dict)
    "By the name that the ladder gives the call, or the Call-ID of one that it was called in."
    acknowledged: list[Request] = field(default_factory=list)
    "Each ACK that has come."
    answered: list[Request] = field(default_factory=list)
    _latest: str = ""
    _proxy_session: AuthenticationSession | None = None

    # -- what it says

    def say(self, note: Note) -> bytes:
        """The bytes of what the ladder has it say."""
        if note.what in CALLING:
            self.last_request = self._calling(note.what, dict(note.fields))
            return self.last_request
        return super().say(note)

    def _calling(self, method: str, fields: dict[str, str]) -> bytes:
        name = fields.get("call", self._latest)
        is_new = method in ("INVITE", "FOO", "INFO", "REFER") and "within" not in fields
        if is_new and not (method != "INVITE" and name in self.sessions):
            name = fields.get("call", f"call{self._calls}")
            session = self._new(fields)
            self.sessions[name] = session
        session = self.sessions[name]
        self._latest = name
        if method == "CANCEL":
            return self._hop_by_hop(session, "CANCEL", fields)
        if method == "ACK" and session.final is not None and session.final.status >= 300:
            return self._hop_by_hop(session, "ACK", fields, session.final.headers["to"][0])
        packet = self._within(session, method, fields)
        if method == "INVITE":
            session.invite, session.final = packet, None
        return packet

    def _new(self, fields: dict[str, str]) -> Session:
        self._calls += 1
        to = fields.get("to", "alice")
        address = to if "@" in to else f"{to}@{self.domain}"
        tag = f"{self.name}{self._calls}"
        return Session(
            f"{self._calls}@{self.host}",
            f"<sip:{self.user}@{self.domain}>;tag={tag}",
            f"<sip:{address}>",
            fields.get("uri", f"sip:{address}"),
        )

    def _within(self, session: Session, method: str, fields: dict[str, str]) -> bytes:
        if method != "ACK":
            session.cseq += 1
        uri = session.target
        headers = {
            "Via": f"SIP/2.0/{self.transport} {self.host};branch=z9hG4bK{self.name}"
            f"{next(BRANCHES)}",
            "Max-Forwards": "70",
            "From": session.local,
            "To": session.remote,
            "Call-ID": session.call_id,
            "CSeq": f"{session.cseq} {method}",
        }
        if session.routes:
            headers["Route"] = ", ".join(session.routes)
        if method != "ACK":
            headers["Contact"] = self._contact()
            headers |= self._credentials(method, uri, b"")
        headers |= {name: value for name, value in fields.items() if name[0].isupper()}
        return write(f"{method} {uri} SIP/2.0", headers, b"")

    def _hop_by_hop(
        self, session: Session, method: str, fields: dict[str, str], to: str = ""
    ) -> bytes:
        """What goes as far as the INVITE's next hop: its Via, its Route, its CSeq."""
        invite = read(session.invite)
        assert isinstance(invite, Request)
        names = {"via": "Via", "route": "Route", "from": "From", "to": "To", "call-id": "Call-ID"}
        headers = {
            spelt: invite.headers[name][0]
            for name, spelt in names.items()
            if name in invite.headers
        }
        headers |= {"Max-Forwards": "70", "CSeq": f"{invite.cseq[0]} {method}"}
        headers |= {"To": to} if to else {}
        headers |= {name: value for name, value in fields.items() if name[0].isupper()}
        return write(f"{method} {invite.uri} SIP/2.0", headers, b"")

    def _credentials(self, method: str, uri: str, body: bytes) -> Headers:
        if self._proxy_session is None or method == "ACK":
            return super()._credentials(method, uri, body)
        answer = self._proxy_session.answer(method, uri, body)
        proof = {"Proxy-Authorization": answer} if answer else {}
        return proof if method in PROVES else super()._credentials(method, uri, body) | proof

    def _response(self, status: int, fields: Mapping[str, str]) -> bytes:
        """The answer to the oldest request that is not answered yet, or to the one named."""
        request = self._asked(fields.get("of"), status)
        headers = {
            "Via": ", ".join(request.headers["via"]),
            "From": request.headers["from"][0],
            "To": request.headers["to"][0],
            "Call-ID": request.call_id,
            "CSeq": request.headers["cseq"][0],
        }
        if request.method != "NOTIFY":
            headers |= self._joining(request, status)
        headers |= {name: value for name, value in fields.items() if name[0].isupper()}
        return write(f"SIP/2.0 {status} So", headers, b"")

    def _asked(self, method: str | None, status: int) -> Request:
        waiting = [each for each in self.unanswered if method in (None, each.method)]
        if not waiting:
            return next(each for each in reversed(self.answered) if each.method == method)
        request = waiting[0]
        if status >= 200:
            self.unanswered.remove(request)
            self.answered.append(request)
        return request

    def _joining(self, request: Request, status: int) -> Headers:
        """What an answer has by which a dialog may begin."""
        headers: Headers = {}
        to = request.headers["to"][0]
        if status > 100 and request.to_address.tag is None:
            headers["To"] = f"{to};tag={self.name}"
        if request.method == "INVITE" and 100 < status < 300:
            headers["Contact"] = self._contact()
            if "record-route" in request.headers:
                headers["Record-Route"] = ", ".join(request.values("record-route"))
        return headers

    # -- what it hears

    def hear(self, packet: bytes, now: Moment) -> None:
        """Take a message of the node."""
        message = read(packet)
        if isinstance(message, Response):
            if message.status == 407 and self.password:
                self._prove(message)
            if message.cseq[1] not in CALLING:
                super().hear(packet, now)
                return
            check_lines(packet)
            self.heard.append(packet)
            self._told(message)
        elif message.method == "NOTIFY" and message.first("event") == "presence":
            super().hear(packet, now)
        else:
            self._asked_for(packet, message)

    def _prove(self, response: Response) -> None:
        if self._proxy_session is None:
            self._proxy_session = AuthenticationSession(self.user, self.password, CountedIds())
        self._proxy_session.challenged(response.headers["proxy-authenticate"])

    def _told(self, response: Response) -> None:
        number, method = response.cseq
        found = (each for each in self.sessions.values() if each.call_id == response.call_id)
        session = next(found)
        if method != "INVITE" or number != session.cseq or response.status == 100:
            return
        if response.status >= 200:
            session.final = response
        if response.status < 300:
            session.remote = response.headers["to"][0]
            session.target = Address.parse(response.headers["contact"][0]).uri
            session.routes = tuple(reversed(response.values("record-route")))

    def _asked_for(self, packet: bytes, request: Request) -> None:
        check_lines(packet)
        assert request.fault is None, request.fault
        is_again = packet in self.heard
        self.heard.append(packet)
        if request.method == "ACK":
            self.acknowledged.append(request)
        elif not is_again:
            self.unanswered.append(request)
        if request.method == "INVITE" and request.to_address.tag is None:
            self._latest = request.call_id
            self.sessions[request.call_id] = Session(
                request.call_id,
                f"{request.headers['to'][0]};tag={self.name}",
                request.headers["from"][0],
                Address.parse(request.headers["contact"][0]).uri,
                routes=tuple(request.values("record-route")),
            )
