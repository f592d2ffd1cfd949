"""The library face: a presence server to embed, and agents that publish and watch."""

from hereabouts.client.server import CommandFailed, Server

__all__ = ["CommandFailed", "Server"]
