"""One switch with one output, asked."""

from __future__ import annotations

from hereabouts.policy.cpl.compiler import compile_script
from hereabouts.policy.cpl.evaluator import Evaluation, evaluate
from hereabouts.policy.decision import Operation
from hereabouts.policy.facts import Facts
from tests.policy.samples import NOW, incoming


def ask(switch: str, output: str, known: Facts) -> Evaluation:
    """What comes of a switch that allows what its output fits, and confirms what is absent."""
    name = switch.split(maxsplit=1)[0]
    script = incoming(
        f"<{switch}><{output}><p:allow/></{output.split(maxsplit=1)[0]}>"
        f"<not-present><p:confirm/></not-present>"
        f'<otherwise><reject status="403"/></otherwise></{name}>'
    )
    return evaluate(compile_script(script.encode()), known, NOW, "p")


FITS = Operation.ALLOW
ABSENT = Operation.CONFIRM
DIFFERS = Operation.REJECT
