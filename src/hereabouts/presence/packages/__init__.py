"""The event packages, one a file; this is their table of contents."""

from hereabouts.presence.packages.package import Package
from hereabouts.presence.packages.presence import PRESENCE

PACKAGES: dict[str, Package] = {package.name: package for package in (PRESENCE,)}
"By the name that the Event header gives."

__all__ = ["PACKAGES", "PRESENCE", "Package"]
