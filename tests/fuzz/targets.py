"""What reads bytes of strangers, what it may say about them, and bytes to begin with.

A target takes any bytes and returns, or raises what it may; everything else is a fault. Hypothesis
asks them in every run (`test_targets.py`), atheris for longer (`test_guided.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import PosixPath

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.config import BadSetting, load, reference_page
from hereabouts.policy.cpl.compiler import examine
from hereabouts.policy.cpl.finding import MalformedScript
from hereabouts.policy.decision import DEFAULTS
from hereabouts.policy.engine import Policy, decide
from hereabouts.policy.point import Point
from hereabouts.presence.pidf.reader import read as read_document
from hereabouts.presence.pidf.writer import write as write_document
from hereabouts.presence.statement import Statement
from hereabouts.roles.build import finish
from hereabouts.roles.commands import Commands
from hereabouts.sip.domains import Domains
from hereabouts.sip.framing import StreamFramer, Unframeable
from hereabouts.sip.headers.address import Address
from hereabouts.sip.headers.authentication import Challenge, Credentials
from hereabouts.sip.headers.event import Event, SubscriptionState
from hereabouts.sip.headers.media import MediaType, preferred
from hereabouts.sip.headers.via import Via
from hereabouts.sip.message import Request
from hereabouts.sip.reader import read
from hereabouts.sip.uri import SipUri
from hereabouts.storage.memory import MemoryStore
from tests.fuzz.lab import Lab
from tests.interop.spoilt import SEEDS
from tests.policy.samples import EXAMPLES, facts
from tests.policy.samples import NOW as MORNING
from tests.presence.pidf.samples import SAMPLES
from tests.torture.messages import RFC4475

Target = tuple[Callable[[bytes], object], list[bytes]]
"What takes the bytes, and what to begin with."

NOW = Moment(Instant(1.0), Timestamp(1000.0))
_SPOKEN = [Lab().write(text, "UDP", number) for number, text in enumerate(SEEDS)]
PACKETS = [*RFC4475.values(), *_SPOKEN]


def _values(*names: str) -> list[bytes]:
    """The values of these headers, as torture and phones have them; each once."""
    found: dict[bytes, None] = {}
    for packet in PACKETS:
        with suppress(Malformed):
            headers = read(packet).headers
            for value in (value for name in names for value in headers.get(name, ())):
                found[value.encode("utf-8", "surrogateescape")] = None
    return list(found)


def _uris() -> list[bytes]:
    found: dict[bytes, None] = {}
    for packet in PACKETS:
        with suppress(Malformed):
            message = read(packet)
            if isinstance(message, Request):
                found[message.uri.encode("utf-8", "surrogateescape")] = None
    return list(found)


def text_reader(parse: Callable[[str], object]) -> Callable[[bytes], None]:
    """A target for a reader of texts, which it is given as headers give them."""

    def target(given: bytes) -> None:
        with suppress(Malformed):
            parse(given.decode("utf-8", "surrogateescape"))

    return target


def written_again(parse: Callable[[str], object]) -> Callable[[bytes], None]:
    """The same where what was read can be written: read again it must be what it was."""

    def target(given: bytes) -> None:
        try:
            value = parse(given.decode("utf-8", "surrogateescape"))
        except Malformed:
            return
        assert parse(str(value)) == value

    return target


def packet_reader(given: bytes) -> None:
    with suppress(Malformed):
        message = read(given)
        assert all(message.headers.values())


def stream_reader(given: bytes) -> None:
    """The first byte says where the rest is cut; it must not matter."""
    pieces = [given[1:]] if not given or given[0] == 0 else _cut(given[1:], given[0])
    assert _framed([given[1:]]) == _framed(pieces)


def _cut(stream: bytes, length: int) -> list[bytes]:
    return [stream[place : place + length] for place in range(0, len(stream), length)]


def _framed(pieces: list[bytes]) -> tuple[list[bytes], bool]:
    framer = StreamFramer(max_head=4096, max_body=4096)
    found: list[bytes] = []
    try:
        for piece in pieces:
            found += framer.feed(piece)
    except Unframeable:
        return found, True
    return found, False


def document_reader(given: bytes) -> None:
    """What we take from a publisher we can send on, and it says the same.

    White space may go, and a document without a tuple gets one.
    """
    try:
        document = read_document(given)
    except Malformed:
        return
    again = read_document(write_document(document))
    assert not document.tuples or Statement.of(again) == Statement.of(document)
    assert again.entity == document.entity
    written = write_document(again)
    assert write_document(read_document(written)) == written


def script_reader(given: bytes) -> None:
    """What is accepted as a policy can be asked at every point, now and later."""
    with suppress(MalformedScript):
        script, _ = examine(given, NOW.timestamp)
        policy = Policy(owner="sip:a@example.com", id="a", name="a", script=script)
        for point in Point:
            for now in (NOW.timestamp, MORNING):
                decision = decide([policy], facts(point), now, default=DEFAULTS[point])
                assert decision.valid_until > now
                assert decision.steps <= len(script.nodes)


class _File(PosixPath):
    """A file of settings that is nowhere."""

    content = b""

    def read_text(
        self, encoding: str | None = None, errors: str | None = None, newline: str | None = None
    ) -> str:
        return self.content.decode(encoding or "utf-8", errors or "strict")


def settings_reader(given: bytes) -> None:
    file = _File("hereabouts.toml")
    file.content = given
    with suppress(BadSetting):
        load(file, {}, ())


def assignment_reader(given: bytes) -> None:
    with suppress(BadSetting):
        load(None, {}, given.decode("utf-8", "surrogateescape").splitlines())


def command_reader(given: bytes) -> None:
    commands = Commands(MemoryStore(), Domains(("example.com",), frozenset()), "example.com")
    for line in given.splitlines():
        reply = msgspec.json.decode(finish(commands.answer(line, NOW)), type=dict[str, object])
        assert len(reply.keys() & {"ok", "error"}) == 1
        assert reply.keys() <= {"ok", "error", "status", "findings"}


def whole_server(given: bytes) -> None:
    """Messages with an empty line, a zero byte and an empty line between them."""
    lab = Lab()
    for packet in given.split(SEPARATOR):
        lab.receive(packet)
    lab.wait(40.0)
    lab.check()


SEPARATOR = b"\r\n\0\r\n"

COMMANDS = [
    b'{"command": "ping"}',
    b'{"command": "user add", "user": "alice", "password": "a", "replace": true}',
    b'{"command": "user add", "user": "sip:alice@example.com", "password": "\\u0000"}',
    b'{"command": "user remove", "user": "alice@example.com"}',
    b'{"command": "user list"}',
    b'{"command": "presence set", "user": "alice", "basic": "closed", "note": "away"}',
    b'{"command": "watchers list", "user": "alice"}',
    b'{"command": "watchers decide", "user": "alice", "watcher": "bob", "decision": "allow"}',
]

SETTINGS = b"""\
[server]
domains = ["example.com", "example.org"]
listen = ["udp:0.0.0.0:5060", "tcp:[::1]:5060"]
advertise = "sip.example.com:5060"
[auth]
mode = "digest"
exceptions = [{ user_agent = "baresip v1.", algorithms = ["MD5"] }]
[sip]
t1 = 0.5
max-message = 65_535
"""

STATES = [b"active;expires=5", b"pending", b"terminated;reason=timeout;retry-after=9"]
ASSIGNMENTS = [b"sip.t1=0.5\nserver.domains=a.example,b.example", b"log.level = error"]

_DIGEST = (
    b'Digest realm="example.com", nonce="01a2", qop="auth,auth-int", algorithm=SHA-256, '
    b'userhash=true, stale=FALSE, opaque="", domain="sip:a sip:b"'
)

TARGETS: dict[str, Target] = {
    "packet": (packet_reader, PACKETS),
    "stream": (stream_reader, [b"\7" + packet for packet in PACKETS]),
    "uri": (written_again(SipUri.parse), _uris()),
    "address": (written_again(Address.parse), _values("from", "to", "contact", "route")),
    "via": (written_again(Via.parse), _values("via")),
    "event": (written_again(Event.parse), _values("event")),
    "state": (text_reader(SubscriptionState.parse), STATES),  # reads reasons that nobody may write
    "media": (text_reader(MediaType.parse), _values("content-type", "accept")),
    "accept": (text_reader(lambda text: preferred(text, ("a/b", "c/d"))), _values("accept")),
    "credentials": (written_again(Credentials.parse), _values("authorization")),
    "challenge": (written_again(Challenge.parse), [_DIGEST]),
    "document": (document_reader, list(SAMPLES.values())),
    "policy": (script_reader, [script.encode() for script in EXAMPLES.values()]),
    "settings": (settings_reader, [SETTINGS, reference_page().encode()]),
    "assignment": (assignment_reader, ASSIGNMENTS),
    "command": (command_reader, [*COMMANDS, b"\n".join(COMMANDS)]),
    "server": (whole_server, [*_SPOKEN, SEPARATOR.join(_SPOKEN[:12])]),
}  # fmt: skip
