"""The feature by which a registered contact is known as its user's own presence agent."""

from __future__ import annotations

from hereabouts.sip.parameters import Parameters

PRESENCE_AGENT = "+u.urn'uuid'0b9a7c52-5d0e-4c1e-9f3a-6a1de1c2f7b4"
"""The Contact parameter of a presentities' agent beside its devices (:rfc:`3840#section-9`).

Only who means it says it: a phone that happens to understand SUBSCRIBE is no agent. It stands in
the tree of feature tags that are URIs, which nobody need register, with `'` for each colon."""


def is_presence_agent(parameters: Parameters) -> bool:
    """Whether a Contact with these parameters is its user's presence agent."""
    return PRESENCE_AGENT in parameters
