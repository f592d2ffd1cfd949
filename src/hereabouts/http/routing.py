"""Which handler answers which path and method, as a table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from hereabouts.http.gate import Asker
from hereabouts.http.message import Problem, Request, Response

Handler = Callable[..., Awaitable[Response]]
"Takes the request, who asks, and the segments of the path that the pattern leaves open."


class Route(msgspec.Struct, frozen=True):
    """A path, and what may be asked of it."""

    pattern: str
    "Such as `/policies/{owner}/{name}`."
    handlers: dict[str, Handler]
    "By method."
    parameters: frozenset[str] = frozenset()
    "What the query may have."

    def parts(self, path: tuple[str, ...]) -> tuple[str, ...] | None:
        """What stands in the open places of the pattern; `None`: it is another path."""
        segments = self.pattern[1:].split("/")
        if len(segments) != len(path):
            return None
        pairs = list(zip(segments, path, strict=True))
        if any(said != wanted for wanted, said in pairs if not wanted.startswith("{")):
            return None
        return tuple(said for wanted, said in pairs if wanted.startswith("{"))


async def route(routes: tuple[Route, ...], request: Request, asker: Asker) -> Response:
    """The answer of the handler that the request is for.

    Raises:
        Problem: 404, 405, or 400 for a parameter that means nothing here.
    """
    for known in routes:
        parts = known.parts(request.path)
        if parts is not None:
            handler = _handler(known, request.method)
            strange = request.query.keys() - known.parameters
            if strange:
                raise Problem(400, _unknown(known, min(strange)))
            return await handler(request, asker, *parts)
    raise Problem(404, "there is nothing here; the paths are " + ", ".join(_paths(routes)))


def _handler(known: Route, method: str) -> Handler:
    handler = known.handlers.get("GET" if method == "HEAD" else method)
    if handler is None:
        allowed = ", ".join(known.handlers)
        raise Problem(405, f"{known.pattern} takes {allowed}", (), (("Allow", allowed),))
    return handler


def _unknown(known: Route, parameter: str) -> str:
    parameters = ", ".join(sorted(known.parameters)) or "none"
    return f"{known.pattern} has no parameter {parameter[:80]!r}; it has {parameters}"


def _paths(routes: tuple[Route, ...]) -> list[str]:
    return [known.pattern for known in routes]
