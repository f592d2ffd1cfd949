"""Hereabouts: a SIP presence system, as a server, as commands and as a library."""

__version__ = "0.1.0"
