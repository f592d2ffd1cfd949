from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.units import Timestamp
from hereabouts.policy.cpl.compiler import compile_script, examine
from hereabouts.policy.cpl.element import CPL, PRESENCE
from hereabouts.policy.cpl.finding import Code, Finding, MalformedScript
from hereabouts.policy.cpl.tree import Script
from hereabouts.policy.point import Call, Point
from tests.policy.samples import EXAMPLES, NOW, at, cpl, incoming
from tests.policy.schema import faults

HEAD = f'<cpl xmlns="{CPL}" xmlns:p="{PRESENCE}">'
TIME = 'dtstart="20260105T090000" duration="PT8H"'


def findings(script: str | bytes) -> tuple[Finding, ...]:
    """What is found in a script that is refused."""
    with pytest.raises(MalformedScript) as refused:
        compile_script(script.encode() if isinstance(script, str) else script)
    return refused.value.findings


def switch(outputs: str) -> str:
    """A script with these outputs of an address-switch, the first on line 4."""
    return incoming(f'<address-switch field="watcher">\n{outputs}\n</address-switch>')


def times(attributes: str, zone: str = 'tzid="America/Toronto"') -> str:
    """A script with one time, on line 4."""
    return incoming(f"<time-switch {zone}>\n<time {attributes}/>\n</time-switch>")


# fmt: off
ERRORS: list[tuple[Code, int, str, str]] = [
    (Code.SIZE, 1, " " * 65_537, "longer than 64 KiB"),
    (Code.SIZE, 3, cpl("<!-- -->\n" + "<subaction id='a'/>" * 1000), "over 1000 elements"),
    (Code.SIZE, 3, incoming(f'<reject status="403" reason="{"x" * 2049}"/>'), "a long attribute"),
    (Code.SIZE, 3, cpl("\n" + "".join(f'<subaction id="a{n}"/>' for n in range(65))), "65 parts"),
    (Code.SIZE, 3, switch('<address is="sip:a@h"/>' * 101), "101 outputs"),
    (Code.SIZE, 3, incoming(f'<time-switch>{f"<time {TIME}/>" * 65}</time-switch>'), "65 times"),
    (Code.DTD, 1, f"<!DOCTYPE cpl>{HEAD}</cpl>", "a bare DOCTYPE"),
    (Code.DTD, 2, f'\n<!DOCTYPE cpl [<!ENTITY a "b">]>{HEAD}</cpl>', "an entity"),
    (Code.DEPTH, 33, "<cpl>" + "\n<a>" * 32, "33 levels"),
    (Code.XML, 2, f"{HEAD}\n<p:allow></cpl>", "tags that do not match"),
    (Code.XML, 1, "", "nothing"),
    (Code.XML, 2, incoming("hello"), "text"),
    (Code.XML, 3, incoming("<p:allow/>hello"), "text after a node"),
    (Code.ROOT, 1, f'<cp xmlns="{CPL}"/>', "another root"),
    (Code.ROOT, 1, f'<cpl xmlns="{PRESENCE}"/>', "the root of another namespace"),
    (Code.NAMESPACE, 3, incoming('<x:allow xmlns:x="urn:x"/>'), "an element nobody knows"),
    (Code.NAMESPACE, 3, incoming('<p:allow xmlns:x="urn:x" x:y="1"/>'), "such an attribute"),
    (Code.NAMESPACE, 3, incoming('<p:confirm p:giveup="P1D"/>'), "a prefix that must not be"),
    (Code.NAMESPACE, 3, incoming('<p:allow xml:lang="fi"/>'), "a language"),
    (Code.NAMESPACE, 1, incoming("<p:allow/>").replace(f'xmlns="{CPL}" ', ""), "no namespace"),
    (Code.NODE, 3, incoming("<permit/>"), "no node of CPL"),
    (Code.NODE, 3, incoming("<p:permit/>"), "no node of the extension"),
    (Code.NODE, 3, incoming('<p:alert channel="ui"><p:allow/></p:alert>'), "not executed yet"),
    (Code.NODE, 3, incoming('<log name="a"><p:allow/></log>'), "a node of CPL, not executed yet"),
    (Code.NODE, 3, incoming("<language-switch/>"), "a switch of CPL, not executed yet"),
    (Code.OUTPUT, 4, switch("<p:allow/>"), "a node in the place of an output"),
    (Code.OUTPUT, 4, switch('<p:subscription is="refresh"/>'), "an output of another switch"),
    (Code.ATTRIBUTE, 2, cpl("<p:incoming-subscription id='a'/>"), "one that is not known"),
    (Code.ATTRIBUTE, 3, incoming("<address-switch/>"), "one that is missing"),
    (Code.ATTRIBUTE, 3, incoming('<address-switch field="me"/>'), "a field that is not known"),
    (Code.ATTRIBUTE, 4, switch('<otherwise is="a"/>'), "one at otherwise"),
    (Code.ATTRIBUTE, 4, switch('<address p:list="friends"/>'), "lists are not known yet"),
    (Code.ATTRIBUTE, 4,
     incoming('<address-switch field="origin" subfield="port">\n<address is="http"/>'
              "</address-switch>"), "a value that the part cannot have"),
    (Code.ATTRIBUTE, 4,
     incoming('<p:subscription-switch field="kind">\n<p:subscription is="new"/>'
              "</p:subscription-switch>"), "a value that the field cannot have"),
    (Code.ATTRIBUTE, 4,
     incoming('<p:subscription-switch field="reason">\n<p:subscription is=""/>'
              "</p:subscription-switch>"), "no value"),
    (Code.ATTRIBUTE, 3, incoming('<reject status="403" reason="a&#10;b"/>'), "a line break"),
    (Code.ATTRIBUTE, 3, incoming('<p:throttle interval="10"/>'), "no length of time"),
    (Code.ATTRIBUTE, 3, incoming('<p:throttle interval="PT0S"/>'), "no time at all"),
    (Code.ATTRIBUTE, 3, incoming('<p:throttle interval="P2W"/>'), "weeks are not XML Schema's"),
    (Code.ATTRIBUTE, 3, incoming('<p:throttle interval="P367D"/>'), "more than a year"),
    (Code.ATTRIBUTE, 3, incoming('<p:expires at-least="PT1H"/>'), "at-least is not there yet"),
    (Code.ONE_NODE, 3, incoming("<p:allow/><p:allow/>"), "two nodes"),
    (Code.ONE_NODE, 3, incoming("<p:allow><p:allow/></p:allow>"), "a node after the end"),
    (Code.ONE_NODE, 4, cpl('<subaction id="a"/>\n<p:incoming-subscription>\n<sub ref="a"><p:allow/>'
                        "</sub></p:incoming-subscription>"), "a node in a sub"),
    (Code.TOP, 2, cpl("<p:allow/>"), "a node at the top"),
    (Code.TOP, 2, cpl("<ancillary><p:allow/></ancillary>"), "ancillary that holds something"),
    (Code.TOP, 3, cpl("<p:incoming-subscription/>\n<subaction id='a'/>"), "a late subaction"),
    (Code.TOP, 3, cpl("<subaction id='a'/>\n<ancillary/>"), "late ancillary"),
    (Code.TOP_TWICE, 3, cpl("<p:incoming-subscription/>\n<p:incoming-subscription/>"), "a point"),
    (Code.TOP_TWICE, 3, cpl("<incoming/>\n<incoming/>"), "a call action"),
    (Code.SUB_UNDEFINED, 3, incoming('<sub ref="a"/>'), "no such part"),
    (Code.SUB_UNDEFINED, 2, cpl('<subaction id="a"><sub ref="a"/></subaction>'), "itself"),
    (Code.SUB_UNDEFINED, 2,
     cpl('<subaction id="a"><sub ref="b"/></subaction>\n<subaction id="b"/>'), "a later one"),
    (Code.SUB_UNDEFINED, 3,
     cpl('<subaction id="a"/>\n<p:incoming-subscription><sub ref="A"/></p:incoming-subscription>'),
     "ids have case"),
    (Code.SUB_DUPLICATE, 3, cpl("<subaction id='a'/>\n<subaction id='a'/>"), "an id twice"),
    (Code.SUB_DUPLICATE, 3, cpl("<subaction id='&#228;'/>\n<subaction id='a&#776;'/>"),
     "an id twice, spelled in two ways"),
    (Code.POINT, 3, incoming("<p:deliver/>"), "a notification's at a subscription"),
    (Code.POINT, 3, at(Point.OUTGOING_NOTIFICATION, '<reject status="403"/>'), "and the reverse"),
    (Code.POINT, 3, at(Point.OUTGOING_NOTIFICATION, "<p:expires at-most='PT1H'/>"), "a modifier"),
    (Code.POINT, 3, at(Point.OUTGOING_SUBSCRIPTION, "<p:polite-block/>"), "the wrong side"),
    (Code.POINT, 2, cpl("<incoming><p:allow/></incoming>"), "at a call"),
    (Code.POINT, 2, cpl('<incoming><p:subscription-switch field="kind"/></incoming>'), "a switch"),
    (Code.POINT, 3, incoming("<proxy/>"), "a call's at a subscription"),
    (Code.POINT, 2,
     cpl('<subaction id="a"><p:deliver/></subaction>\n'
         '<subaction id="b"><sub ref="a"/></subaction>\n'
         '<p:incoming-subscription><sub ref="b"/></p:incoming-subscription>'), "through two parts"),
    (Code.OPERATOR, 4, switch("<address/>"), "none"),
    (Code.OPERATOR, 4, switch('<address is="sip:a@h" contains="a"/>'), "two"),
    (Code.OPERATOR, 4, switch('<address contains="a"/>'), "one that does not go with the address"),
    (Code.OPERATOR, 4,
     incoming('<p:subscription-switch field="kind">\n<p:subscription contains="re"/>'
              "</p:subscription-switch>"), "one that does not go with the field"),
    (Code.OTHERWISE_LAST, 4, switch('<otherwise/><address is="sip:a@h"/>'), "not last"),
    (Code.OTHERWISE_LAST, 4, switch("<otherwise/><not-present/>"), "not last either"),
    (Code.OTHERWISE_TWICE, 5, switch("<otherwise/>\n<otherwise/>"), "twice"),
    (Code.NOT_PRESENT_TWICE, 5, switch("<not-present/>\n<not-present/>"), "twice"),
    (Code.TIME, 4, times('dtstart="20260105"'), "no end"),
    (Code.TIME, 4, times(f'{TIME} dtend="20260105T170000"'), "two ends"),
    (Code.TIME, 4, times('dtstart="20260105T090000" duration="PT0S"'), "no length"),
    (Code.TIME, 4, times(f'{TIME} freq="weekly" byday="XX"'), "no day"),
    (Code.TIME, 4, times(f'{TIME} freq="weekly" count="2" until="20270101T000000Z"'), "two limits"),
    (Code.TIME, 4, times('dtstart="20260105T090000" duration="P2D" freq="daily"'), "overlapping"),
    (Code.ATTRIBUTE, 4, times(f'{TIME} p:end="soon"'), "an end that is not known"),
    (Code.TZID, 3, times(TIME, 'tzid="Europe/Atlantis"'), "a zone that is not known"),
    (Code.TZID, 3, times(TIME, 'tzid="../../etc/passwd"'), "a path"),
    (Code.TZID, 3, times(TIME, 'tzurl="http://example.com/zone"'), "nothing is fetched"),
    (Code.STATUS, 3, incoming('<reject status="200"/>'), "not a rejection"),
    (Code.STATUS, 3, incoming('<reject status="sorry"/>'), "not a status"),
    (Code.URI, 4, switch('<address is="Alice"/>'), "not a URI"),
    (Code.URI, 4, switch('<address is="sip:"/>'), "not a whole URI"),
    (Code.URI, 2, cpl('<incoming><location url="here"/></incoming>'), "not one in a call either"),
]
# fmt: on


@pytest.mark.parametrize(
    "code, line, script",
    [
        pytest.param(code, line, script, id=f"{code.value}: {why}")
        for code, line, script, why in ERRORS
    ],
)
def test_what_is_wrong_is_told_with_its_line(code: Code, line: int, script: str) -> None:
    found = findings(script)
    assert (code, line) in [(each.code, each.line) for each in found], found
    assert len({(each.code, each.line) for each in found}) == 1, "and nothing else is"


def test_every_error_has_an_example() -> None:
    assert {row[0] for row in ERRORS} == {code for code in Code if code.is_error}


def test_bytes_that_are_no_text_are_told_with_their_line() -> None:
    (found,) = findings(f"{HEAD}\n\n".encode() + b"\xff</cpl>")
    assert (found.code, found.line) == (Code.XML, 3)


def test_everything_wrong_is_told_at_once() -> None:
    found = findings(incoming('<reject status="1"/>') + "\n" * 3) + findings(
        cpl('<p:incoming-subscription a="1"/>\n<p:outgoing-subscription b="2"/>\n<other/>')
    )
    assert [(each.code, each.line) for each in found] == [
        (Code.STATUS, 3),
        (Code.ATTRIBUTE, 2),
        (Code.ATTRIBUTE, 3),
        (Code.TOP, 4),
    ]


def test_an_error_says_what_to_do() -> None:
    (found,) = findings(incoming('<reject status="200"/>'))
    assert str(found) == (
        "line 3: '200' is not a status that rejects (E-STATUS);"
        " use 400 to 699, such as 403, or one of busy, notfound, reject, error"
    )


def test_a_script_may_say_nothing() -> None:
    assert compile_script(b"<cpl/>") == Script()


def test_a_script_of_calls_is_accepted_and_says_nothing_about_presence() -> None:
    """RFC 3880 section 12.1, without a namespace as section 11 allows."""
    script = compile_script(
        b'<cpl><incoming><location url="sip:smith@phone.example.com"><redirect/></location>'
        b"</incoming></cpl>"
    )
    assert script.points == ()
    assert script.start(Call.INCOMING) is not None


def test_parts_may_be_shared_by_calls_and_points() -> None:
    script = compile_script(
        cpl(
            '<subaction id="no"><reject status="busy"/></subaction>'
            '<incoming><sub ref="no"/></incoming>'
            '<p:incoming-subscription><sub ref="no"/></p:incoming-subscription>'
        ).encode()
    )
    assert script.points == (Point.INCOMING_SUBSCRIPTION,)


def test_what_calls_alone_use_is_not_held_against_a_script() -> None:
    compile_script(
        cpl(
            '<subaction id="ring"><proxy/></subaction><incoming><sub ref="ring"/></incoming>'
            "<p:incoming-subscription><p:allow/></p:incoming-subscription>"
        ).encode()
    )


def test_a_chain_of_parts_takes_no_recursion() -> None:
    """Nor does a number of paths that doubles with each part take time."""
    parts = "".join(
        f'<subaction id="a{n}"><address-switch field="watcher"><not-present><sub ref="a{n - 1}"/>'
        f'</not-present><otherwise><sub ref="a{n - 1}"/></otherwise></address-switch></subaction>'
        for n in range(1, 63)
    )
    script = cpl(
        f'<subaction id="a0"><p:allow/></subaction>{parts}'
        '<p:incoming-subscription><sub ref="a62"/></p:incoming-subscription>'
    )
    _, found = examine(script.encode(), NOW)
    assert found == ()


@given(st.binary(max_size=200))
def test_anything_at_all_is_refused_with_findings(script: bytes) -> None:
    with contextlib.suppress(MalformedScript):
        examine(script, NOW)


PIECES = st.sampled_from(
    ["<address-switch field='watcher'>", "</address-switch>", "<address is='sip:a@h'>",
     "<address subdomain-of='h'/>", "</address>", "<otherwise>", "</otherwise>", "<not-present/>",
     "<otherwise/>", "<p:allow/>", "<p:deliver/>", "<reject status='403'/>", "<reject/>",
     "<p:throttle interval='PT1M'>", "</p:throttle>", "<sub ref='a'/>", "<time-switch>",
     "<time dtstart='20260105T090000' duration='PT8H' freq='daily'>", "</time>", "</time-switch>",
     "<proxy>", "</proxy>", "<log/>", "<busy/>", "<p:alert/>", "x"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12), st.floats(0, 4e9))
def test_any_heap_of_nodes_is_read_or_refused_with_findings(pieces: list[str], now: float) -> None:
    script = cpl(
        '<subaction id="a"><p:allow/></subaction><p:incoming-subscription>'
        f"{''.join(pieces)}</p:incoming-subscription>"
    )
    with contextlib.suppress(MalformedScript):
        _, found = examine(script.encode(), Timestamp(now))
        assert not any(each.code.is_error for each in found)
        assert faults(script) == [], "what is accepted is valid"


@given(st.sampled_from(sorted(EXAMPLES)), st.integers(0, 1000), st.binary(max_size=3))
def test_a_spoilt_example_is_read_or_refused_with_findings(
    name: str, place: int, bytes_: bytes
) -> None:
    script = EXAMPLES[name].encode()
    place %= len(script)
    with contextlib.suppress(MalformedScript):
        examine(script[:place] + bytes_ + script[place + len(bytes_) :], NOW)
