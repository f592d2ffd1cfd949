"""Whose document it is: one user's is never shown under the name of another."""

from __future__ import annotations

import re
from urllib.parse import unquote

from hereabouts.presence.pidf.document import Document, MalformedDocument

_SCHEMES = ("sip", "sips", "pres")
_HOST = re.compile(r"\[[^\]]*\]|[^:;?/]*")


class WrongEntity(MalformedDocument):
    """A document about somebody else; refused as a whole."""


def check_entity(document: Document, presentity: str, *also: str) -> None:
    """Nothing, if the document is about `presentity`, or about another name that it goes by.

    Users are compared exactly, hosts whatever their case; scheme (`sip`, `sips`, `pres`), port,
    URI parameters, display name and angle brackets do not matter, as phones differ in them.

    Raises:
        WrongEntity: it is about somebody else, or about nobody that we can tell.
    """
    if document.entity == presentity:
        return
    about = _user_and_host(document.entity)
    if about is None or all(about != _user_and_host(name) for name in (presentity, *also)):
        raise WrongEntity(
            f"the document is about {document.entity[:200]!r}, not about {presentity}"
        )


def _user_and_host(uri: str) -> tuple[str, str] | None:
    if uri.endswith(">"):
        uri = uri[uri.rfind("<") + 1 : -1]
    scheme, _, address = uri.strip().partition(":")
    if scheme.lower() not in _SCHEMES:
        return None
    user, _, rest = address.rpartition("@")
    host = _HOST.match(rest)
    if host is None or not host[0]:
        return None
    return unquote(user.partition(":")[0]), host[0].lower()
