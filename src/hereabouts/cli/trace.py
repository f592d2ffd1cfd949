"""`hereabouts trace`: what passes a running server, as ladders."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from cyclopts import Parameter

from hereabouts.cli.options import Flag, Place
from hereabouts.client import CommandFailed

STDOUT = "-"


def trace(  # noqa: PLR0913 - what one may want to see, and how
    *,
    user: str | None = None,
    dialog: str | None = None,
    method: str | None = None,
    pcap: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None,
    follow: Annotated[bool, Parameter(negative="--once", show_default=False)] = True,
    as_json: Annotated[Flag, Parameter(name="--json")] = False,
    raw: Flag = False,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """Show what has passed a running server lately, and what passes, until Ctrl-C.

    Each dialog is a ladder: who speaks with whom, what was decided between, and why. Credentials
    are shown as xxx.

    Parameters
    ----------
    user
        Only what is from, to or for him: alice, or alice@example.com.
    dialog
        Only the dialogs whose Call-ID begins so.
    method
        Only these requests and their answers, such as SUBSCRIBE.
    pcap
        Write what is shown to this file too, for Wireshark; - writes it to standard output instead.
    follow
        --once shows what has passed, and ends.
    as_json
        One JSON object a line instead of ladders.
    raw
        Each message whole.
    """
    from hereabouts.client.operate import tell_running
    from hereabouts.client.terminal import hush, until_asked, wide_console
    from hereabouts.client.tracing import trace as show
    from hereabouts.client.views import CaptureFile, JsonLines, Ladders, View

    settings = place.settings()

    def ask(since: int) -> Any:  # noqa: ANN401 - as the command
        return tell_running(
            settings, "hereabouts serve", "trace",
            since=since, user=user, call_id=dialog, method=method,
        )  # fmt: skip

    console = wide_console()
    with _capture(pcap) as file:
        views: list[View] = [CaptureFile(file)] if file is not None else []
        if str(pcap) != STDOUT:
            views.append(JsonLines(console, raw=raw) if as_json else Ladders(console, raw=raw))
        try:
            until_asked(show(ask, views, follow=follow))
        except BrokenPipeError:
            hush(console)


@contextmanager
def _capture(path: Path | None) -> Iterator[BinaryIO | None]:
    """The file that a capture goes to; nobody else may read it, as it has what people say."""
    if path is None:
        yield None
    elif str(path) == STDOUT:
        yield sys.stdout.buffer
    else:
        try:
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise CommandFailed(f"{path}: it cannot be written ({error.strerror})") from error
        with os.fdopen(opened, "wb") as file:
            yield file
