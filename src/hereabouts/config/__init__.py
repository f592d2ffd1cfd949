"""The settings of a server: what there are, and how they are read from four places.

A setting is written `section.name`. The command line wins over the environment, that over the
TOML file, that over the defaults; what does not fit is refused with its place and its remedy.
"""

from hereabouts.config.addresses import (
    BETWEEN_SERVERS,
    TRANSPORTS,
    HostPort,
    Listen,
    NextHop,
    Peer,
    Url,
)
from hereabouts.config.loading import load
from hereabouts.config.reference import describe, reference_page
from hereabouts.config.server import (
    LimitSettings,
    ServerSettings,
    SipSettings,
    TlsSettings,
    TraceSettings,
)
from hereabouts.config.services import (
    AuthSettings,
    CallSettings,
    PolicySettings,
    PresenceSettings,
    RoutingSettings,
    WatcherSettings,
)
from hereabouts.config.settings import OPTIONS, SECTIONS, Settings
from hereabouts.config.values import (
    AlgorithmName,
    AuthMode,
    ClientCertificates,
    LogFormat,
    OfferRule,
    PresenceMode,
    Profile,
    Reevaluation,
    Rejection,
    Role,
    WatcherMode,
)
from hereabouts.config.wording import BadSetting

__all__ = [
    "BETWEEN_SERVERS",
    "OPTIONS",
    "SECTIONS",
    "TRANSPORTS",
    "AlgorithmName",
    "AuthMode",
    "AuthSettings",
    "BadSetting",
    "CallSettings",
    "ClientCertificates",
    "HostPort",
    "LimitSettings",
    "Listen",
    "LogFormat",
    "NextHop",
    "OfferRule",
    "Peer",
    "PolicySettings",
    "PresenceMode",
    "PresenceSettings",
    "Profile",
    "Reevaluation",
    "Rejection",
    "Role",
    "RoutingSettings",
    "ServerSettings",
    "Settings",
    "SipSettings",
    "TlsSettings",
    "TraceSettings",
    "Url",
    "WatcherMode",
    "WatcherSettings",
    "describe",
    "load",
    "reference_page",
]
