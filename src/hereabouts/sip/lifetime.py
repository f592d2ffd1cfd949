"""How long something that a peer asks for may live."""

from __future__ import annotations

import msgspec

from hereabouts.base.refusal import Refusal

_HOUR = 3600


class IntervalTooBrief(Refusal):
    """The lifetime asked for is shorter than we accept (:rfc:`3261#section-21.4.17`)."""

    status = 423

    def __init__(self, minimum: int) -> None:
        super().__init__(f"at least {minimum} s")
        self.minimum = minimum

    def headers(self) -> list[tuple[str, str]]:
        """Min-Expires, in seconds."""
        return [("Min-Expires", str(self.minimum))]


class Lifetimes(msgspec.Struct, frozen=True):
    """The bounds of one kind of lifetime, in seconds."""

    minimum: int = 60
    default: int = 3600
    maximum: int = 86400

    def choose(self, asked: int | None) -> int:
        """The lifetime granted for the one asked for, both in seconds.

        Zero asks for removal and is always granted. More than `maximum` is shortened, never
        refused; less than `minimum` is refused, but never an hour or more
        (:rfc:`3903#section-6`, step 4; :rfc:`6665#section-4.2.1.1`).

        Raises:
            IntervalTooBrief: `asked` is between zero and `minimum`, and below an hour.
        """
        if asked is None:
            return min(self.default, self.maximum)
        if 0 < asked < self.minimum and asked < _HOUR:
            raise IntervalTooBrief(self.minimum)
        return min(asked, self.maximum)
