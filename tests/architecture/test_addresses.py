"""The project stands on any machine: it names no folder and no registry of a particular one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.addresses import addresses, project_files

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout: git lists the files")
def test_no_file_names_a_machine_path_or_a_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {address}"
        for path in project_files(ROOT)
        for line, address in addresses(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not found, "\n".join(found)


# Written in two pieces, or this file would be found too.
NAMED = [
    ("see /" + "work/shared/design.md", "a folder of one machine"),
    ("'/" + "root'", "a home, and nothing behind it"),
    ("path = /" + "tmp/x", "a folder that is shared with others"),
    ("cd /" + "home/alice/src", "a person's own folder"),
    ("https://pypi" + ".org/simple", "the registry itself"),
    ("files.python" + "hosted.org", "where its files are"),
    ("--index-url" + " https://mirror.example.com", "a mirror, whatever it is called"),
]


@pytest.mark.parametrize("text", [row[0] for row in NAMED], ids=[row[1] for row in NAMED])
def test_an_address_is_found(text: str) -> None:
    assert [line for line, _ in addresses(f"first line\n{text}\n")] == [2]


HARMLESS = [
    ("sip:alice@example.com/work", "the end of something longer"),
    ("at home/" + "work/elsewhere", "a choice between words"),
    ("http://xcap.example.com/" + "root/users", "the path of an address"),
    ("/etc/hereabouts.toml", "a folder every machine has"),
    ("/proc/self/stat", "another one"),
    ("a copyist's work", "a word"),
]


@pytest.mark.parametrize("text", [row[0] for row in HARMLESS], ids=[row[1] for row in HARMLESS])
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert list(addresses(text)) == []
