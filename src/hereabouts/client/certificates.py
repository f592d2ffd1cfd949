"""The certificates that the settings name, and their renewal while a server runs."""

from __future__ import annotations

import asyncio
import ssl

from hereabouts.base.journal import Journal
from hereabouts.base.units import Seconds
from hereabouts.config import ClientCertificates, Settings
from hereabouts.net.certificates import Certificates, Files

LOOK_EVERY: Seconds = 5.0
"Seconds between two looks whether files have changed."

_ASKS = {
    ClientCertificates.NONE: ssl.CERT_NONE,
    ClientCertificates.ASKED: ssl.CERT_OPTIONAL,
    ClientCertificates.REQUIRED: ssl.CERT_REQUIRED,
}


def sip_certificates(settings: Settings, journal: Journal) -> Certificates:
    """What SIP speaks TLS with.

    Raises:
        BadCertificate: the files cannot be used; says what to do.
    """
    tls = settings.tls
    files = Files(tls.certificate, tls.key, tls.authority)
    return Certificates(files, journal, asks=_ASKS[settings.client_certificates])


def http_certificates(settings: Settings, journal: Journal) -> Certificates:
    """What HTTP speaks TLS with.

    Raises:
        BadCertificate: the files cannot be used; says what to do.
    """
    return Certificates(Files(settings.http.certificate, settings.http.key), journal)


class Renewal:
    """Has certificates taken anew when their files change, until it is closed."""

    def __init__(self) -> None:
        self._certificates: list[Certificates] = []
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.call_later(LOOK_EVERY, self._look)

    def watch(self, certificates: Certificates) -> None:
        """Have these renewed too."""
        self._certificates.append(certificates)

    def renew(self) -> None:
        """Take all files anew, changed or not."""
        for certificates in self._certificates:
            certificates.renew()

    def _look(self) -> None:
        for certificates in self._certificates:
            certificates.look()
        self._next = self._loop.call_later(LOOK_EVERY, self._look)

    def close(self) -> None:
        """Look no more."""
        self._next.cancel()
