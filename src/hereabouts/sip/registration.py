"""A registration as the client keeps it (:rfc:`3261#section-10.2`)."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Moment
from hereabouts.sip.headers.address import parse_addresses
from hereabouts.sip.leaving import Answer, Failure
from hereabouts.sip.message import Response
from hereabouts.sip.outbound import INSTANCE, PATH, REG_ID, TAG
from hereabouts.sip.pace import Pace
from hereabouts.sip.requester import Requester
from hereabouts.sip.upkeep import Report, Upkeep
from hereabouts.sip.uri import SipUri


class Registration:
    """Binds the address-of-record of an account to where we are, for as long as it is wanted.

    `feature` is a tag that its Contact carries (:rfc:`3840#section-5`); with an `instance`, such
    as `urn:uuid:…`, it is bound by its flow (:rfc:`5626#section-4.2.1`), the device's first.
    """

    def __init__(
        self,
        requester: Requester,
        deadlines: Deadlines,
        tell: Callable[[Report, Moment], None],
        pace: Pace,
        *,
        feature: str = "",
        instance: str = "",
        chance: Callable[[], float] | None = None,
    ) -> None:
        self._requester = requester
        self._parameters = f";{feature}" if feature else ""
        self._rows = ""
        if instance:
            self._parameters += f';{INSTANCE}="<{instance}>";{REG_ID}=1'
            self._rows = f"Supported: {PATH}, {TAG}\r\n"
        address = requester.account.address
        domain = msgspec.structs.replace(SipUri.parse(address), user=None, password=None)
        self._conversation = requester.conversation(str(domain), to=address)
        self._upkeep = Upkeep(deadlines, self._ask, tell, pace, chance=chance if instance else None)

    def begin(self, now: Moment) -> None:
        """Register, and stay so."""
        self._upkeep.want(now)

    def end(self, now: Moment) -> None:
        """Remove the binding."""
        self._upkeep.end(now)

    def renew(self, now: Moment) -> None:
        """Register by a new way."""
        self._upkeep.renew(now)

    def _ask(self, lifetime: int, _now: Moment) -> None:
        contact = f"{self._requester.flow.contact}{self._parameters}"
        rows = f"Contact: {contact}\r\nExpires: {lifetime}\r\n{self._rows}"
        self._requester.send(self._conversation, "REGISTER", rows, (self._answered, None))

    def _answered(self, _subject: None, answer: Answer, now: Moment) -> None:
        self._upkeep.answered(self._with_own_expiry(answer), now)

    def _with_own_expiry(self, answer: Answer) -> Answer:
        """A 200 names the lifetime of each binding at its Contact: ours is what it grants."""
        if isinstance(answer, Failure) or answer.status >= 300:
            return answer
        expires = _expires(answer, self._requester.flow.contact.strip("<>"))
        if expires is None:
            return answer
        headers = {**answer.headers, "expires": [expires]}
        return Response(answer.status, answer.reason, answer.rows, headers, answer.body)


def _expires(answer: Response, own: str) -> str | None:
    try:
        for contact in parse_addresses(answer.headers.get("contact", [])):
            if contact.sip_uri.equals(SipUri.parse(own)):
                return contact.parameters.get("expires")
    except Malformed:
        return None
    return None
