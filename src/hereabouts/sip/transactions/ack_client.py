"""The ACK of a 2xx that is passed on, as if it were a transaction (:rfc:`3261#section-16.11`).

Nobody answers it and it is never repeated: it is there to be told of a way that is dead.
"""

from hereabouts.sip.transactions.machine import Do, Input, Kind, State, Table

# fmt: off
TABLE: Table = {
    (State.CALLING, Input.SEND_FAILED): (State.TERMINATED, (Do.TELL_FAILED,)),
    (State.CALLING, Input.GIVE_UP):     (State.TERMINATED, ()),
}
# fmt: on

ACK_CLIENT = Kind(
    name="ACK client",
    first=State.CALLING,
    table=TABLE,
    repeats_in=frozenset(),
    gives_up_in=frozenset({State.CALLING}),
)
"After 64 T1 nothing is heard of any way any more."
