"""The non-INVITE client transaction (:rfc:`3261#section-17.1.2`, figure 6).

Nobody is told of a 408 when no answer comes: none is made up (:rfc:`4320#section-4.2`).
"""

from hereabouts.sip.transactions.machine import Do, Input, Kind, State, Table

# fmt: off
TABLE: Table = {
    (State.TRYING,     Input.REPEAT):      (State.TRYING,     (Do.RESEND,)),
    (State.TRYING,     Input.GIVE_UP):     (State.TERMINATED, (Do.TELL_TIMEOUT,)),
    (State.TRYING,     Input.SEND_FAILED): (State.TERMINATED, (Do.TELL_FAILED,)),
    (State.TRYING,     Input.PROVISIONAL): (State.PROCEEDING, (Do.TELL_USER,)),
    (State.TRYING,     Input.SUCCESS):     (State.COMPLETED,  (Do.TELL_USER, Do.LINGER)),
    (State.TRYING,     Input.FAILURE):     (State.COMPLETED,  (Do.TELL_USER, Do.LINGER)),
    (State.PROCEEDING, Input.REPEAT):      (State.PROCEEDING, (Do.RESEND,)),
    (State.PROCEEDING, Input.GIVE_UP):     (State.TERMINATED, (Do.TELL_TIMEOUT,)),
    (State.PROCEEDING, Input.SEND_FAILED): (State.TERMINATED, (Do.TELL_FAILED,)),
    (State.PROCEEDING, Input.PROVISIONAL): (State.PROCEEDING, (Do.TELL_USER,)),
    (State.PROCEEDING, Input.SUCCESS):     (State.COMPLETED,  (Do.TELL_USER, Do.LINGER)),
    (State.PROCEEDING, Input.FAILURE):     (State.COMPLETED,  (Do.TELL_USER, Do.LINGER)),
    (State.COMPLETED,  Input.LINGER_OVER): (State.TERMINATED, ()),
}
# fmt: on

NON_INVITE_CLIENT = Kind(
    name="non-INVITE client",
    first=State.TRYING,
    table=TABLE,
    repeats_in=frozenset({State.TRYING, State.PROCEEDING}),
    gives_up_in=frozenset({State.TRYING, State.PROCEEDING}),
)
"Timers E (repeat), F (give up) and K (linger)."
