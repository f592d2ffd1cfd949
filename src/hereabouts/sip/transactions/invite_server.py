"""The INVITE server transaction (:rfc:`3261#section-17.2.1`, mended by :rfc:`6026#section-7.1`)."""

from hereabouts.sip.transactions.machine import Do, Input, Kind, State, Table

# fmt: off
TABLE: Table = {
    (State.PROCEEDING, Input.REQUEST_AGAIN): (State.PROCEEDING, (Do.RESEND,)),
    (State.PROCEEDING, Input.PROVISIONAL):   (State.PROCEEDING, (Do.SEND,)),
    (State.PROCEEDING, Input.SUCCESS):       (State.ACCEPTED,   (Do.SEND, Do.LINGER)),
    (State.PROCEEDING, Input.FAILURE):       (State.COMPLETED,  (Do.SEND,)),
    (State.PROCEEDING, Input.SEND_FAILED):   (State.PROCEEDING, (Do.TELL_FAILED,)),
    (State.ACCEPTED,   Input.ACK):           (State.ACCEPTED,   (Do.TELL_USER,)),
    (State.ACCEPTED,   Input.SUCCESS):       (State.ACCEPTED,   (Do.SEND,)),
    (State.ACCEPTED,   Input.SEND_FAILED):   (State.ACCEPTED,   (Do.TELL_FAILED,)),
    (State.ACCEPTED,   Input.LINGER_OVER):   (State.TERMINATED, ()),
    (State.COMPLETED,  Input.REQUEST_AGAIN): (State.COMPLETED,  (Do.RESEND,)),
    (State.COMPLETED,  Input.REPEAT):        (State.COMPLETED,  (Do.RESEND,)),
    (State.COMPLETED,  Input.ACK):           (State.CONFIRMED,  (Do.LINGER,)),
    (State.COMPLETED,  Input.GIVE_UP):       (State.TERMINATED, (Do.TELL_FAILED,)),
    (State.COMPLETED,  Input.SEND_FAILED):   (State.COMPLETED,  (Do.TELL_FAILED,)),
    (State.CONFIRMED,  Input.LINGER_OVER):   (State.TERMINATED, ()),
}
# fmt: on

INVITE_SERVER = Kind(
    name="INVITE server",
    first=State.PROCEEDING,
    table=TABLE,
    repeats_in=frozenset({State.COMPLETED}),
    gives_up_in=frozenset({State.COMPLETED}),
)
"Timers G (repeat), H (give up), I and L (linger)."
