from __future__ import annotations

from hereabouts.policy.actions.confirm import CONFIRM
from hereabouts.policy.cpl.finding import Code
from hereabouts.policy.decision import Parameters
from tests.policy.actions.reading import read_operation


def test_an_answer_is_waited_for_as_long_as_is_said() -> None:
    assert read_operation(CONFIRM) == (Parameters(), [])
    assert read_operation(CONFIRM, giveup="P7D") == (Parameters(giveup=604_800), [])
    assert read_operation(CONFIRM, giveup="soon")[1] == [Code.ATTRIBUTE]
    assert read_operation(CONFIRM, timeout="PT1H")[1] == [Code.ATTRIBUTE]


def test_the_trace_tells_how_long() -> None:
    assert CONFIRM.show(Parameters()) == ""
    assert CONFIRM.show(Parameters(giveup=60)) == "giveup after 60 s"
