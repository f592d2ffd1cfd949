from __future__ import annotations

from hereabouts.presence.packages import PACKAGES


def test_each_package_is_listed_under_its_own_name() -> None:
    assert PACKAGES
    assert all(package.name == name for name, package in PACKAGES.items())


def test_presence_is_published_and_comes_as_pidf_first() -> None:
    """3856-6.5-1: the default when a watcher does not say."""
    presence = PACKAGES["presence"]
    assert presence.is_published
    assert presence.content_types[0] == "application/pidf+xml"
