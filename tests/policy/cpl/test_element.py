from __future__ import annotations

import pytest

from hereabouts.policy.cpl.element import CPL, MAXIMUM_ATTRIBUTE, PRESENCE, parse
from hereabouts.policy.cpl.finding import Code, MalformedScript, Report


def problems(script: str) -> list[tuple[Code, int]]:
    report = Report()
    parse(script.encode(), report)
    return [(each.code, each.line) for each in report.findings]


def test_elements_have_their_lines_and_names() -> None:
    report = Report()
    script = f'<cpl xmlns="{CPL}"\n xmlns:p="{PRESENCE}">\n<time p:end="wall"\n/><p:allow/></cpl>'
    root = parse(script.encode(), report)
    time, allow = root.children
    assert (root.line, root.tag, root.name) == (1, "cpl", (CPL, "cpl"))
    assert (time.line, time.attributes, time.extensions) == (3, {}, {"end": "wall"})
    assert (allow.line, allow.tag, allow.name) == (4, "p:allow", (PRESENCE, "allow"))
    assert report.findings == ()


@pytest.mark.parametrize(
    "script, expected",
    [
        pytest.param("<cpl><incoming/></cpl>", [], id="no namespace at all is CPL"),
        pytest.param(
            f'<c:cpl xmlns:c="{CPL}" c:a="1"/>', [], id="CPL's own attribute with its prefix"
        ),
        pytest.param(
            '<cpl xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"/>',
            [],
            id="a hint at the root where the schema is",
        ),
        pytest.param(
            '<cpl xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n<a xsi:type="b"/></cpl>',
            [(Code.NAMESPACE, 2)],
            id="it says nothing elsewhere",
        ),
        pytest.param(f'<cpl xmlns:p="{PRESENCE}"/>', [], id="a namespace that is not used"),
        pytest.param(
            f'<cpl>\n<allow xmlns="{PRESENCE}"/></cpl>',
            [(Code.NAMESPACE, 1)],
            id="with an extension CPL's must be named too",
        ),
        pytest.param(
            f'<cpl xmlns:p="{PRESENCE}">\n<time p:end="wall"/></cpl>',
            [(Code.NAMESPACE, 1)],
            id="also with an extension's attribute",
        ),
        pytest.param(
            f'<cpl xmlns="{CPL}" xmlns:c="{CPL}" a="1" c:a="2"/>',
            [(Code.ATTRIBUTE, 1)],
            id="one attribute under two names",
        ),
        pytest.param(
            f'<p:a xmlns:p="{PRESENCE}" xmlns:c="{CPL}" c:a="2"/>',
            [(Code.NAMESPACE, 1)],
            id="an attribute of CPL at the extension's element",
        ),
        pytest.param("<cpl a='&#9;'/>", [(Code.ATTRIBUTE, 1)], id="a tab"),
        pytest.param("<cpl a='&#127;'/>", [(Code.ATTRIBUTE, 1)], id="a control character"),
        pytest.param("<cpl a='x\ny'/>", [], id="a line break that XML makes a space"),
        pytest.param(f"<cpl a='{'x' * MAXIMUM_ATTRIBUTE}'/>", [], id="a long attribute"),
        pytest.param(f"<cpl a='{'x' * MAXIMUM_ATTRIBUTE}x'/>", [(Code.SIZE, 1)], id="one too long"),
        pytest.param("<cpl>\n<!-- a --><?b c?>\n</cpl>", [], id="comments are no text"),
    ],
)
def test_names_and_values_are_held_to_the_rules(
    script: str, expected: list[tuple[Code, int]]
) -> None:
    assert problems(script) == expected


def test_as_many_elements_as_are_allowed_are_read() -> None:
    assert problems(f"<cpl>{'<a/>' * 999}</cpl>") == []
    with pytest.raises(MalformedScript, match="over 1000 elements"):
        problems(f"<cpl>{'<a/>' * 1000}</cpl>")


def test_as_many_bytes_as_are_allowed_are_read() -> None:
    script = "<cpl/>"
    assert problems(script + " " * (65_536 - len(script))) == []
    with pytest.raises(MalformedScript, match="longer than 65536 bytes"):
        problems(script + " " * (65_537 - len(script)))


@pytest.mark.parametrize(
    "script, code, line",
    [
        pytest.param(b"<!DOCTYPE cpl><cpl/>", Code.DTD, 1, id="a DOCTYPE"),
        pytest.param(b"<a>\n" * 33, Code.DEPTH, 33, id="33 levels"),
        pytest.param(b"<cpl>\n</cp>", Code.XML, 2, id="not well-formed"),
        pytest.param(b"<cpl>\n\xff</cpl>", Code.XML, 2, id="not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_refused_at_once(script: bytes, code: Code, line: int) -> None:
    with pytest.raises(MalformedScript) as refused:
        parse(script, Report())
    assert [(each.code, each.line) for each in refused.value.findings] == [(code, line)]


@pytest.mark.parametrize(
    "inside, problem",
    [
        pytest.param("x<a/>", (Code.XML, 1), id="text before an element"),
        pytest.param("<a/>\n<a/>x", (Code.XML, 2), id="text after one"),
        pytest.param("\n<a xmlns='urn:x'/>", (Code.NAMESPACE, 2), id="an element nobody knows"),
    ],
)
def test_what_is_no_part_of_a_script_is_told(inside: str, problem: tuple[Code, int]) -> None:
    assert problems(f"<cpl>{inside}</cpl>") == [problem]
