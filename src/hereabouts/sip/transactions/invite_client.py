"""The INVITE client transaction (:rfc:`3261#section-17.1.1`, mended by :rfc:`6026#section-8.4`)."""

from hereabouts.sip.transactions.machine import Do, Input, Kind, State, Table

REFUSED = (Do.ACKNOWLEDGE, Do.TELL_USER, Do.LINGER)
"What the first 3xx to 6xx asks for."

# fmt: off
TABLE: Table = {
    (State.CALLING,    Input.REPEAT):      (State.CALLING,    (Do.RESEND,)),
    (State.CALLING,    Input.GIVE_UP):     (State.TERMINATED, (Do.TELL_TIMEOUT,)),
    (State.CALLING,    Input.SEND_FAILED): (State.TERMINATED, (Do.TELL_FAILED,)),
    (State.CALLING,    Input.PROVISIONAL): (State.PROCEEDING, (Do.TELL_USER,)),
    (State.CALLING,    Input.SUCCESS):     (State.ACCEPTED,   (Do.TELL_USER, Do.LINGER)),
    (State.CALLING,    Input.FAILURE):     (State.COMPLETED,  REFUSED),
    (State.PROCEEDING, Input.PROVISIONAL): (State.PROCEEDING, (Do.TELL_USER,)),
    (State.PROCEEDING, Input.SUCCESS):     (State.ACCEPTED,   (Do.TELL_USER, Do.LINGER)),
    (State.PROCEEDING, Input.FAILURE):     (State.COMPLETED,  REFUSED),
    (State.ACCEPTED,   Input.SUCCESS):     (State.ACCEPTED,   (Do.TELL_USER,)),
    (State.ACCEPTED,   Input.LINGER_OVER): (State.TERMINATED, ()),
    (State.COMPLETED,  Input.FAILURE):     (State.COMPLETED,  (Do.ACKNOWLEDGE,)),
    (State.COMPLETED,  Input.SEND_FAILED): (State.TERMINATED, (Do.TELL_FAILED,)),
    (State.COMPLETED,  Input.LINGER_OVER): (State.TERMINATED, ()),
}
# fmt: on

INVITE_CLIENT = Kind(
    name="INVITE client",
    first=State.CALLING,
    table=TABLE,
    repeats_in=frozenset({State.CALLING}),
    gives_up_in=frozenset({State.CALLING}),
    doubles_forever=True,
)
"Timers A (repeat), B (give up), D and M (linger)."
