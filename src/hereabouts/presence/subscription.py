"""Subscriptions: their states as a table, and the record of one (:rfc:`6665#section-4.2`)."""

from __future__ import annotations

from enum import IntEnum, auto

from hereabouts.base.units import Timestamp
from hereabouts.presence.questions import Decision
from hereabouts.presence.terms import Terms
from hereabouts.sip.dialog import Dialog
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.event import Substate
from hereabouts.storage.interface import Record

KIND = "subscription"


class Standing(IntEnum):
    """How a subscription stands, and so what its watcher is shown."""

    NONE = 0
    "There is no subscription yet."
    ACTIVE = auto()
    "Sees the presentity's document."
    POLITE = auto()
    "Active in every outward respect; sees the blank document (polite-block)."
    PENDING = auto()
    "Waits for approval; sees a blank document that says so."
    ENDED = auto()
    "Over; sees the presentity's document a last time."
    ENDED_BLANK = auto()
    "Over for one who saw the blank document, or whose presentity is gone."
    REJECTED = auto()
    "Over; sees a blank document that says so."


class Happening(IntEnum):
    """What can happen to a subscription."""

    ALLOWED = auto()
    CONFIRMATION_NEEDED = auto()
    POLITELY_BLOCKED = auto()
    REJECTED = auto()
    TIMED_OUT = auto()
    "It expired, the watcher ended it, or only fetched."
    GONE = auto()
    "The presentity is a user no more."
    HANDED_OVER = auto()
    "The presentity is served by an agent of its own from now on."


ANSWERED = {
    Decision.ALLOW: Happening.ALLOWED,
    Decision.CONFIRM: Happening.CONFIRMATION_NEEDED,
    Decision.POLITE_BLOCK: Happening.POLITELY_BLOCKED,
    Decision.REJECT: Happening.REJECTED,
}
"What a decision means for a subscription."

# A pair that is absent changes nothing: nothing more happens to what is over.
# fmt: off
TABLE: dict[tuple[Standing, Happening], Standing] = {
    (Standing.NONE,    Happening.ALLOWED):             Standing.ACTIVE,
    (Standing.NONE,    Happening.POLITELY_BLOCKED):    Standing.POLITE,
    (Standing.NONE,    Happening.CONFIRMATION_NEEDED): Standing.PENDING,
    (Standing.NONE,    Happening.REJECTED):            Standing.REJECTED,
    (Standing.ACTIVE,  Happening.POLITELY_BLOCKED):    Standing.POLITE,
    (Standing.ACTIVE,  Happening.CONFIRMATION_NEEDED): Standing.PENDING,
    (Standing.ACTIVE,  Happening.REJECTED):            Standing.REJECTED,
    (Standing.ACTIVE,  Happening.TIMED_OUT):           Standing.ENDED,
    (Standing.ACTIVE,  Happening.GONE):                Standing.ENDED_BLANK,
    (Standing.ACTIVE,  Happening.HANDED_OVER):         Standing.ENDED,
    (Standing.POLITE,  Happening.ALLOWED):             Standing.ACTIVE,
    (Standing.POLITE,  Happening.CONFIRMATION_NEEDED): Standing.PENDING,
    (Standing.POLITE,  Happening.REJECTED):            Standing.REJECTED,
    (Standing.POLITE,  Happening.TIMED_OUT):           Standing.ENDED_BLANK,
    (Standing.POLITE,  Happening.GONE):                Standing.ENDED_BLANK,
    (Standing.POLITE,  Happening.HANDED_OVER):         Standing.ENDED_BLANK,
    (Standing.PENDING, Happening.ALLOWED):             Standing.ACTIVE,
    (Standing.PENDING, Happening.POLITELY_BLOCKED):    Standing.POLITE,
    (Standing.PENDING, Happening.REJECTED):            Standing.REJECTED,
    (Standing.PENDING, Happening.TIMED_OUT):           Standing.ENDED_BLANK,
    (Standing.PENDING, Happening.GONE):                Standing.ENDED_BLANK,
    (Standing.PENDING, Happening.HANDED_OVER):         Standing.ENDED_BLANK,
}
# fmt: on


def after(standing: Standing, happening: Happening) -> Standing:
    """How a subscription stands after something happened to it."""
    return TABLE.get((standing, happening), standing)


SUBSTATES = {
    Standing.ACTIVE: Substate.ACTIVE.value,
    Standing.POLITE: Substate.ACTIVE.value,
    Standing.PENDING: Substate.PENDING.value,
}
"What the watcher is told of how he stands, in a word; all others are terminated."


class Subscription(Record, frozen=True, gc=False, kw_only=True):
    """One watcher's subscription to one presentity, in one dialog. Its id is our tag."""

    presentity: str
    watcher: str
    "The identity that subscribed, an address-of-record."
    event: str
    "The Event header of its NOTIFYs."
    content_type: str
    standing: Standing
    dialog: Dialog
    flow: Flow
    "Where NOTIFYs go."
    cseq: int
    "The CSeq of the last NOTIFY when the record was written."
    boots: int
    "How often the node had started when the record was written."
    lifetime: int
    "The lifetime last granted, in seconds."
    request: str
    "What names the SUBSCRIBE that last changed it."
    is_gone: bool = False
    "Whether it is over because the presentity is a user no more."
    is_handed_over: bool = False
    "Whether it is over because the presentity's own agent serves it from now on."
    terms: Terms | None = None
    "What rules have set for it; `None`: nothing."

    @property
    def is_over(self) -> bool:
        """Whether it is terminated, and only its last NOTIFY is still to be answered."""
        return self.standing not in SUBSTATES

    @property
    def state(self) -> str:
        """How it stands, in the words of :rfc:`3857#section-4.7.1`."""
        return SUBSTATES.get(self.standing, "terminated")

    def state_value(self, now: Timestamp) -> str:
        """The Subscription-State header of a NOTIFY sent now."""
        substate = SUBSTATES.get(self.standing)
        if substate is None:
            return f"terminated;reason={self.reason}"
        # A thousandth forgives what floating point lost; time left is never rounded up otherwise.
        # Nor is it ever negative: while the disk fails, a subscription cannot end in time.
        return f"{substate};expires={max(0, int(self.expires_at - now + 0.001))}"

    @property
    def reason(self) -> str:
        """Why it is over (:rfc:`6665#section-4.1.3`), once it is."""
        if self.is_gone:
            return "noresource"
        if self.is_handed_over:
            return "deactivated"
        return "rejected" if self.standing is Standing.REJECTED else "timeout"


CSEQ_JUMP = 2**20
"How far a restart may have left the CSeq of a dialog behind: more NOTIFYs than one run sends."


def restored_cseq(subscription: Subscription, boots: int) -> int:
    """A CSeq that is ahead of every one that a former run may have sent (`design: durability`)."""
    return (subscription.cseq + (boots - subscription.boots) * CSEQ_JUMP) % 2**31
