from __future__ import annotations

import pytest

from hereabouts.demo import scripts
from hereabouts.demo.office import tuesday
from hereabouts.policy.cpl.compiler import examine
from hereabouts.policy.cpl.finding import Code

SCRIPTS = {name: text for name, text in vars(scripts).items() if name.isupper()}

WARNED = {"WORKING_HOURS": {Code.REFRESH}}
"What the story of Tom tells: a refresh in the evening ends what was granted in the afternoon."


@pytest.mark.parametrize("name", list(SCRIPTS))
def test_each_is_a_policy_about_which_there_is_nothing_else_to_say(name: str) -> None:
    _, findings = examine(SCRIPTS[name].encode(), tuesday(9))
    assert {finding.code for finding in findings} == WARNED.get(name, set())
