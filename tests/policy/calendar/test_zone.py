from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Malformed
from hereabouts.policy.calendar.zone import MalformedTime, zone_named

KNOWN = [
    ("America/Toronto", "-0500", "a zone by its place"),
    ("Europe/Berlin", "+0100", "another"),
    ("America/Argentina/Buenos_Aires", "-0300", "three parts, and an underscore"),
    ("Etc/GMT+5", "-0500", "a plus sign; the sign is the wrong way round, and that is POSIX's"),
    ("UTC", "+0000", "no place at all"),
]


@pytest.mark.parametrize("name, offset", [row[:2] for row in KNOWN], ids=[row[2] for row in KNOWN])
def test_a_zone_is_found_by_its_name(name: str, offset: str) -> None:
    assert f"{datetime(2026, 1, 5, tzinfo=zone_named(name)):%z}" == offset


UNKNOWN = [
    ("", "nothing"),
    ("Mars/Olympus_Mons", "no such place"),
    ("america/toronto", "names keep their case: what one machine forgives, another does not"),
    ("America", "a folder of zones"),
    ("tzdata.zi", "a file that is not a zone"),
    ("../../etc/passwd", "a way out of the folder"),
    ("America/../Europe/Berlin", "a way round in the folder"),
    ("/America/Toronto", "RFC 3880 section 4.4: a registry of all the world, never set up"),
    ("/usr/share/zoneinfo/Europe/Berlin", "the path of a file"),
    ("Europe\\Berlin", "a path of another system"),
    ("Europe/Berlin\n", "a line that goes on"),
    ("Europe/\0Berlin", "a character that ends texts elsewhere"),
    ("right/Europe/Berlin", "leap seconds are counted in these: 27 s off all other clocks"),
    ("A" * 100_000, "longer than any name"),
]


@pytest.mark.parametrize("name", [row[0] for row in UNKNOWN], ids=[row[1] for row in UNKNOWN])
def test_what_is_no_zone_is_refused_with_a_remedy(name: str) -> None:
    """E-TZID."""
    with pytest.raises(MalformedTime, match="write a name of the tz database") as refused:
        zone_named(name)
    assert len(str(refused.value)) < 500


def test_a_zone_is_the_same_each_time() -> None:
    assert zone_named("Europe/Berlin") is zone_named("Europe/Berlin")


def test_a_wrong_zone_is_their_fault() -> None:
    assert issubclass(MalformedTime, Malformed)


@given(st.text())
def test_any_name_is_a_zone_or_refused(name: str) -> None:
    with suppress(MalformedTime):
        zone_named(name)


def test_a_machine_without_zones_has_those_of_the_package() -> None:
    """Containers and slim systems: tzdata is there for them."""
    asked = "from hereabouts.policy.calendar.zone import zone_named; zone_named('America/Toronto')"
    subprocess.run([sys.executable, "-c", asked], check=True, env={"PYTHONTZPATH": ""}, timeout=60)
