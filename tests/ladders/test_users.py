"""What becomes of a user's presence when the operator removes him."""

from __future__ import annotations

from hereabouts.presence.publication import KIND as PUBLICATION
from hereabouts.roles.build import finish
from hereabouts.roles.commands import Commands
from hereabouts.sip.domains import Domains
from hereabouts.sip.reader import read
from hereabouts.storage.far import FarStore
from tests.ladders.conftest import Begin, Play
from tests.ladders.script import Message, Note, Way

PASSWORDS = {"alice": "a", "bob": "b", "carol": "c"}


def publish(user: str) -> str:
    return f"""
        {user} -> node PUBLISH to={user} basic=open
        {user} <- node 401
        {user} -> node PUBLISH to={user} basic=open
        {user} <- node 200
    """


def watch(watcher: str, presentity: str, *, again: bool = False) -> str:
    challenge = f"""
        {watcher} -> node SUBSCRIBE to={presentity}
        {watcher} <- node 401
    """
    return f"""{"" if again else challenge}
        {watcher} -> node SUBSCRIBE to={presentity}
        {watcher} <- node 200
        {watcher} <- node NOTIFY state=active basic=open
        {watcher} -> node 200
    """


def no_resource(play: Play, watcher: str) -> None:
    """Have a watcher hear that there is no presentity any more, and answer 200."""
    fields = {"state": "terminated", "reason": "noresource", "basic": "closed", "says": "nothing"}
    step = Message(watcher, Way.TO_PEER, "node", Note("NOTIFY", fields))
    headers = read(play._next(step)).headers  # noqa: SLF001 - peers know no such reason
    names = ("via", "from", "to", "call-id", "cseq")
    rows = [f"{name}: {value}" for name in names for value in headers[name]]
    packet = "\r\n".join(["SIP/2.0 200 OK", *rows, "Content-Length: 0", "", ""])
    play.tell(watcher, packet.encode())


def all_watch(begin: Begin) -> Play:
    """Bob watches Alice, and she watches Carol."""
    play = begin(PASSWORDS)
    play.play(publish("alice") + publish("carol"))
    play.play(watch("bob", "alice") + watch("alice", "carol", again=True))
    return play


ALICE_IS_REJECTED = """
    alice <- node NOTIFY state=terminated reason=rejected basic=closed says=rejected
    alice -> node 200
"""


def test_subscriptions_to_and_by_a_user_end_when_he_is_removed(begin: Begin) -> None:
    """6665-4.1.3: he is no resource any more; and his next request is a stranger's."""
    play = all_watch(begin)
    play.begin_together("operator -> node user_remove user=alice")
    no_resource(play, "bob")
    play.play("operator <- node OK" + ALICE_IS_REJECTED)
    assert not play.stage.agent.notifier.deliveries
    play.play("""
        carol -> node PUBLISH   to=carol basic=closed
        carol <- node 200
        bob   -> node SUBSCRIBE to=alice dialog=new
        bob   <- node 404
              40 s pass
        alice -> node SUBSCRIBE to=carol dialog=new
        alice <- node 401
    """)


def test_many_watchers_are_told_of_the_end_whatever_conflicts(begin: Begin) -> None:
    """More than a handler is begun again for: each subscription ends by itself."""
    play = begin(PASSWORDS)
    play.play(publish("alice") + watch("bob", "alice"))
    for number in range(5):
        play.play(f"""
            bob -> node SUBSCRIBE dialog={number}
            bob <- node 200
            bob <- node NOTIFY
            bob -> node 200
        """)
    play.begin_together("operator -> node user_remove user=alice")
    for _ in range(6):
        no_resource(play, "bob")
    play.play("operator <- node OK")
    assert not play.stage.agent.notifier.deliveries


def test_the_next_of_the_name_inherits_nothing(begin: Begin) -> None:
    play = begin(PASSWORDS)
    play.play("""
        alice    -> node REGISTER
        alice    <- node 401
        alice    -> node REGISTER
        alice    <- node 200
        alice    -> node PUBLISH   basic=open
        alice    <- node 200
        operator -> node watchers_decide user=alice watcher=bob decision=reject
        operator <- node OK
        operator -> node user_remove user=alice
        operator <- node OK
        operator -> node user_add user=alice password=other
        operator <- node OK
        bob      -> node SUBSCRIBE
        bob      <- node 401
        bob      -> node SUBSCRIBE
        bob      <- node 200
        bob      <- node NOTIFY    state=active basic=closed says=nothing
        bob      -> node 200
    """)


def test_what_was_under_way_when_a_user_was_removed_is_erased_too(begin: Begin) -> None:
    """A PUBLISH that was let in may be stored once what had been there is erased."""
    play = begin(PASSWORDS)
    play.play("""
        alice    -> node SUBSCRIBE   to=carol
        alice    <- node 401
    """)
    play.begin_together("""
        alice    -> node PUBLISH     basic=closed
        operator -> node user_remove user=alice
    """)
    changes = play.stage.backing.store.changes(0, lambda *_: None)
    assert not [key for key, entry, _ in changes if entry is not None and key[0] == PUBLICATION]


def test_a_subscription_under_way_when_its_presentity_is_removed_ends_too(begin: Begin) -> None:
    play = begin(PASSWORDS)
    play.play("""
        bob      -> node SUBSCRIBE   to=carol
        bob      <- node 401
    """)
    play.begin_together("""
        bob      -> node SUBSCRIBE   to=alice
        operator -> node user_remove user=alice
    """)
    for delivery in play.stage.agent.notifier.deliveries.values():
        assert delivery.subscription.is_over


def remove_alice(play: Play) -> None:
    """Do it on the store, as the command does when no server runs."""
    store = play.stage.backing.store
    near = store.near if isinstance(store, FarStore) else store
    commands = Commands(near, Domains(("example.com",)), "example.com")
    line = b'{"command": "user remove", "user": "alice"}'
    assert b"ok" in finish(commands.answer(line, play.now))


def test_who_was_removed_while_no_server_ran_is_found_out_at_the_start(begin: Begin) -> None:
    """They are told of the end, and of nothing that they were still owed."""
    play = all_watch(begin)
    play.play("power -> node OFF")
    remove_alice(play)
    play.begin_together("power -> node ON")
    no_resource(play, "bob")
    play.play(ALICE_IS_REJECTED)
    assert not play.stage.agent.notifier.deliveries
    play.play("10 s pass")


def test_what_ended_before_a_restart_is_not_ended_twice(begin: Begin) -> None:
    play = all_watch(begin)
    play.begin_together("operator -> node user_remove user=alice")
    play.begin_together("power -> node OFF")
    play.play("""
        bob      x- node NOTIFY reason=noresource
        operator <- node OK
        alice    x- node NOTIFY reason=rejected
    """)
    play.begin_together("power -> node ON")
    no_resource(play, "bob")
    play.play(ALICE_IS_REJECTED)
    play.play("70 s pass")
    assert play.stage.agent.settlement.watermark > 0


def test_where_everybody_is_believed_nobody_is_missed(begin: Begin) -> None:
    """Without authentication the users count for nothing, and neither does their absence."""
    play = begin()
    play.play("""
        operator -> node user_add    user=alice password=a
        operator <- node OK
        bob      -> node SUBSCRIBE   Expires=600
        bob      <- node 200
        bob      <- node NOTIFY      state=active
        bob      -> node 200
                 10 s pass
        operator -> node user_remove user=alice
        operator <- node OK
        power    -> node OFF
        power    -> node ON
                 10 s pass
        alice    -> node PUBLISH     basic=open
        alice    <- node 200
        bob      <- node NOTIFY      state=active basic=open
        bob      -> node 200
    """)
