from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.policy import stored
from hereabouts.policy.stored import StoredPolicy
from hereabouts.presence import publication, relay
from hereabouts.presence.publication import Publication
from hereabouts.presence.subscription import KIND, Standing, Subscription
from hereabouts.roles.build import finish
from hereabouts.roles.commands import OWNED, Commands
from hereabouts.roles.conductor import Conductor
from hereabouts.roles.decisions import Decided, Decisions
from hereabouts.sip import registrar
from hereabouts.sip.dialog import Dialog
from hereabouts.sip.domains import Domains
from hereabouts.sip.flow import Flow
from hereabouts.sip.registrar import EVER, Bindings
from hereabouts.storage.far import FarStore
from hereabouts.storage.memory import MemoryStore
from tests.presence.test_relay import begun

NOW = Moment(Instant(1.0), Timestamp(1000.0))
DOMAINS = Domains(("example.com", "example.org"), frozenset({"192.0.2.1"}))


class Office:
    def __init__(self) -> None:
        self.store = MemoryStore()
        self.decisions = Decisions()
        self.commands = Commands(self.store, DOMAINS, "example.com", self.decisions)

    def say(self, line: bytes) -> dict[str, Any]:
        reply = finish(self.commands.answer(line, NOW))
        assert reply.endswith(b"\n")
        return msgspec.json.decode(reply, type=dict[str, Any])

    def ask(self, name: str, **arguments: object) -> dict[str, Any]:
        return self.say(msgspec.json.encode({"command": name, **arguments}))


def test_ping_says_which_domains_there_are() -> None:
    assert Office().ask("ping") == {"ok": {"domains": ["example.com", "example.org"]}}


def test_users_come_and_go() -> None:
    office = Office()
    assert office.ask("user add", user="alice", password="a") == {"ok": "alice@example.com"}
    assert office.ask("user add", user="bob@example.org", password="b")["ok"] == "bob@example.org"
    assert office.ask("user list")["ok"] == ["alice@example.com", "bob@example.org"]
    assert office.ask("user remove", user="alice") == {"ok": "alice@example.com"}
    assert office.ask("user list")["ok"] == ["bob@example.org"]


def test_a_password_is_replaced_only_when_that_is_said() -> None:
    office = Office()
    office.ask("user add", user="alice", password="a")
    assert "--replace" in office.ask("user add", user="alice", password="b")["error"]
    assert "ok" in office.ask("user add", user="alice", password="b", replace=True)


def test_who_is_removed_leaves_nothing_to_the_next_of_his_name() -> None:
    office = Office()
    for user in ("alice", "bob"):
        office.ask("user add", user=user, password="a")
        office.ask("presence set", user=user)
        office.ask("watchers decide", user=user, watcher="carol", decision="allow")
        office.ask("presentities add", user=user, presentity="carol")
        address = f"sip:{user}@example.com"
        finish(office.store.put((registrar.KIND, address, ""), Bindings(), None))
        policy = StoredPolicy(name="none", script=b"<cpl/>")
        finish(office.store.put((stored.KIND, address, "none"), policy, None))
        relayed = begun(From=f"<{address}>;tag=1")
        finish(office.store.put((relay.KIND, address, "token"), relayed, None))
    expired = Publication(Timestamp(NOW.timestamp - 1))
    finish(office.store.put((publication.KIND, "sip:alice@example.com", "old"), expired, None))
    assert "ok" in office.ask("user remove", user="alice")
    assert left(office, "alice") == dict.fromkeys(OWNED, 0)
    assert left(office, "bob") == dict.fromkeys(OWNED, 1)


def left(office: Office, user: str) -> dict[str, int]:
    """How many records a user has, by kind; such as have expired too."""
    address = f"sip:{user}@example.com"
    return {kind: len(finish(office.store.under(kind, address, EVER))) for kind in OWNED}


def test_somebody_is_removed_whatever_conflicts() -> None:
    """Begun again after each conflict, the command finds its own work half done."""
    office = Office()
    office.ask("user add", user="alice", password="a")
    office.ask("presence set", user="alice")
    far = FarStore(office.store)
    far.inject_conflicts(100)
    replies: list[bytes] = []
    conductor = Conductor()

    async def remove() -> None:
        line = b'{"command": "user remove", "user": "alice"}'
        replies.append(await Commands(far, DOMAINS, "example.com").answer(line, NOW))

    conductor.run("control", remove, lambda fault: pytest.fail(str(fault)))
    far.resume_all()
    assert replies == [b'{"ok":"alice@example.com"}\n']
    assert left(office, "alice") == dict.fromkeys(OWNED, 0)


VERIFIED = [
    ("alice", "right", "sip:alice@example.com", "his name alone"),
    ("alice@example.com", "right", "sip:alice@example.com", "with his domain"),
    ("alice", "wrong", None, "another password"),
    ("bob", "right", None, "nobody of that name"),
    ("nobody", "nothing", None, "nobody is nobody"),
]


@pytest.mark.parametrize(
    "user, password, address", [row[:3] for row in VERIFIED], ids=[row[3] for row in VERIFIED]
)
def test_whose_password_it_is(user: str, password: str, address: str | None) -> None:
    office = Office()
    office.ask("user add", user="alice", password="right")
    assert office.ask("user verify", user=user, password=password) == {"ok": address}


NAMES = [
    ("alice", "alice@example.com", "a name alone is of the first domain"),
    ("alice@example.org", "alice@example.org", "a name and a domain"),
    ("sip:alice@example.com", "alice@example.com", "an address"),
    ("alice@EXAMPLE.com", "alice@example.com", "a domain in capitals"),
    ("alice@192.0.2.1", "alice@example.com", "an address that means the first domain"),
]


@pytest.mark.parametrize("said, meant", [row[:2] for row in NAMES], ids=[row[2] for row in NAMES])
def test_whom_an_operator_means(said: str, meant: str) -> None:
    assert Office().ask("user add", user=said, password="a") == {"ok": meant}


REFUSED = [
    (b"{}", "no command", "nothing is asked"),
    (b'{"command": "fly"}', "no command", "an unknown command"),
    (b"not json", "", "not JSON"),
    (b"[]", "", "JSON, and no object"),
    (b'{"command": "\x80"}', "", "JSON, and no UTF-8"),
    (b'{"command":' + b"[" * 60_000, "", "deeper than anybody reads"),
    (b'{"command": "user add"}', "'user add' needs 'user'", "an argument is missing"),
    (b'{"command": "policy put", "id": "a"}', "needs 'owner'", "a policy without an owner"),
    (b'{"command": "user add", "user": "a@b.c", "password": "p"}', "not served", "not ours"),
    (b'{"command": "user add", "user": "", "password": "p"}', "", "nobody"),
    (b'{"command": "user remove", "user": "alice"}', "no user", "nobody of that name"),
    (b'{"command": "presence set", "user": "alice", "basic": "x"}', "open or closed", "no basic"),
    (
        b'{"command": "watchers decide", "user": "a", "watcher": "b", "decision": "maybe"}',
        "allow, confirm, polite-block, reject",
        "no decision",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    "line, says", [row[:2] for row in REFUSED], ids=[row[2] for row in REFUSED]
)
def test_what_cannot_be_done_is_an_error_that_says_why(line: bytes, says: str) -> None:
    assert says in Office().say(line)["error"]


@given(st.binary() | st.dictionaries(st.text(), st.text()).map(msgspec.json.encode))
def test_anything_at_all_has_a_reply(line: bytes) -> None:
    reply = Office().say(line)
    assert reply.keys() in ({"ok"}, {"error", "status"}, {"error", "status", "findings"})


def test_presence_can_be_set_by_other_means_than_sip() -> None:
    """The thesis' non-SIP registration (figure 3.7)."""
    office = Office()
    reply = office.ask("presence set", user="alice", basic="closed", note="at lunch")
    assert reply["ok"] == {"presentity": "sip:alice@example.com", "basic": "closed"}
    (entry,) = finish(
        office.store.under("publication", "sip:alice@example.com", NOW.timestamp)
    ).values()
    assert b"at lunch" in entry.record.body
    assert "ok" in office.ask("presence set", user="alice", basic="open")


def subscribe(office: Office, watcher: str, standing: Standing) -> None:
    record = Subscription(
        Timestamp(1600.0),
        presentity="sip:alice@example.com",
        watcher=watcher,
        event="presence",
        content_type="application/pidf+xml",
        standing=standing,
        dialog=Dialog("To: a\r\nFrom: b\r\nCall-ID: c\r\n", "sip:bob@192.0.2.2", 1),
        flow=Flow("UDP", "192.0.2.2", 5060, "192.0.2.1:5060"),
        cseq=1,
        boots=1,
        lifetime=600,
        request="first",
    )
    finish(office.store.put((KIND, record.presentity, watcher), record, None))


def test_watchers_are_listed_with_what_they_see_and_what_was_decided() -> None:
    office = Office()
    subscribe(office, "sip:bob@example.com", Standing.PENDING)
    subscribe(office, "sip:eve@example.com", Standing.POLITE)
    subscribe(office, "sip:old@example.com", Standing.ENDED)
    decided = office.ask("watchers decide", user="alice", watcher="eve", decision="polite-block")
    assert decided == {"ok": {"watcher": "sip:eve@example.com", "decision": "polite-block"}}
    listed = office.ask("watchers list", user="alice")["ok"]
    assert listed["watchers"] == [
        {
            "watcher": "sip:bob@example.com",
            "state": "pending",
            "sees": "pending",
            "expires_in": 600,
        },
        {"watcher": "sip:eve@example.com", "state": "active", "sees": "polite", "expires_in": 600},
    ]
    assert listed["decisions"] == {"sip:eve@example.com": "polite-block"}


WHOSE = [
    ("alice", "bob", "", "a user of ours"),
    ("alice", "bob@example.net", "", "a stranger may watch"),
    ("alcie", "bob", "there is no user alcie@example.com", "a name that is misspelt"),
    ("alice@example.net", "bob", "example.net is not served here", "a presentity of others"),
    ("alice@example.org", "bob", "", "of a domain without users, where everybody is served"),
]


@pytest.mark.parametrize(
    "user, watcher, says", [row[:3] for row in WHOSE], ids=[row[3] for row in WHOSE]
)
def test_about_whose_watchers_something_is_decided(user: str, watcher: str, says: str) -> None:
    office = Office()
    office.ask("user add", user="alice", password="a")
    reply = office.ask("watchers decide", user=user, watcher=watcher, decision="allow")
    assert ("ok" in reply) == (not says)
    assert says in reply.get("error", "")


def test_a_decision_can_be_changed() -> None:
    office = Office()
    for decision in ("reject", "allow"):
        office.ask("watchers decide", user="alice", watcher="bob", decision=decision)
    listed = office.ask("watchers list", user="alice")["ok"]
    assert listed["decisions"] == {"sip:bob@example.com": "allow"}


DECIDED = Decided(
    at=Timestamp(1000.0),
    point="incoming-subscription",
    presentity="sip:tom@example.com",
    watcher="sip:bob@example.com",
    decision="reject",
    because="Rejected (403) because it is late.",
    policy="office hours",
)


def test_an_owner_is_told_what_was_decided_and_why() -> None:
    office = Office()
    office.decisions.add("sip:tom@example.com", DECIDED)
    found = office.ask("policy decisions", user="tom")["ok"]
    assert found["owner"] == "sip:tom@example.com"
    assert found["decisions"] == [msgspec.structs.asdict(DECIDED)]
    assert office.ask("policy decisions", user="alice")["ok"]["decisions"] == []


def test_without_a_server_nobody_knows_what_was_decided() -> None:
    commands = Commands(MemoryStore(), DOMAINS, "example.com")
    line = msgspec.json.encode({"command": "policy decisions", "user": "tom"})
    assert b"none is running" in finish(commands.answer(line, NOW))
