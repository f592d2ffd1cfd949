"""Plain requests for `wire.Wire`, without anything odd in them: tests put that in."""

from __future__ import annotations

from tests.interop.wire import Message, Wire


def written(method: str, uri: str, to: str, sender: str, more: str = "", body: str = "") -> str:
    """A request with these rows besides those that all requests have."""
    return f"""
{method} {uri} SIP/2.0
Via: SIP/2.0/{{transport}} {{host}}:{{own}};branch=z9hG4bK{{unique}}
Max-Forwards: 70
From: <sip:{sender}@{{domain}}>;tag=f{{unique}}
To: <{to}>
Call-ID: {{unique}}
CSeq: 1 {method}
{more}Content-Length: {{length}}

{body}"""


ALICE = "sip:{alice}@{domain}"
CONTACT = "Contact: <sip:{bob}@{host}:{own};transport={transport}>\n"

OPTIONS = written("OPTIONS", "sip:{domain}", "sip:{domain}", "{bob}")
SUBSCRIBE = written("SUBSCRIBE", ALICE, ALICE, "{bob}", f"{CONTACT}Event: presence\nExpires: 0\n")
"A fetch: it is notified once, and leaves nothing behind."

REGISTER = written("REGISTER", "sip:{domain}", ALICE, "{alice}", "Expires: 600\n")
"A query; with a Contact row, a registration."

PUBLISH = written(
    "PUBLISH",
    ALICE,
    ALICE,
    "{alice}",
    "Event: presence\nExpires: 600\nContent-Type: application/pidf+xml\n",
    '<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:{alice}@{domain}">'
    '<tuple id="t1"><status><basic>open</basic></status></tuple></presence>',
)


def with_row(text: str, row: str) -> str:
    """The request with one row more."""
    return text.replace("Max-Forwards: 70\n", f"Max-Forwards: 70\n{row}\n", 1)


def register(wire: Wire, *contacts: str) -> list[str]:
    """The contacts of Alice after a REGISTER with these rows; without: as they are."""
    answer = wire.ask(with_row(REGISTER, "\n".join(contacts)) if contacts else REGISTER)
    assert answer.status == 200
    return answer.headers.get("contact", [])


def shown(wire: Wire) -> str:
    """The document of Alice, as one who fetches it sees it."""
    assert wire.ask(SUBSCRIBE).status == 200
    return notified(wire)


def notified(wire: Wire) -> str:
    """The document of the NOTIFY that comes now."""
    notify: Message = wire.receive()
    assert notify.start.startswith("NOTIFY ")
    wire.answer(notify)
    return notify.body.decode()
