"""HTTP requests and responses as values, and how a target is read (RFC 9110 sections 4 and 7)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

import msgspec

from hereabouts.base.refusal import Malformed

JSON = "application/json"
CPL = "application/cpl+xml"
"A script (:rfc:`3880#section-13`)."

MOST_PARAMETERS = 16
"Parameters in one query; we know of fewer."


class Request(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A request, whole."""

    method: str
    path: tuple[str, ...]
    "The segments of the path, decoded: `('policies', 'sip:alice@example.com', 'work')`."
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    "By name in lower case; the values of several rows of one name joined with commas."
    body: bytes = b""
    source: str = ""
    "The address that it came from."

    @property
    def content_type(self) -> str:
        """The media type in lower case, without its parameters; empty: none is named."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Response(msgspec.Struct, frozen=True, gc=False):
    """A response, whole."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def header(self, name: str) -> str | None:
        """The value of the first row of this name, in lower case here."""
        return next((value for known, value in self.headers if known.lower() == name), None)


class Problem(Exception):
    """A request that is declined; it becomes the response (RFC 9457).

    Args:
        status: the HTTP status code.
        detail: what is wrong, for a person.
        findings: what the checker found in a script, if that is it.
        headers: what the response carries besides.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        findings: tuple[dict[str, Any], ...] = (),
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.findings = findings
        self.headers = headers

    def response(self) -> Response:
        """The response that says it."""
        said: dict[str, Any] = {
            "title": phrase(self.status),
            "status": self.status,
            "detail": self.detail,
        }
        if self.findings:
            said["findings"] = self.findings
        return Response(
            self.status, msgspec.json.encode(said), "application/problem+json", self.headers
        )


def phrase(status: int) -> str:
    """The reason phrase of a status code."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def answer(value: object, status: int = 200, *headers: tuple[str, str]) -> Response:
    """A response with a value in JSON."""
    return Response(status, msgspec.json.encode(value), JSON, headers)


def parse_target(target: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """The segments of the path and the parameters of the query in a request's target.

    Raises:
        Malformed: it is no path, or what is encoded in it is no text.
    """
    path, _, query = target.partition("?")
    if not path.startswith("/"):
        raise Malformed("the target is no path")
    try:
        segments = tuple(unquote(each, errors="strict") for each in path[1:].split("/"))
        found = parse_qsl(
            query, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except ValueError as error:
        raise Malformed("the target has characters that are not text, or is too long") from error
    parameters = dict(found)
    if len(parameters) < len(found):
        raise Malformed("a parameter of the query stands twice")
    return segments, parameters


def write_target(path: tuple[str, ...], query: dict[str, str] | None = None) -> str:
    """The target of a request for these segments and parameters."""
    written = "/" + "/".join(quote(segment, safe=":@") for segment in path)
    return f"{written}?{urlencode(query)}" if query else written
