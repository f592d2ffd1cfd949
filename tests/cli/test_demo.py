from __future__ import annotations

from pathlib import Path

from tests.cli.command import call, is_narrow


def test_the_demos_are_listed(tmp_path: Path) -> None:
    told = call(tmp_path, "demo")
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("figure-3.7  ")


def test_figure_3_7_is_drawn_for_a_terminal_of_the_usual_width(tmp_path: Path) -> None:
    told = call(tmp_path, "demo", "figure-3.7")
    assert (told.code, told.err) == (0, "")
    assert is_narrow(told.out)
    rungs = [line.strip("| ") for line in told.out.splitlines() if line.startswith(14 * " " + "|")]
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
