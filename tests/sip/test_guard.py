"""Who sent a request, and who exists: with authentication and without."""

from __future__ import annotations

import pytest

from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.roles.build import finish
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.authentication_session import AuthenticationSession
from hereabouts.sip.credentials import new_user
from hereabouts.sip.digest import (
    Authenticator,
    ProxyAuthenticationRequired,
    Unauthorized,
)
from hereabouts.sip.domains import Domains
from hereabouts.sip.guard import USERS, Guard, NotFound
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.nonces import Nonces
from hereabouts.sip.trust import Trust
from hereabouts.storage.memory import MemoryStore
from tests.sip.driven import Counted, Driven
from tests.sip.packets import UDP, request

NOW = Moment(Instant(1000.0), Timestamp(1_800_000_000.0))
DOMAINS = Domains(("example.com", "example.org"), frozenset({"192.0.2.1"}))


def incoming(sender: str, *rows: str) -> Incoming:
    """A request from `sender` as the engine delivers it."""
    engine = Driven()
    rows_by_name = dict(row.split(": ", 1) for row in rows)
    engine.receive(request("SUBSCRIBE", rows={"From": f"{sender};tag=1", **rows_by_name}))
    return engine.delivered[0]


def guard(*, is_open: bool = False) -> Guard:
    """A guard who knows alice of both domains, and bob of the first."""
    store = MemoryStore()
    for name, domain in (
        ("alice", "example.com"),
        ("alice", "example.org"),
        ("bob", "example.com"),
    ):
        user = new_user(name, "example.com", f"{name} of {domain}", domain=domain)
        finish(store.put((USERS, domain, name), user, None))
    ids = Counted()
    authenticator = Authenticator("example.com", Nonces(b"k" * 32, ids), ids)
    return Guard(store, DOMAINS, None if is_open else authenticator)


def challenge(held: Guard, sender: str) -> list[str]:
    """The challenges that a request without credentials is answered with."""
    with pytest.raises(Unauthorized) as refused:
        finish(held.identify(incoming(sender), NOW))
    return [value for _, value in refused.value.headers()]


def proof(rows: list[str], name: str, password: str, uri: str = "sip:bob@example.com") -> str:
    """The Authorization row that answers these challenges."""
    session = AuthenticationSession(name, password, Counted())
    session.challenged(rows)
    return f"Authorization: {session.answer('SUBSCRIBE', uri)}"


IDENTITIES = [
    ("<sip:alice@example.com>", "alice", "alice of example.com", "sip:alice@example.com"),
    ("<sip:alice@example.org>", "alice", "alice of example.org", "sip:alice@example.org"),
    ("<sip:alice@192.0.2.1>", "alice", "alice of example.com", "sip:alice@example.com"),
    ("<sip:someone@elsewhere.net>", "bob", "bob of example.com", "sip:bob@example.com"),
    ("<tel:+358501234>", "bob", "bob of example.com", "sip:bob@example.com"),
]


@pytest.mark.parametrize("sender, name, password, identity", IDENTITIES)
def test_who_proves_himself_is_whom_he_proves_to_be(
    sender: str, name: str, password: str, identity: str
) -> None:
    """3856-6.6.1-1: the identity is the one authenticated, whatever From claims."""
    held = guard()
    shown = proof(challenge(held, sender), name, password)
    assert finish(held.identify(incoming(sender, shown), NOW)) == identity


def test_another_domains_password_proves_nothing_here() -> None:
    held = guard()
    sender = "<sip:alice@example.com>"
    shown = proof(challenge(held, sender), "alice", "alice of example.org")
    with pytest.raises(Unauthorized):
        finish(held.identify(incoming(sender, shown), NOW))


def test_credentials_are_good_for_one_request() -> None:
    """3903-14.3-1: the second time they are a replay."""
    held = guard()
    sender = "<sip:bob@example.com>"
    shown = proof(challenge(held, sender), "bob", "bob of example.com")
    finish(held.identify(incoming(sender, shown), NOW))
    with pytest.raises(Unauthorized):
        finish(held.identify(incoming(sender, shown), NOW))


def test_a_handler_that_begins_again_is_not_a_replay() -> None:
    """A conflict in the store has nothing to do with who asks."""
    held = guard()
    sender = "<sip:bob@example.com>"
    asked = incoming(sender, proof(challenge(held, sender), "bob", "bob of example.com"))
    assert finish(held.identify(asked, NOW)) == finish(held.identify(asked, NOW))


BELIEVED = [
    ("<sip:alice@example.com>", "sip:alice@example.com", "as it stands"),
    ("<sip:alice@192.0.2.1:5070>", "sip:alice@example.com", "another name of the domain"),
    ("<sip:eve@elsewhere.net;transport=tcp>", "sip:eve@elsewhere.net", "a stranger"),
    ("<tel:+358501234>", "tel:+358501234", "no SIP address at all"),
]


@pytest.mark.parametrize("sender, identity, why", BELIEVED)
def test_without_authentication_from_is_the_identity(sender: str, identity: str, why: str) -> None:
    assert finish(guard(is_open=True).identify(incoming(sender), NOW)) == identity, why


MEANT = [
    ("sip:bob@example.com", "meant", "the Request-URI itself"),
    ("sip:bob@example.com:5060;transport=tcp", "meant", "the same address, said longer"),
    ("sip:bob@192.0.2.1", "meant", "another name of the domain"),
    ("sip:example.com", "meant", "the domain alone"),
    ("sip:192.0.2.1:5060", "meant", "our address alone, as SIPp writes it"),
    ("sip:carol@example.com", "other", "somebody else"),
    ("sip:bob@example.org", "other", "his namesake"),
    ("sip:elsewhere.net", "other", "another server"),
    ("nothing at all", "other", "no URI"),
]


@pytest.mark.parametrize("uri, outcome, why", MEANT)
def test_credentials_are_for_the_one_they_were_made_for(uri: str, outcome: str, why: str) -> None:
    """RFC 7616 section 3.4.6; 3261-22.4-3 leaves open how strictly."""
    held = guard()
    sender = "<sip:bob@example.com>"
    shown = proof(challenge(held, sender), "bob", "bob of example.com", uri)
    if outcome == "meant":
        assert finish(held.identify(incoming(sender, shown), NOW)) == "sip:bob@example.com", why
    else:
        with pytest.raises(BadRequest):
            finish(held.identify(incoming(sender, shown), NOW))


def test_only_users_exist() -> None:
    held = guard()
    finish(held.check_exists("sip:bob@example.com", NOW))
    for nobody in ("sip:eve@example.com", "sip:bob@example.org", "sip:example.com"):
        with pytest.raises(NotFound):
            finish(held.check_exists(nobody, NOW))


def test_without_authentication_everybody_exists_who_has_a_name() -> None:
    held = guard(is_open=True)
    finish(held.check_exists("sip:anybody@example.com", NOW))
    with pytest.raises(NotFound):
        finish(held.check_exists("sip:example.com", NOW))


def test_whom_a_peer_vouches_for_need_not_prove_anything() -> None:
    """RFC 3325 section 5; and not in the place of somebody of another domain."""
    held = guard()
    held.trust = Trust({UDP.host: frozenset({"b.example"})})
    bob = "P-Asserted-Identity: <sip:bob@b.example>"
    assert finish(held.identify(incoming("<sip:x@y>", bob), NOW)) == "sip:bob@b.example"
    alice = "P-Asserted-Identity: <sip:alice@example.com>"
    with pytest.raises(Unauthorized):
        finish(held.identify(incoming("<sip:alice@example.com>", alice), NOW))


def test_a_proxy_asks_for_a_proof_of_its_own() -> None:
    """3261-22.2-1: 407; what is shown to it as a server's is good too, as many phones do so."""
    held, alice = guard(), "<sip:alice@example.com>"
    with pytest.raises(ProxyAuthenticationRequired) as refused:
        finish(held.identify(incoming(alice), NOW, is_passing=True))
    assert refused.value.status == 407
    assert {name for name, _ in refused.value.headers()} == {"Proxy-Authenticate"}
    shown = proof(list(refused.value.challenges), "alice", "alice of example.com")
    proved = incoming(alice, f"Proxy-{shown}")
    assert finish(held.identify(proved, NOW, is_passing=True)) == "sip:alice@example.com"
