"""The presence package (:rfc:`3856#section-6`)."""

from hereabouts.presence.packages.package import Package
from hereabouts.presence.pidf.document import CONTENT_TYPES

PRESENCE = Package(name="presence", content_types=CONTENT_TYPES, is_published=True)
