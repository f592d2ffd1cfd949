"""What an agent could not do, said so that its user knows what to do."""

from __future__ import annotations

from hereabouts.presence.sighting import reason_of
from hereabouts.sip.leaving import Answer, Failure
from hereabouts.sip.requester import CHALLENGES, Account


class AgentFailed(Exception):
    """An agent cannot do what it was asked to; the text says why, and what to do about it."""


class Unanswered(AgentFailed):
    """No answer came."""


class WrongPassword(AgentFailed):
    """The server does not believe the user; nothing will succeed before the password is right."""


class Refused(AgentFailed):
    """The server does not want it, for a reason of its own."""


def failure_of(answer: Answer, what: str, account: Account, server: str) -> AgentFailed:
    """The exception for an answer to an attempt at `what`, such as `watching sip:bob@...`."""
    if isinstance(answer, Failure):
        return unanswered(what, server)
    if answer.status in CHALLENGES:
        return _disbelieved(account)
    remedy = {
        403: "ask for the right to do it, or check whose account this is",
        404: "check the address, or have the server's operator add that user",
        489: "the server has no presence: check --server",
    }.get(answer.status, "see the server's log")
    return Refused(f"{what}: the server answers {reason_of(answer)}; {remedy}")


def unanswered(what: str, server: str) -> Unanswered:
    """The exception where nothing was heard."""
    return Unanswered(
        f"{what}: no answer from {server}; see whether a server runs there, or name another"
        " with --server"
    )


def _disbelieved(account: Account) -> WrongPassword:
    if account.password is None:
        return WrongPassword(
            f"the server wants a password for {account.username}; give it with --password"
        )
    return WrongPassword(
        f"the server refuses the name {account.username} with this password; check both, or set"
        f" another there with `hereabouts user add {account.username} --replace`"
    )
