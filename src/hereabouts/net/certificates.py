"""Certificates from PEM files, taken anew when the files change."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import msgspec

from hereabouts.base.journal import Grade, Journal, Silence
from hereabouts.base.refusal import Unavailable
from hereabouts.base.units import Seconds

TELL_EVERY: Seconds = 10.0
"Seconds between two log lines about peers whose certificates are refused: they set the pace."


class BadCertificate(Unavailable):
    """PEM files that cannot be used."""


class Files(msgspec.Struct, frozen=True):
    """Where certificates are, as PEM files."""

    certificate: str | None = None
    "Our own and its chain; `None`: we have none, and serve nobody by TLS."
    key: str | None = None
    "The key of our own; `None`: it is in the same file."
    authority: str | None = None
    "Those that a peer's must come from; `None`: the ones that the system trusts."

    @property
    def paths(self) -> tuple[Path, ...]:
        """Those that are named."""
        return tuple(Path(name) for name in (self.certificate, self.key, self.authority) if name)


class Certificates:
    """How we speak TLS: with which certificates, and which of the peers' are good.

    `asks` says whether those who connect are asked for a certificate.

    Raises:
        BadCertificate: the files cannot be used; says what to do.
    """

    def __init__(
        self,
        files: Files | None = None,
        journal: Journal | None = None,
        *,
        asks: ssl.VerifyMode = ssl.CERT_NONE,
    ) -> None:
        self._files = files or Files()
        self._journal = journal or Silence()
        self._asks = asks
        self._tell_next = float("-inf")
        self._untold = 0
        self._server: ssl.SSLContext | None = None
        self._web: ssl.SSLContext | None = None
        self._client: ssl.SSLContext | None = None
        self._seen = self._stamps()
        self._load()

    @property
    def can_serve(self) -> bool:
        """Whether there is a certificate of ours."""
        return self._server is not None

    @property
    def server(self) -> ssl.SSLContext:
        """The TLS with those who connect by SIP."""
        assert self._server is not None
        return self._server

    @property
    def web(self) -> ssl.SSLContext:
        """The TLS with browsers, which are never asked for a certificate.

        Whoever keeps it presents the newest certificate all the same.
        """
        assert self._web is not None
        return self._web

    @property
    def client(self) -> ssl.SSLContext:
        """The TLS of connections that we open; the name of the peer is ours to check."""
        if self._client is None:  # the system's certificates take 20 ms to load
            self._client = self._new_client()
        return self._client

    # -- new files

    def look(self) -> None:
        """Take the files anew if they have changed since the last look."""
        stamps = self._stamps()
        if stamps != self._seen:
            self._seen = stamps
            self.renew()

    def renew(self) -> None:
        """Take the files anew; if they cannot be used, what was before stays, and the log says so.

        Connections that are open keep what they have begun with.
        """
        if not self._files.paths:
            return
        try:
            self._load()
        except BadCertificate as fault:
            self._journal.say(
                Grade.ERROR,
                "cannot take new certificates, and keeps the old ones",
                fault=fault.fault,
                remedy=fault.remedy,
            )
            return
        self._journal.say(Grade.INFO, "took new certificates", files=_named(self._files))

    def _stamps(self) -> list[tuple[int, int, int] | None]:
        return [_stamp(path) for path in self._files.paths]

    def _load(self) -> None:
        try:
            server, web, client = self._contexts()
        except OSError as error:  # an SSLError too: text that is no PEM, a key that does not fit
            fault = f"cannot use the certificates in {_named(self._files)}: {error}"
            remedy = "name PEM files that this user may read; certificate and key belong together"
            raise BadCertificate(fault, remedy) from error
        self._server, self._client = server, client
        if web is not None and self._web is not None:
            self._web.sni_callback = _hand_on(web)
        else:
            self._web = web

    def _contexts(
        self,
    ) -> tuple[ssl.SSLContext | None, ssl.SSLContext | None, ssl.SSLContext | None]:
        authority = self._files.authority
        client = self._new_client() if authority or self._files.certificate else None
        if self._files.certificate is None:
            return None, None, client
        server, web = (self._own(_context(ssl.PROTOCOL_TLS_SERVER)) for _ in range(2))
        if self._asks is not ssl.CERT_NONE:
            self._trust(server, ssl.Purpose.CLIENT_AUTH)
            server.verify_mode = self._asks
        return server, web, client

    def _new_client(self) -> ssl.SSLContext:
        context = _context(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False  # by the rules of SIP instead (RFC 5922 section 7.2)
        self._trust(context, ssl.Purpose.SERVER_AUTH)
        return self._own(context) if self._files.certificate else context

    def _own(self, context: ssl.SSLContext) -> ssl.SSLContext:
        assert self._files.certificate is not None
        # Without a password, or OpenSSL would ask the terminal for that of a key that has one.
        context.load_cert_chain(self._files.certificate, self._files.key, password="")
        return context

    def _trust(self, context: ssl.SSLContext, purpose: ssl.Purpose) -> None:
        if self._files.authority is None:
            context.load_default_certs(purpose)
        else:
            context.load_verify_locations(self._files.authority)

    # -- peers

    def refused(self, peer: str, fault: str) -> None:
        """Have the operator know of a peer whose certificate is refused, or that refuses ours."""
        now = asyncio.get_running_loop().time()
        if now < self._tell_next:
            self._untold += 1
            return
        more = {"others": self._untold} if self._untold else {}
        self._tell_next, self._untold = now + TELL_EVERY, 0
        self._journal.say(Grade.WARNING, "no TLS with a peer", peer=peer, fault=fault, **more)


def _context(protocol: int) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION  # a peer could have us do nothing else
    return context


def _hand_on(newest: ssl.SSLContext) -> Callable[[ssl.SSLObject, str, ssl.SSLContext], None]:
    def hand_on(connection: ssl.SSLObject, _name: str, _old: ssl.SSLContext) -> None:
        connection.context = newest

    return hand_on


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What tells a file from the one that was there before; `None`: there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _named(files: Files) -> str:
    return " ".join(dict.fromkeys(map(str, files.paths)))
