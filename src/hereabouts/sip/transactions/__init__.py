"""The four SIP transactions as tables (:rfc:`3261#section-17`), and the ACK that is none."""

from hereabouts.native.choice import messages as native
from hereabouts.sip.transactions.ack_client import ACK_CLIENT
from hereabouts.sip.transactions.invite_client import INVITE_CLIENT
from hereabouts.sip.transactions.invite_server import INVITE_SERVER
from hereabouts.sip.transactions.machine import State
from hereabouts.sip.transactions.non_invite_client import NON_INVITE_CLIENT
from hereabouts.sip.transactions.non_invite_server import NON_INVITE_SERVER

__all__ = [
    "ACK_CLIENT",
    "INVITE_CLIENT",
    "INVITE_SERVER",
    "NON_INVITE_CLIENT",
    "NON_INVITE_SERVER",
]

if native is not None:
    native.learn_kinds(NON_INVITE_SERVER, NON_INVITE_CLIENT, State.TRYING, State.COMPLETED)
