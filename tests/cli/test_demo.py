from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hereabouts.demo import STORIES
from hereabouts.demo.story import Act, DemoFailed, Remark, Story, Told
from hereabouts.net.clock import Clock
from tests.cli.command import PATIENCE, WIDTH, call, is_narrow, running


def test_the_demos_are_listed_with_their_titles(tmp_path: Path) -> None:
    told = call(tmp_path, "demo")
    assert (told.code, told.err) == (0, "")
    assert is_narrow(told.out)
    names = [line.split()[0] for line in told.out.splitlines()]
    assert names == [*(f"figure-3.{number}" for number in range(1, 8)), "tom", "alice"]
    assert all(len(line.split()) > 3 for line in told.out.splitlines())


def test_one_that_there_is_not_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    told = call(tmp_path, "demo", "figure-3.8")
    assert told.code == 1
    assert "there is no demo 'figure-3.8'; there are figure-3.1, " in told.err


@pytest.mark.parametrize("name", ["figure-3.1", "figure-3.3", "figure-3.6"])
def test_the_widest_are_drawn_for_a_terminal_of_the_usual_width(tmp_path: Path, name: str) -> None:
    told = call(tmp_path, "demo", name)
    assert (told.code, told.err) == (0, "")
    assert is_narrow(told.out)
    assert "because" in told.out
    assert list(tmp_path.iterdir()) == []


def test_two_can_be_played_at_once_and_what_is_piped_is_wide(tmp_path: Path) -> None:
    """As processes of their own, by addresses that both use."""
    playing = [running(tmp_path, "demo", "figure-3.3", variables={"COLUMNS": ""}) for _ in "ab"]
    with playing[0] as one, playing[1] as other:
        for each in (one, other):
            assert each.process.wait(PATIENCE) == 0
            each.end()
            assert each.err == []
            assert max(map(len, each.out)) > WIDTH
            assert "3.3/9 NOTIFY" in " ".join(each.out)


def test_one_that_cannot_go_on_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(_clock: Clock) -> AsyncIterator[Told]:
        yield Remark("So far so good.")
        raise DemoFailed("the demo stopped: NOTIFY (a, b) did not come within 20 s")

    broken = Story("broken", "A story", ("a", "b"), (Act(play),))
    monkeypatch.setitem(STORIES, "broken", broken)
    told = call(tmp_path, "demo", "broken")
    assert told.code == 1
    assert told.err == "hereabouts: the demo stopped: NOTIFY (a, b) did not come within 20 s\n"
    assert "So far so good." in told.out


def test_figure_3_7_is_drawn_for_a_terminal_of_the_usual_width(tmp_path: Path) -> None:
    told = call(tmp_path, "demo", "figure-3.7")
    assert (told.code, told.err) == (0, "")
    assert is_narrow(told.out)
    rungs = [line.strip("| ") for line in told.out.splitlines() if line.startswith(13 * " " + "|")]
    assert [label for label in rungs if label.strip("-<>|")] == [
        "registers (non-SIP)",
        "F1 SIP SUBSCRIBE",
        "F2 SIP 200 OK",
        "F3 SIP NOTIFY",
        "F4 SIP 200 OK",
        "updates (non-SIP)",
        "F5 SIP NOTIFY",
        "F6 SIP 200 OK",
    ]
    assert list(tmp_path.iterdir()) == []
