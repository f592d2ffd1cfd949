"""The client core: requests of ours, authenticated where they must be (:rfc:`3261#section-8.1`).

A challenge is answered with the same Call-ID and tags and a CSeq one higher
(:rfc:`3261#section-8.1.3.5`); who asked hears of the final answer only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from hereabouts.base.ids import Ids
from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Moment
from hereabouts.sip.authentication_session import AuthenticationSession, CannotAuthenticate
from hereabouts.sip.endpoint import Endpoint
from hereabouts.sip.flow import Flow
from hereabouts.sip.leaving import Answer, Failure
from hereabouts.sip.message import Response
from hereabouts.sip.transactions.machine import Transaction

MOST_TRIES = 4
"How often one request is sent: without credentials, with them, and anew when a nonce is stale."

CHALLENGES = {
    401: ("www-authenticate", "Authorization"),
    407: ("proxy-authenticate", "Proxy-Authorization"),
}
"By status: the header that asks, and the one that answers."

Tell = Callable[[Any, Answer, Moment], None]
"Called with the subject of the request, its final answer, and now."


class Account(msgspec.Struct, frozen=True):
    """Who asks."""

    address: str
    "The address-of-record, such as `sip:alice@example.com`."
    username: str
    "The name that the password belongs to."
    password: str | None = None
    "`None`: challenges cannot be answered."


class Conversation(msgspec.Struct, gc=False):
    """What requests that belong together share; each counts its CSeq up."""

    call_id: str
    tag: str
    "Our own, in From."
    uri: str
    "Their Request-URI."
    addressing: str
    "Their rows To, From, Call-ID and Route, each ended by CRLF."
    flow: Flow | None = None
    "Where they go, if not to the server."
    cseq: int = 0


class _Attempt(msgspec.Struct, gc=False):
    """A request that waits for its final answer."""

    conversation: Conversation
    method: str
    rows: str
    body: bytes
    tell: Tell
    subject: object
    tries: int = 0
    carried: dict[int, str | None] = {}
    "The credentials of the last try, by the status that asks for them."
    transaction: Transaction | None = None


class Requester:
    """Sends the requests of one account by one server."""

    def __init__(
        self, endpoint: Endpoint, ids: Ids, account: Account, flow: Flow, *, user_agent: str
    ) -> None:
        self.account = account
        self.flow = flow
        "To the server that everything goes by."
        self._endpoint = endpoint
        self._ids = ids
        self._user_agent = user_agent
        self._sessions = {}
        if account.password is not None:
            self._sessions = {
                status: AuthenticationSession(account.username, account.password, ids)
                for status in CHALLENGES
            }
        self._open: dict[int, _Attempt] = {}

    def conversation(self, uri: str, *, to: str) -> Conversation:
        """A fresh conversation from our own address: new Call-ID, new From tag."""
        call_id, tag = f"{self._ids.token()}{self._ids.token()}", self._ids.token()
        sender = f"<{self.account.address}>;tag={tag}"
        addressing = f"To: <{to}>\r\nFrom: {sender}\r\nCall-ID: {call_id}\r\n"
        return Conversation(call_id, tag, uri, addressing)

    def send(
        self,
        conversation: Conversation,
        method: str,
        rows: str,
        user: tuple[Tell, object],
        body: bytes = b"",
    ) -> None:
        """Send a request with these `rows` besides those that all requests have.

        The first of `user` is told of the final answer, or of the failure, with the second. A
        challenge that cannot be answered is a final answer.
        """
        self._try(_Attempt(conversation, method, rows, body, *user))

    def flow_lost(self, flow: Flow, now: Moment) -> None:
        """A connection has closed: what waits for an answer by it fails at once."""
        peer = (flow.transport, flow.host, flow.port)
        for attempt in list(self._open.values()):
            transaction = attempt.transaction
            assert transaction is not None
            way = transaction.flow
            if (way.transport, way.host, way.port) == peer:
                self._endpoint.undeliverable(transaction, now)

    def _try(self, attempt: _Attempt) -> None:
        conversation = attempt.conversation
        conversation.cseq += 1
        attempt.tries += 1
        rows = (
            f"Max-Forwards: 70\r\n{conversation.addressing}"
            f"CSeq: {conversation.cseq} {attempt.method}\r\nUser-Agent: {self._user_agent}\r\n"
            f"{attempt.rows}{self._credentials(attempt)}"
        )
        flow = conversation.flow or self.flow
        self._open[id(attempt)] = attempt
        attempt.transaction = self._endpoint.request(
            attempt.method, conversation.uri, rows, attempt.body, flow, (self._answered, attempt)
        )

    def _credentials(self, attempt: _Attempt) -> str:
        uri = attempt.conversation.uri
        attempt.carried = {
            status: session.answer(attempt.method, uri, attempt.body)
            for status, session in self._sessions.items()
        }
        return "".join(
            f"{CHALLENGES[status][1]}: {value}\r\n"
            for status, value in attempt.carried.items()
            if value is not None
        )

    def _answered(self, attempt: _Attempt, answer: Answer, now: Moment) -> None:
        if isinstance(answer, Response) and answer.status < 200:
            return
        self._open.pop(id(attempt), None)
        if not isinstance(answer, Failure) and self._takes_up(attempt, answer):
            self._try(attempt)
        else:
            attempt.tell(attempt.subject, answer, now)

    def _takes_up(self, attempt: _Attempt, answer: Response) -> bool:
        """Whether the answer is a challenge that the next try can meet."""
        session = self._sessions.get(answer.status)
        if session is None or attempt.tries >= MOST_TRIES:
            return False
        rows = answer.headers.get(CHALLENGES[answer.status][0], [])
        try:
            session.challenged(rows, attempt.carried[answer.status])
        except (CannotAuthenticate, Malformed):
            return False
        return True
