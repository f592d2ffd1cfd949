"""The library face: presence servers to embed, and agents that publish and watch."""

from hereabouts.client.agent import Agent, AgentSettings, publish, watch
from hereabouts.client.edge import Edge
from hereabouts.client.failure import AgentFailed, Refused, Unanswered, WrongPassword
from hereabouts.client.following import follow
from hereabouts.client.presence import Presence
from hereabouts.client.server import CommandFailed, Server
from hereabouts.client.watchlist import ListFile, watch_listed

__all__ = [
    "Agent",
    "AgentFailed",
    "AgentSettings",
    "CommandFailed",
    "Edge",
    "ListFile",
    "Presence",
    "Refused",
    "Server",
    "Unanswered",
    "WrongPassword",
    "follow",
    "publish",
    "watch",
    "watch_listed",
]
