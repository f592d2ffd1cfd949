"""The switches, one a file; this is their table of contents."""

from hereabouts.policy.cpl.element import Name
from hereabouts.policy.switches.address import ADDRESS
from hereabouts.policy.switches.subscription import SUBSCRIPTION
from hereabouts.policy.switches.switch import AnySwitch, SwitchKind
from hereabouts.policy.switches.time import TIME

SWITCHES: dict[Name, AnySwitch] = {kind.name: kind for kind in (ADDRESS, TIME, SUBSCRIPTION)}
"By the element that asks."

__all__ = ["SWITCHES", "AnySwitch", "SwitchKind"]
