"""What can go wrong, by whose fault it is.

    Exception
      Malformed      their bytes: cannot be read
      Refusal        their request: read, and declined; says what to answer
        Unavailable  our store or policy server: not their fault; logged with a hint

A bug is an `AssertionError`. Each package adds its own refusals beside the rule that
raises them; `roles.node` alone turns them into responses.
"""

from __future__ import annotations


class Malformed(Exception):
    """Bytes that are not what they claim to be; the text says what is wrong, for a person."""


class Refusal(Exception):
    """A request we decline. Says which response to send; never logged as a fault."""

    status: int
    "The SIP status code of the answer; its text is added to the reason phrase."

    def headers(self) -> list[tuple[str, str]]:
        """The headers that the answer carries besides the usual ones."""
        return []


class Unavailable(Refusal):
    """Something of ours is out of order; the operator is told what to do about it."""

    status = 503

    def __init__(self, fault: str, remedy: str) -> None:
        super().__init__(fault)
        self.fault = fault
        "What is broken, for the log."
        self.remedy = remedy
        "What the operator can do about it."

    def headers(self) -> list[tuple[str, str]]:
        """Asks the peer to come back in five seconds."""
        return [("Retry-After", "5")]
