"""What every answer must be, whatever was asked."""

from __future__ import annotations

from tests.interop.wire import Message, parse


def squeezed(values: list[str]) -> str:
    """Values without blanks: what is folded or spaced otherwise is the same."""
    return "".join(",".join(values).split())


def check(packet: bytes, answers: list[bytes], statuses: list[str]) -> None:
    """There is one answer with one of these statuses, or none; it says whose request it answers.

    A 100 has no tag yet, and what it promises may arrive here too: the message passed on.
    """
    answers = [answer for answer in answers if answer.startswith(b"SIP/2.0 ")]
    assert len(answers) == bool(statuses), answers
    for answer in answers:
        head, separator, _ = answer.partition(b"\r\n\r\n")
        assert separator
        assert b"\n" not in head.replace(b"\r\n", b"")  # 3261-7-1
        assert head.split(b" ")[1].decode() in statuses, answer
        if not answer.startswith(b"SIP/2.0 400 "):
            check_copies(parse_any(packet), parse_any(answer))


def check_copies(request: Message, answer: Message) -> None:
    """3261-8.2.6.2-1: Via, From, Call-ID and CSeq are those of the request, To has a tag."""
    for name in ("from", "call-id", "cseq"):
        assert squeezed(answer.headers[name]) == squeezed(request.headers[name])
    assert squeezed(answer.headers["to"]).startswith(squeezed(request.headers["to"]))
    assert ";tag=" in squeezed(answer.headers["to"]) or answer.start.startswith("SIP/2.0 100")
    asked, *others = squeezed(request.headers["via"]).split(",")
    given, *rest = squeezed(answer.headers["via"]).split(",")
    assert rest == others  # 3261-7.3.1-6
    assert given.startswith(asked.partition(";")[0])


def parse_any(packet: bytes) -> Message:
    """The message, unfolded, whatever octets it has."""
    text = packet.decode("utf-8", "surrogateescape")
    return parse(text.replace("\r\n ", " ").replace("\r\n\t", " ").encode("utf-8", "replace"))
