"""Digest at a whole server: what is asked, what is taken, and what nobody learns by it."""

from __future__ import annotations

import re

import msgspec
import pytest

from hereabouts.sip.algorithms import Algorithm
from hereabouts.sip.credentials import ha1
from hereabouts.sip.digest import response
from hereabouts.sip.headers.authentication import Challenge, Credentials, Protection
from hereabouts.sip.message import Response
from hereabouts.sip.reader import read
from tests.ladders.conftest import Begin, Play
from tests.ladders.peers import document

PASSWORDS = {"alice": "a", "bob": "b"}
ALICE = "sip:alice@example.com"


def asks(
    method: str,
    number: int,
    *rows: str,
    user: str = "alice",
    uri: str = ALICE,
    body: bytes = b"",
    branch: str = "",
) -> bytes:
    """A request written by hand, so that nothing in it is right by itself."""
    lines = [
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/UDP {user}.example.net;branch=z9hG4bK{branch or f'{method}{number}'}",
        "Max-Forwards: 70",
        f"From: <sip:{user}@example.com>;tag=f",
        f"To: <{ALICE}>",
        "Call-ID: by-hand",
        f"CSeq: {number} {method}",
        f"Contact: <sip:{user}@{user}.example.net>",
        "Event: presence",
        *(["Content-Type: application/pidf+xml"] if body else []),
        *rows,
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def told(play: Play, packet: bytes, user: str = "alice") -> Response:
    """The answer to these bytes."""
    [sent] = play.stage.tell_raw(user, packet, play.now)
    answer = read(sent)
    assert isinstance(answer, Response)
    return answer


def challenges(answer: Response) -> list[Challenge]:
    assert answer.status == 401
    return [Challenge.parse(row) for row in answer.headers["www-authenticate"]]


def proof(  # noqa: PLR0913 - whatever may be wrong with it
    nonce: str,
    method: str,
    *,
    user: str = "alice",
    password: str = "a",
    algorithm: Algorithm = Algorithm.SHA_256,
    qop: Protection | None = Protection.AUTH,
    count: int = 1,
    body: bytes = b"",
    uri: str = ALICE,
    named: str | None = None,
) -> str:
    """An Authorization row; `named`: the algorithm that it says it is."""
    blank = Credentials(user, "example.com", nonce, uri, "", named or algorithm.token)
    if qop is not None:
        blank = msgspec.structs.replace(blank, qop=qop, nonce_count=f"{count:08x}", cnonce="c")
    secret = ha1(user, "example.com", password, algorithm)
    right = response(blank, algorithm, secret, method, body)
    return f"Authorization: {msgspec.structs.replace(blank, response=right)}"


def nonce_for(play: Play, method: str = "PUBLISH") -> str:
    return challenges(told(play, asks(method, 1)))[0].nonce


CHALLENGED = [
    ("SUBSCRIBE", ALICE),
    ("PUBLISH", ALICE),
    ("REGISTER", "sip:example.com"),
]


@pytest.mark.parametrize("method, uri", CHALLENGED)
def test_who_proves_nothing_is_challenged(begin: Begin, method: str, uri: str) -> None:
    """3261-22.2-1, 3261-22.4-2, 8760-2.1-1, 8760-2.3-1, 8760-2.6-1: best first, always with qop."""
    rows = challenges(told(begin(PASSWORDS), asks(method, 1, uri=uri)))
    assert [row.algorithm for row in rows] == ["SHA-256", "MD5"]
    assert {row.realm for row in rows} == {"example.com"}
    assert {row.qop for row in rows} == {(Protection.AUTH,)}
    assert all(row.nonce for row in rows)


TAKEN = [
    ({}, 200, "8760-2.1-1: SHA-256"),
    ({"algorithm": Algorithm.MD5}, 200, "MD5, as it is offered"),
    ({"qop": None}, 200, "3261-22.4-2: the form of RFC 2069"),
    ({"uri": "sip:alice@example.com:5060"}, 200, "3261-22.4-3: hashed over its own uri"),
    ({"uri": "sip:bob@example.com"}, 400, "3261-22.4-3: but not made for somebody else"),
    ({"password": "b"}, 401, "3261-22.4-5: a wrong password"),
    ({"algorithm": Algorithm.MD5, "named": "SHA-256"}, 401, "8760-2.6-2: too short for SHA-256"),
    ({"named": "MD5"}, 401, "8760-2.6-2: too long for MD5"),
    ({"algorithm": Algorithm.SHA_512_256}, 401, "8760-2.6-3: an algorithm that is off"),
    ({"named": "SHA-256-sess"}, 401, "a session variant is not offered"),
]


@pytest.mark.parametrize("changes, status", [r[:2] for r in TAKEN], ids=[r[2] for r in TAKEN])
def test_what_is_taken(begin: Begin, changes: dict[str, object], status: int) -> None:
    play = begin(PASSWORDS)
    row = proof(nonce_for(play, "SUBSCRIBE"), "SUBSCRIBE", **changes)  # type: ignore[arg-type]
    rows = ["Expires: 0", "Accept: application/pidf+xml", row]
    [first, *_] = play.stage.tell_raw("alice", asks("SUBSCRIBE", 2, *rows), play.now)
    answer = read(first)
    assert isinstance(answer, Response)
    assert answer.status == status
    if status == 401:
        assert not any(row.is_stale for row in challenges(answer))


BASIC = "Authorization: Basic YWxpY2U6YQ=="


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(BASIC, id="3261-22.4-1: Basic, and the password is right"),
        pytest.param("Authorization: NoOneKnowsThisScheme opaque=here", id="regaut01.dat"),
        pytest.param("Authorization: Digest", id="a Digest of nothing"),
    ],
)
def test_nothing_but_digest_is_taken_or_offered(begin: Begin, row: str) -> None:
    answer = told(begin(PASSWORDS), asks("PUBLISH", 1, row))
    assert all(row.startswith("Digest ") for row in answer.headers["www-authenticate"])
    assert answer.status == 401


def test_a_count_in_another_form_is_no_answer(begin: Begin) -> None:
    """3261-22.4-2: eight digits."""
    play = begin(PASSWORDS)
    row = proof(nonce_for(play), "PUBLISH").replace("nc=00000001", "nc=1")
    assert told(play, asks("PUBLISH", 2, row)).status == 401


def test_auth_int_covers_the_body_and_an_empty_one_is_the_empty_text(begin: Begin) -> None:
    """3261-22.4-4."""
    play = begin(PASSWORDS)
    nonce, body = nonce_for(play), document(ALICE, "open")
    whole = proof(nonce, "PUBLISH", qop=Protection.AUTH_INT, body=body)
    published = told(play, asks("PUBLISH", 2, whole, body=body))
    assert published.status == 200
    tag = f"SIP-If-Match: {published.headers['sip-etag'][0]}"
    empty = proof(nonce, "PUBLISH", qop=Protection.AUTH_INT, count=2)
    assert told(play, asks("PUBLISH", 3, tag, empty)).status == 200
    changed = body.replace(b"open", b"closed")
    other = proof(nonce, "PUBLISH", qop=Protection.AUTH_INT, count=3, body=body)
    assert told(play, asks("PUBLISH", 4, other, body=changed)).status == 401


def test_the_cseq_goes_up_with_the_credentials(begin: Begin) -> None:
    """3261-22.2-2: one that does not is served all the same, as nothing of the first is kept."""
    play = begin(PASSWORDS)
    nonce = nonce_for(play)
    rows = [proof(nonce, "PUBLISH", count=count) for count in (1, 2)]
    body = document(ALICE, "open")
    assert told(play, asks("PUBLISH", 2, rows[0], body=body)).status == 200
    again = asks("PUBLISH", 1, rows[1], body=body, branch="another")
    assert told(play, again).status in (200, 482)


def test_a_replay_is_refused_and_told_that_the_nonce_is_over(begin: Begin) -> None:
    """3261-22.4-6, SEC-6665-6.4-1: the same answer on another transaction."""
    play = begin(PASSWORDS)
    row, body = proof(nonce_for(play), "PUBLISH"), document(ALICE, "open")
    assert told(play, asks("PUBLISH", 2, row, body=body)).status == 200
    again = told(play, asks("PUBLISH", 3, row, body=body))
    assert all(row.is_stale for row in challenges(again))


def test_an_old_nonce_is_stale_for_who_knows_the_password_alone(begin: Begin) -> None:
    """3261-22.4-5."""
    play = begin(PASSWORDS)
    nonce = nonce_for(play)
    play.play("301 s pass")
    right = told(play, asks("PUBLISH", 2, proof(nonce, "PUBLISH")))
    wrong = told(play, asks("PUBLISH", 3, proof(nonce, "PUBLISH", password="x")))
    assert [row.is_stale for row in challenges(right)] == [True, True]
    assert [row.is_stale for row in challenges(wrong)] == [False, False]
    assert challenges(right)[0].nonce != nonce


@pytest.mark.parametrize("method", ["CANCEL", "ACK"])
def test_cancel_and_ack_are_never_challenged(begin: Begin, method: str) -> None:
    """3261-22.1-1, 3261-8.2.7-1: of a request that was challenged nothing is kept."""
    play = begin(PASSWORDS)
    told(play, asks("SUBSCRIBE", 1))
    sent = play.stage.tell_raw("alice", asks(method, 1, branch="SUBSCRIBE1"), play.now)
    assert [packet.split()[1] for packet in sent] == ([b"481"] if method == "CANCEL" else [])


def test_the_same_request_is_challenged_by_the_same_tag(begin: Begin) -> None:
    """3261-8.2.7-1: stateless, with a To tag that can be made again."""
    play = begin(PASSWORDS)
    answers = [told(play, asks("SUBSCRIBE", 1)) for _ in range(3)]
    assert len({answer.headers["to"][0] for answer in answers}) == 1
    assert {answer.status for answer in answers} == {401}


def test_a_flood_that_proves_nothing_leaves_nothing_behind(begin: Begin) -> None:
    """3261-26.3.2.4-1, SEC-6665-6.3-1: each gets one challenge, and never another by itself."""
    play = begin(PASSWORDS)
    endpoint = play.stage.node.endpoint
    before = len(endpoint._servers)  # noqa: SLF001 - it is memory, and shows nowhere
    for number in range(200):
        assert told(play, asks("SUBSCRIBE", number)).status == 401
    assert len(endpoint._servers) == before  # noqa: SLF001
    play.play("100 s pass")


def test_challenges_to_an_address_that_may_be_forged_have_a_bound(begin: Begin) -> None:
    """SEC-6665-6.3-1: they are longer than what they answer; who is honest asks again."""
    play = begin(PASSWORDS)
    sent = [
        play.stage.tell_raw("alice", asks("SUBSCRIBE", number), play.now) for number in range(300)
    ]
    assert [len(packets) for packets in sent] == [1] * 250 + [0] * 50
    assert told(play, asks("SUBSCRIBE", 1, user="bob"), "bob").status == 401
    play.play("1 s pass")
    assert told(play, asks("SUBSCRIBE", 299)).status == 401


# --- who exists ------------------------------------------------------------------------------

HASH = re.compile(
    r'nonce="[^"]*"|tag=\w+|CSeq: \d+|branch=\w+|Call-ID: \S+|(alice|bob|nobody|eve00|carol)'
)


def shape(packet: bytes) -> str:
    """What of an answer does not differ from one request to the next."""
    return HASH.sub("", packet.decode())


def count_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []
    calculate = Algorithm.hash

    def counted(self: Algorithm, octets: bytes) -> str:
        done.append(self.token)
        return calculate(self, octets)

    monkeypatch.setattr(Algorithm, "hash", counted)
    return done


@pytest.mark.parametrize("algorithm", [Algorithm.SHA_256, Algorithm.MD5])
@pytest.mark.parametrize("method", ["PUBLISH", "SUBSCRIBE"])
def test_a_wrong_password_and_an_unknown_user_are_told_the_same_after_the_same_work(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, algorithm: Algorithm, method: str
) -> None:
    """3261-22.4-5: no hint whether somebody exists, by the answer or by the hashes calculated."""
    play = begin(PASSWORDS)
    nonce = nonce_for(play)
    shapes, work = set(), set()
    for number, (user, password) in enumerate(
        [("alice", "x"), ("nobody", "x"), ("nobody", ""), ("alice@example.com", "x")]
    ):
        row = proof(nonce, method, user=user, password=password, algorithm=algorithm)
        with monkeypatch.context() as patched:
            done = count_hashes(patched)
            [answer] = play.stage.tell_raw("bob", asks(method, number + 2, row), play.now)
        shapes.add(shape(answer))
        work.add(tuple(done))
    assert len(shapes) == len(work) == 1


ENUMERATED = """
    bob <- node 401
    bob -> node SUBSCRIBE to={who}
    bob <- node 200 Expires=600
    bob <- node NOTIFY state=pending basic=closed
    bob -> node 200
"""


@pytest.mark.parametrize("who", ["alice", "nobody", "carol"])
def test_where_privacy_is_on_nobody_learns_who_exists_or_has_blocked_him(
    begin: Begin, who: str
) -> None:
    """SEC-6665-6.2-1: unknown, undecided and blocking presentities answer alike."""
    play = begin({**PASSWORDS, "carol": "c"}, profile="private", rejection="silence")
    play.play("""
        operator -> node watchers_decide user=carol watcher=bob decision=reject
        operator <- node OK
    """)
    play.play(f"bob -> node SUBSCRIBE to={who}\n" + ENUMERATED.format(who=who))
    play.play(f"""
             40 s pass
        bob -> node SUBSCRIBE to={who}
        bob <- node 200 Expires=600
        bob <- node NOTIFY state=pending basic=closed
        bob -> node 200
    """)


def test_where_privacy_is_on_the_bytes_are_the_same_too(begin: Begin) -> None:
    """SEC-6665-6.2-1: code, headers and document; undecided, blocking and unknown (eve00)."""
    play = begin({**PASSWORDS, "carol": "c"}, profile="private", rejection="silence")
    play.play("""
        operator -> node watchers_decide user=carol watcher=bob decision=reject
        operator <- node OK
        bob      -> node SUBSCRIBE to=alice
        bob      <- node 401
    """)
    shapes = set()
    for who in ("alice", "carol", "eve00"):
        play.play(f"""
            bob -> node SUBSCRIBE to={who}
            bob <- node 200
            bob <- node NOTIFY    state=pending
            bob -> node 200
        """)
        shapes.add(tuple(map(shape, play.stage.peer("bob").heard[-2:])))
    assert len(shapes) == 1


def test_who_was_approved_is_told_when_he_is_rejected(begin: Begin) -> None:
    play = begin(PASSWORDS, profile="private", rejection="silence")
    play.play("""
        operator -> node watchers_decide user=alice watcher=bob decision=allow
        operator <- node OK
        bob      -> node SUBSCRIBE
        bob      <- node 401
        bob      -> node SUBSCRIBE
        bob      <- node 200
        bob      <- node NOTIFY    state=active
        bob      -> node 200
        operator -> node watchers_decide user=alice watcher=bob decision=reject
        operator <- node OK
        bob      <- node NOTIFY    state=terminated reason=rejected
        bob      -> node 200
    """)


@pytest.mark.parametrize("method", ["PUBLISH", "REGISTER"])
@pytest.mark.parametrize("who", ["alice", "nobody"])
def test_where_privacy_is_on_another_is_another_whether_he_exists_or_not(
    begin: Begin, method: str, who: str
) -> None:
    """SEC-3261-26.1.1-1, SEC-6665-6.2-1: 403 for what is another's, or nobody's."""
    begin(PASSWORDS, profile="private").play(f"""
        bob -> node {method} to={who}
        bob <- node 401
        bob -> node {method} to={who}
        bob <- node 403
    """)


def test_a_subscription_to_nobody_outlives_a_restart_where_privacy_is_on(begin: Begin) -> None:
    """SEC-6665-6.2-1: its end would tell; and once he exists he is asked."""
    play = begin(PASSWORDS, profile="private")
    play.play("bob -> node SUBSCRIBE to=nobody\n" + ENUMERATED.format(who="nobody"))
    play.play("""
        power    -> node OFF
        power    -> node ON
        bob      <- node NOTIFY state=pending
        bob      -> node 200
                 10 s pass
        operator -> node user_add user=nobody password=n
        operator <- node OK
        operator -> node watchers_decide user=nobody watcher=bob decision=allow
        operator <- node OK
        bob      <- node NOTIFY state=active
        bob      -> node 200
    """)


# --- identities (RFC 3325) ---------------------------------------------------------------------


def registered(begin: Begin) -> Play:
    play = begin(PASSWORDS)
    play.play("""
        bob -> node CONNECT
        bob -> node REGISTER
        bob <- node 401
        bob -> node REGISTER
        bob <- node 200
    """)
    play.stage.peer("bob")._session = None  # noqa: SLF001 - it shall prove nothing any more
    return play


def test_who_has_registered_by_this_connection_need_not_prove_it_again(begin: Begin) -> None:
    """RFC 3325 section 5: the connection is his, so what it asserts of him is believed."""
    registered(begin).play("""
        bob -> node SUBSCRIBE P-Asserted-Identity=<sip:bob@example.com>
        bob <- node 200
        bob <- node NOTIFY    state=active
        bob -> node 200
    """)


ASSERTED = [
    ("", "P-Asserted-Identity=<sip:alice@example.com>", "somebody else's"),
    ("", "P-Asserted-Identity=<sip:bob@elsewhere.net>", "of another domain"),
    ("", "P-Preferred-Identity=<sip:bob@example.com>", "only preferred"),
    (
        "bob -> node HANGUP\n bob -> node CONNECT",
        "P-Asserted-Identity=<sip:bob@example.com>",
        "by another connection",
    ),
    ("bob -> node HANGUP", "P-Asserted-Identity=<sip:bob@example.com>", "by a datagram"),
    ("601 s pass", "P-Asserted-Identity=<sip:bob@example.com>", "the registration has expired"),
]


@pytest.mark.parametrize("before, row", [r[:2] for r in ASSERTED], ids=[r[2] for r in ASSERTED])
def test_what_else_is_asserted_has_to_be_proved(begin: Begin, before: str, row: str) -> None:
    play = registered(begin)
    play.play(before)
    play.play(f"""
        bob -> node SUBSCRIBE {row}
        bob <- node 401
    """)


def test_a_proxy_asserts_nothing_by_the_connection_that_a_user_has_registered_by(
    begin: Begin,
) -> None:
    """A request with two hops is somebody else's, whoever registered by that way."""
    play = registered(begin)
    packet = asks(
        "SUBSCRIBE",
        7,
        "Via: SIP/2.0/TCP behind.example.net;branch=z9hG4bKx",
        "P-Asserted-Identity: <sip:bob@example.com>",
        user="bob",
    )
    assert told(play, packet, "bob").status == 401
