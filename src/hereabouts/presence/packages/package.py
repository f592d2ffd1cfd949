"""What a package says of itself (:rfc:`6665#section-5.4`)."""

from __future__ import annotations

import msgspec


class Package(msgspec.Struct, frozen=True):
    """An event package: a record of answers."""

    name: str
    content_types: tuple[str, ...]
    "What its NOTIFYs can carry, the default first."
    is_published: bool
    "Whether PUBLISH feeds it."
