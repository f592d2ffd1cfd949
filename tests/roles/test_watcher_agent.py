"""A watcher's agent, under the rules of its watcher."""

from __future__ import annotations

from hereabouts.presence.questions import Kind, Trigger
from tests.roles.watching_stage import begin

WATCHED = """
    list    -> agent ADD       presentity=bob
    server  <- agent SUBSCRIBE call=1 Expires=1000
    server  -> agent 200       Expires=1000
    server  -> agent NOTIFY    state=active expires=1000 note=one
    server  <- agent 200
"""

SHOWN = f"""
    {WATCHED}
    watcher <- agent DISPLAYED presentity=bob state=active note=one
"""

TWO = """
    server  -> agent NOTIFY    state=active note=two
    server  <- agent 200
"""

REJECTED = """
    rules   -> agent SUBSCRIBING decision=reject because=no
    list    -> agent ADD         presentity=bob
    watcher <- agent DISPLAYED   state=terminated
"""


def test_what_is_listed_is_watched_and_shown() -> None:
    """Figures 3.2 and 3.4, without rules."""
    ladder, stage = begin()
    ladder.play(f"""
        {SHOWN}
        {TWO}
        watcher <- agent DISPLAYED note=two
        {TWO}
                850 s pass
        server  <- agent SUBSCRIBE call=1 Expires=1000
        server  -> agent 200       Expires=1000
        list    -> agent REMOVE    presentity=bob
        server  <- agent SUBSCRIBE call=1 Expires=0
        server  -> agent 200       Expires=0
        server  -> agent NOTIFY    state=terminated reason=timeout
        server  <- agent 200
                5000 s pass
    """)
    assert stage.rows() == []


def test_a_subscribe_that_his_rules_reject_does_not_leave_and_the_reason_is_shown() -> None:
    """Steps 1-1 to 1-4 of figure 3.2."""
    ladder, stage = begin()
    ladder.play("""
        rules   -> agent SUBSCRIBING decision=reject because=never-on-Sundays
        list    -> agent ADD         presentity=bob
        watcher <- agent DISPLAYED   state=terminated reason=403-never-on-Sundays note=none
                299 s pass
    """)
    assert stage.withheld() == "never-on-Sundays"
    [question] = stage.rules.asked
    assert (question.state, question.presentity) == ("init", "sip:bob@example.com")
    assert question.asked is not None
    assert (question.asked.kind, question.asked.expires) == (Kind.INITIAL, 1000)


def test_a_rule_that_rejects_is_asked_again_after_a_while() -> None:
    ladder, stage = begin()
    ladder.play(f"""
        {REJECTED}
                299 s pass
        rules   -> agent SUBSCRIBING decision=allow
                1 s pass
        server  <- agent SUBSCRIBE   call=1
        server  -> agent 200         Expires=1000
        server  -> agent NOTIFY      state=active expires=1000 note=one
        server  <- agent 200
        watcher <- agent DISPLAYED   state=active note=one
    """)
    assert stage.withheld() == ""


def test_a_rule_that_holds_for_a_time_is_asked_again_when_it_is_over() -> None:
    ladder, _ = begin()
    ladder.play("""
        rules   -> agent SUBSCRIBING decision=reject because=no valid=60
        list    -> agent ADD         presentity=bob
        watcher <- agent DISPLAYED   state=terminated
        rules   -> agent SUBSCRIBING decision=allow
                60 s pass
        server  <- agent SUBSCRIBE   call=1
    """)


def test_a_rule_that_changes_is_asked_again_at_once() -> None:
    ladder, _ = begin()
    ladder.play(f"""
        {REJECTED}
        rules   -> agent NONE
        rules   -> agent CHANGED
        server  <- agent SUBSCRIBE   call=1
    """)


def test_a_rule_that_begins_to_reject_ends_the_subscription() -> None:
    ladder, stage = begin()
    ladder.play(f"""
        {SHOWN}
        rules   -> agent SUBSCRIBING decision=reject because=enough
        rules   -> agent CHANGED
        server  <- agent SUBSCRIBE   call=1 Expires=0
        server  -> agent 200         Expires=0
        server  -> agent NOTIFY      state=terminated reason=timeout note=one
        server  <- agent 200
        watcher <- agent DISPLAYED   state=terminated reason=timeout
    """)
    assert stage.withheld() == "enough"
    assert stage.rules.asked[0].state == "active"


def test_a_refresh_that_is_rejected_ends_the_subscription_too() -> None:
    ladder, stage = begin()
    ladder.play(f"""
        {SHOWN}
        rules   -> agent SUBSCRIBING decision=confirm because=ask-me
                850 s pass
        server  <- agent SUBSCRIBE   call=1 Expires=0
    """)
    asked = stage.rules.asked[0].asked
    assert asked is not None
    assert asked.kind is Kind.REFRESH


def test_what_time_alone_forbids_ends_when_its_time_has_come() -> None:
    ladder, _ = begin()
    ladder.play("""
        rules   -> agent SUBSCRIBING decision=allow valid=100
        list    -> agent ADD         presentity=bob
        server  <- agent SUBSCRIBE   call=1 Expires=1000
        server  -> agent 200         Expires=1000
        server  -> agent NOTIFY      state=active expires=1000 note=one
        server  <- agent 200
        watcher <- agent DISPLAYED   note=one
        rules   -> agent SUBSCRIBING decision=reject because=after-hours
                100 s pass
        server  <- agent SUBSCRIBE   call=1 Expires=0
    """)


def test_a_rule_can_shorten_what_is_asked_for() -> None:
    ladder, _ = begin()
    ladder.play("""
        rules   -> agent SUBSCRIBING decision=allow expires=100
        list    -> agent ADD         presentity=bob
        server  <- agent SUBSCRIBE   call=1 Expires=100
    """)


def test_a_rule_can_slow_down_what_he_is_shown() -> None:
    ladder, stage = begin()
    ladder.play(f"""
        rules   -> agent SUBSCRIBING decision=allow interval=600 because=calmly
        {SHOWN}
                10 s pass
        {TWO}
                580 s pass
    """)
    assert stage.withheld() == "calmly"
    ladder.play("""
                10 s pass
        watcher <- agent DISPLAYED note=two
    """)


def test_what_his_rules_suppress_is_not_shown() -> None:
    """Steps 11-1 to 11-4 of figure 3.4."""
    ladder, stage = begin()
    ladder.play(f"""
        {SHOWN}
        rules   -> agent SHOWING   handling=suppress because=busy
        {TWO}
    """)
    assert stage.withheld() == "busy"
    [question] = stage.rules.to_show
    assert (question.trigger, question.state, question.since_last) == (Trigger.UPDATE, "active", 0)
    ladder.play("""
        rules   -> agent SHOWING   handling=deliver
        server  -> agent NOTIFY    state=active note=three
        server  <- agent 200
        watcher <- agent DISPLAYED note=three
    """)
    assert stage.withheld() == ""


def test_what_is_suppressed_for_a_time_is_shown_after_it() -> None:
    ladder, _ = begin()
    ladder.play(f"""
        {SHOWN}
        rules   -> agent SHOWING   handling=suppress because=busy valid=60
        {TWO}
        rules   -> agent SHOWING   handling=deliver
                60 s pass
        watcher <- agent DISPLAYED note=two
    """)


def test_an_answer_that_holds_for_no_time_is_asked_for_again_soon() -> None:
    ladder, _ = begin()
    ladder.play(f"""
        {SHOWN}
        rules   -> agent SHOWING   handling=suppress because=silent valid=0
        {TWO}
        rules   -> agent NONE
                9 s pass
                1 s pass
        watcher <- agent DISPLAYED note=two
    """)


def test_at_a_slow_pace_the_newest_is_shown_at_the_end_of_the_interval() -> None:
    ladder, stage = begin()
    ladder.play(f"""
        rules   -> agent SHOWING   handling=deliver interval=600 because=slowly
        {SHOWN}
                10 s pass
        {TWO}
                10 s pass
        server  -> agent NOTIFY    state=active note=three
        server  <- agent 200
    """)
    assert stage.withheld() == "slowly"
    ladder.play("""
                579 s pass
                1 s pass
        watcher <- agent DISPLAYED note=three
    """)


def test_what_is_deferred_is_shown_later_unless_the_rules_say_otherwise_then() -> None:
    ladder, _ = begin()
    ladder.play(f"""
        {SHOWN}
        rules   -> agent SHOWING   handling=defer defer=30 because=later
        {TWO}
                20 s pass
        rules   -> agent SHOWING   handling=deliver
                10 s pass
        watcher <- agent DISPLAYED note=two
    """)


def test_a_change_of_rules_shows_at_once_what_was_kept() -> None:
    ladder, stage = begin()
    ladder.play(f"""
        {SHOWN}
        rules   -> agent SHOWING   handling=suppress because=busy
        {TWO}
        rules   -> agent SHOWING   handling=deliver
        rules   -> agent CHANGED
        watcher <- agent DISPLAYED note=two
    """)
    assert stage.rules.to_show[-1].trigger is Trigger.POLICY


def test_an_end_is_shown_with_what_was_shown_before() -> None:
    ladder, _ = begin()
    ladder.play(f"""
        {SHOWN}
        rules   -> agent SHOWING   handling=suppress because=busy
        server  -> agent NOTIFY    state=terminated reason=rejected note=secret
        server  <- agent 200
        watcher <- agent DISPLAYED state=terminated reason=rejected note=one
    """)


def test_a_rule_that_terminates_ends_the_subscription() -> None:
    ladder, stage = begin()
    ladder.play(f"""
        {SHOWN}
        rules   -> agent SHOWING   handling=terminate because=enough
        server  -> agent NOTIFY    state=active note=two
        server  <- agent SUBSCRIBE call=1 Expires=0
        server  <- agent 200
    """)
    assert stage.withheld() == "enough"


def test_a_presentity_that_rejects_is_asked_again_after_an_hour() -> None:
    ladder, _ = begin()
    ladder.play(f"""
        {SHOWN}
        server  -> agent NOTIFY    state=terminated reason=rejected
        server  <- agent 200
        watcher <- agent DISPLAYED state=terminated reason=rejected
                3599 s pass
                1 s pass
        server  <- agent SUBSCRIBE call=2
    """)


def test_an_answer_to_a_subscribe_is_shown_whatever_the_rules_about_notifications() -> None:
    ladder, _ = begin()
    ladder.play("""
        rules   -> agent SHOWING   handling=suppress because=busy
        list    -> agent ADD       presentity=bob
        server  <- agent SUBSCRIBE call=1
        server  -> agent 404
        watcher <- agent DISPLAYED state=terminated reason=404-Not-Found
    """)
