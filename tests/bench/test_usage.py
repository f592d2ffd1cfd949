from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bench.usage import family_of, parent_in, proportional_set_size, usage_of


@pytest.mark.parametrize(
    "stat, parent, why",
    [
        ("17 (kamailio) S 4 17 17 0 -1", 4, "an ordinary line"),
        ("17 (a b) (c) S 5 17 17 0 -1", 5, "a name with spaces and brackets"),
        ("17 () 1) R 6 17 17 0 -1", 6, "a name that looks like the end of a name"),
    ],
)
def test_the_parent_is_read_whatever_the_program_is_called(
    stat: str, parent: int, why: str
) -> None:
    assert parent_in(stat) == parent, why


def test_a_family_is_children_and_their_children_and_nobody_else() -> None:
    parents = {2: 1, 3: 1, 10: 2, 11: 2, 12: 10, 20: 3}
    assert sorted(family_of(2, parents)) == [2, 10, 11, 12]


def test_memory_is_read_in_bytes() -> None:
    assert (
        proportional_set_size("00-ff ---p\nRss:  90 kB\nPss:    17 kB\nPss_Anon: 4 kB\n") == 17408
    )


def test_memory_that_is_not_told_is_an_error() -> None:
    with pytest.raises(ValueError, match="no Pss"):
        proportional_set_size("Rss: 90 kB\n")


def test_the_usage_of_a_process_includes_its_children() -> None:
    alone = usage_of(os.getpid())
    waiting = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin
        assert child.stdout
        child.stdout.readline()
        own = usage_of(child.pid)
        both = usage_of(os.getpid())
        child.stdin.close()
    assert own.cpu_seconds > 0
    assert both.cpu_seconds >= alone.cpu_seconds + own.cpu_seconds
