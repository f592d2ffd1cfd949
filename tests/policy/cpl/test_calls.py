"""What calls have in CPL: the examples of RFC 3880, section 12, and what is checked of a node."""

from __future__ import annotations

from pathlib import Path

import pytest

from hereabouts.policy.cpl.compiler import compile_script, examine
from hereabouts.policy.cpl.finding import Code, MalformedScript
from hereabouts.policy.point import Call
from tests.policy.samples import NOW, cpl
from tests.policy.schema import faults

FIGURES = {path.stem: path.read_bytes() for path in (Path(__file__).parent / "rfc3880").iterdir()}

# Figure 28 has an element, 29 an attribute of a namespace that only its writer knows.
FOREIGN = {"figure-28": (Code.NAMESPACE, 10), "figure-29": (Code.NAMESPACE, 8)}


def test_the_figures_are_all_there() -> None:
    assert sorted(FIGURES) == [f"figure-{number}" for number in range(19, 31)]


@pytest.mark.parametrize("name", sorted(FIGURES.keys() - FOREIGN.keys()))
def test_an_example_of_the_rfc_is_accepted_as_it_stands(name: str) -> None:
    script, findings = examine(FIGURES[name], NOW)
    assert findings == ()
    assert script.points == ()
    assert {start.action for start in script.starts} <= set(Call)
    assert script.starts


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_an_extension_that_is_not_known_is_refused(name: str) -> None:
    """RFC 3880 section 11: a server must."""
    with pytest.raises(MalformedScript) as refused:
        compile_script(FIGURES[name])
    assert FOREIGN[name] in [(each.code, each.line) for each in refused.value.findings]


def incoming(inside: str) -> str:
    return cpl(f"<incoming>\n{inside}\n</incoming>")


# fmt: off
ACCEPTED = [
    (('<string-switch field="subject"><string is="a"/><string contains="b"/><not-present/>'
     "<otherwise/></string-switch>"), "a switch of texts"),
    ('<language-switch><language matches="es-MX"/></language-switch>', "of languages"),
    ('<priority-switch><priority greater="Urgent"/><priority equal="any"/></priority-switch>',
     "of priorities, whose case does not count"),
    ('<location url="tel:+358-9-555" priority="0.5" clear="yes"><proxy/></location>', "a location"),
    ('<lookup source="registration"><success><proxy/></success><failure/></lookup>', "a lookup"),
    ('<remove-location location="sip:a@h"><remove-location/></remove-location>', "its removal"),
    (('<proxy timeout="10" recurse="no" ordering="first-only"><busy><redirect/></busy><noanswer/>'
     "<redirection/><default/></proxy>"), "a proxy with all that may come of it"),
    ('<redirect permanent="yes"/>', "a redirection"),
    ('<mail url="mailto:a@h?subject=b"><log name="c" comment="d"/></mail>', "mail and log"),
]

REFUSED = [
    (Code.ATTRIBUTE, '<string-switch field="body"/>', "a field that is not one"),
    (Code.ATTRIBUTE, "<string-switch/>", "no field"),
    (Code.OPERATOR, '<string-switch field="subject"><string/></string-switch>', "no operator"),
    (Code.OPERATOR, '<string-switch field="subject"><string is="a" contains="b"/></string-switch>',
     "two operators"),
    (Code.ATTRIBUTE, '<priority-switch><priority less="low"/></priority-switch>', "no priority"),
    (Code.ATTRIBUTE, '<language-switch><language matches="*"/></language-switch>', "not a tag"),
    (Code.OUTPUT, '<language-switch><string is="a"/></language-switch>', "another's output"),
    (Code.OTHERWISE_LAST, "<language-switch><otherwise/><not-present/></language-switch>",
     "the order of outputs"),
    (Code.ATTRIBUTE, "<location/>", "no URL"),
    (Code.URI, '<location url="there"/>', "a URL that is none"),
    (Code.ATTRIBUTE, '<location url="sip:a@h" priority="2"/>', "above the highest priority"),
    (Code.ATTRIBUTE, '<lookup source=""/>', "no source"),
    (Code.OUTPUT, '<lookup source="a"><busy/></lookup>', "what comes of a proxy only"),
    (Code.ATTRIBUTE, '<proxy timeout="0"/>', "no time"),
    (Code.ATTRIBUTE, '<proxy ordering="random"/>', "no such order"),
    (Code.OUTPUT, "<proxy><busy/><busy/></proxy>", "one output twice"),
    (Code.ATTRIBUTE, '<proxy><busy a="b"/></proxy>', "an attribute at an output"),
    (Code.ONE_NODE, "<redirect><proxy/></redirect>", "something after the end"),
    (Code.URI, '<mail url="http://example.com"/>', "mail to no mailbox"),
]
# fmt: on


@pytest.mark.parametrize("inside", [pytest.param(inside, id=why) for inside, why in ACCEPTED])
def test_a_node_for_calls_is_kept_as_it_is(inside: str) -> None:
    script = incoming(inside)
    assert compile_script(script.encode()).start(Call.INCOMING)
    assert faults(script) == []


@pytest.mark.parametrize(
    "code, inside", [pytest.param(code, inside, id=why) for code, inside, why in REFUSED]
)
def test_a_node_for_calls_that_cannot_be_is_refused(code: Code, inside: str) -> None:
    with pytest.raises(MalformedScript) as refused:
        compile_script(incoming(inside).encode())
    assert [(each.code, each.line) for each in refused.value.findings] == [(code, 3)]
