"""The values that name no host: choices, words and bounded numbers."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Literal

from msgspec import Meta, Struct

from hereabouts.base.units import Seconds
from hereabouts.config.addresses import DOMAIN

AlgorithmName = Literal["SHA-256", "SHA-512-256", "MD5"]
"A digest algorithm by its name on the wire (:rfc:`8760#section-2.1`)."

Word = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]+$")]
"Text on one line."


class Role(Enum):
    """Which parts of the system the server runs."""

    ALL = "all"
    "Everything there is."
    SIP = "sip"
    "The registrar and the proxy; presentities' agents are elsewhere."
    PRESENCE = "presence"
    "The same, and the presentities' agent beside them."
    WATCHER = "watcher"
    "The registrar and the proxy of watchers, whose own rules hold on the way."
    POLICY = "policy"
    "The policy server alone."


class PresenceMode(Enum):
    """Who serves the presentities of a presence server."""

    AGENT = "agent"
    PROXY = "proxy"


class WatcherMode(Enum):
    """What a watchers' server does for its users."""

    PROXY = "proxy"
    AGENT = "agent"


class AuthMode(Enum):
    """How users prove who they are."""

    DIGEST = "digest"
    NONE = "none"


class Profile(Enum):
    """What becomes of a watcher about whom no policy says anything."""

    OPEN = "open"
    PRIVATE = "private"


class Rejection(Enum):
    """How a watcher learns that he is rejected."""

    NOTIFY = "notify"
    RESPONSE = "response"
    SILENCE = "silence"


class Reevaluation(Enum):
    """When a policy is asked again how a subscription stands."""

    ON_REQUEST = "on-request"
    ON_BOUNDARY = "on-boundary"


class ClientCertificates(Enum):
    """Whether those who connect by TLS are asked for a certificate."""

    NONE = "none"
    ASKED = "asked"
    REQUIRED = "required"


class LogLevel(Enum):
    """The least grave event that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(Enum):
    """How a line of the log is written."""

    TEXT = "text"
    JSON = "json"


class OfferRule(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The digest algorithms offered to the programs that cannot take the usual offer."""

    user_agent: Word
    "What their User-Agent header contains."
    algorithms: Annotated[tuple[AlgorithmName, ...], Meta(min_length=1)]
    "Offered instead, the preferred one first."


def number(low: float, high: float, unit: str) -> Meta:
    """Bounds of a number, both included, and how to say them."""
    return Meta(ge=low, le=high, extra={"form": f"a number of {unit} from {low} to {high}"})


def whole(low: int, high: int, unit: str) -> Meta:
    """The same of a whole number."""
    return Meta(ge=low, le=high, extra={"form": f"a whole number of {unit} from {low} to {high}"})


# A lifetime travels as whole seconds. Asking for an hour or more may never be called too brief
# (RFC 3261 section 10.3 step 7, RFC 6665 section 4.2.1.1), so no minimum lies above an hour.
Minimum = Annotated[int, whole(1, 3600, "seconds")]
Lifetime = Annotated[int, whole(1, 2**32 - 1, "seconds")]
Timer = Annotated[Seconds, number(0.001, 60, "seconds")]
Rate = Annotated[float, number(0.01, 1_000_000, "a second")]
Burst = Annotated[int, whole(1, 10_000_000, "at once")]
Bytes = Annotated[int, whole(512, 16 * 2**20, "bytes")]

Domain = Annotated[
    str,
    Meta(
        pattern=f"^{DOMAIN.pattern}$",
        extra={"form": "a domain in small letters, such as example.com"},
    ),
]

Token = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9._~+/-]{16,512}=*$",  # RFC 6750 section 2.1
        extra={"form": "16 or more letters, digits and . _ ~ + / -"},
    ),
]
