"""The non-INVITE server transaction (:rfc:`3261#section-17.2.2`, figure 8).

What cannot be sent does not end it: retransmissions stay absorbed (:rfc:`6026#section-8.8`).
"""

from hereabouts.sip.transactions.machine import Do, Input, Kind, State, Table

# fmt: off
TABLE: Table = {
    (State.TRYING,     Input.PROVISIONAL):   (State.PROCEEDING, (Do.SEND,)),
    (State.TRYING,     Input.SUCCESS):       (State.COMPLETED,  (Do.SEND, Do.LINGER)),
    (State.TRYING,     Input.FAILURE):       (State.COMPLETED,  (Do.SEND, Do.LINGER)),
    (State.PROCEEDING, Input.REQUEST_AGAIN): (State.PROCEEDING, (Do.RESEND,)),
    (State.PROCEEDING, Input.PROVISIONAL):   (State.PROCEEDING, (Do.SEND,)),
    (State.PROCEEDING, Input.SUCCESS):       (State.COMPLETED,  (Do.SEND, Do.LINGER)),
    (State.PROCEEDING, Input.FAILURE):       (State.COMPLETED,  (Do.SEND, Do.LINGER)),
    (State.PROCEEDING, Input.SEND_FAILED):   (State.PROCEEDING, (Do.TELL_FAILED,)),
    (State.COMPLETED,  Input.REQUEST_AGAIN): (State.COMPLETED,  (Do.RESEND,)),
    (State.COMPLETED,  Input.LINGER_OVER):   (State.TERMINATED, ()),
    (State.COMPLETED,  Input.SEND_FAILED):   (State.COMPLETED,  (Do.TELL_FAILED,)),
}
# fmt: on

NON_INVITE_SERVER = Kind(
    name="non-INVITE server",
    first=State.TRYING,
    table=TABLE,
    repeats_in=frozenset(),
    gives_up_in=frozenset(),
)
"Timer J (linger)."
