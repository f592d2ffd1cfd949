from __future__ import annotations

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.policy.cpl.compiler import examine
from hereabouts.policy.cpl.finding import Code
from hereabouts.policy.point import Point
from tests.policy.samples import EXAMPLES, NOW, WORKING_HOURS, at, cpl, in_toronto, incoming

TIME = 'dtstart="20260105T090000" duration="PT8H" freq="daily"'
ZONE = 'tzid="America/Toronto"'


def found(script: str, now: Timestamp = NOW) -> list[tuple[Code, int]]:
    _, findings = examine(script.encode(), now)
    return [(each.code, each.line) for each in findings]


def addresses(outputs: str, subfield: str = "") -> str:
    """A script that allows what `<otherwise>` stands for; its outputs begin on line 4."""
    return incoming(
        f'<address-switch field="watcher" {subfield}>\n{outputs}\n'
        "<otherwise><p:allow/></otherwise></address-switch>"
    )


def times(outputs: str, zone: str = ZONE) -> str:
    return incoming(f"<time-switch {zone}>\n{outputs}\n<otherwise/></time-switch>")


def after_kinds(outputs: str) -> str:
    """A script that rejects at night, on line 4, what gets through these outputs."""
    return incoming(
        f'<p:subscription-switch field="kind">{outputs}<otherwise>\n'
        f"<time-switch {ZONE}><time {TIME}><p:allow/></time><otherwise>"
        '<reject status="403"/></otherwise></time-switch></otherwise></p:subscription-switch>'
    )


HOST = 'subfield="host"'
SMALLER = '<address is="a.example.com"/>'

# fmt: off
WARNINGS = [
    (Code.NO_OTHERWISE, 3, incoming('<address-switch field="watcher"><not-present><p:allow/>'
                                    "</not-present></address-switch>"), "it may not fit"),
    (Code.NO_OTHERWISE, 3, incoming('<address-switch field="watcher"/>'), "an empty switch"),
    (Code.UNREACHABLE, 5, addresses('<address is="sip:a@h"/>\n<address is="SIP:a@H"/>'), "equal"),
    (Code.UNREACHABLE, 5, addresses(f'<address subdomain-of="example.com"/>\n{SMALLER}', HOST),
     "a host within a domain before it"),
    (Code.UNREACHABLE, 5, addresses('<address subdomain-of="com"/>\n'
                                    '<address subdomain-of="example.com"/>', HOST),
     "a domain within a domain before it"),
    (Code.UNREACHABLE, 5, addresses('<address contains="a"/>\n<address is="Alice"/>',
                                    'subfield="display"'), "a name with that in it"),
    (Code.UNREACHABLE, 4,
     after_kinds('<p:subscription is="fetch"/>\n<p:subscription is="Fetch"/>'),
     "an equal kind"),
    (Code.UNREACHABLE, 5, times(f"<time {TIME}/>\n<time {TIME}/>"), "an equal time"),
    (Code.SUB_UNUSED, 2, cpl('<subaction id="a"/>'), "nothing leads to it"),
    (Code.SUB_UNUSED, 2, cpl('<subaction id="a"/>\n<subaction id="b"><sub ref="a"/></subaction>'),
     "only an unused one leads to it"),
    (Code.ALL_REJECT, 2, incoming('<reject status="403"/>'), "there is nothing else"),
    (Code.ALL_REJECT, 2, incoming('<address-switch field="watcher"><not-present><reject '
                                  'status="401"/></not-present><otherwise><reject status="403"/>'
                                  "</otherwise></address-switch>"), "every way leads there"),
    (Code.ALL_REJECT, 3, cpl('<subaction id="no"><reject status="403"/></subaction>\n<p:incoming-'
                             'subscription><p:throttle interval="PT1M"><sub ref="no"/></p:throttle>'
                             "</p:incoming-subscription>"), "through a modifier and a part"),
    (Code.REFRESH, 8, WORKING_HOURS, "Tom's working hours"),
    (Code.REFRESH, 4, after_kinds('<p:subscription is="initial"><p:allow/></p:subscription>'),
     "another kind was asked for before"),
    (Code.FLOATING, 3, times(f"<time {TIME}/>", ""), "no zone"),
    (Code.NOT_YET, 4, times('<time dtstart="20270105T090000" duration="PT8H"/>'), "next year"),
    (Code.EXPIRED, 4, times('<time dtstart="20250105T090000" duration="PT8H"/>'), "last year"),
    (Code.EXPIRED, 4, times(f'<time {TIME} until="20261101T000000Z"/>'), "until this month"),
]
# fmt: on


@pytest.mark.parametrize(
    "code, line, script",
    [
        pytest.param(code, line, script, id=f"{code.value}: {why}")
        for code, line, script, why in WARNINGS
    ],
)
def test_what_is_doubtful_is_told_with_its_line(code: Code, line: int, script: str) -> None:
    assert (code, line) in found(script)


def test_every_warning_has_an_example() -> None:
    assert {row[0] for row in WARNINGS} == {code for code in Code if not code.is_error}


# fmt: off
FINE = [
    (EXAMPLES["gentle hours"], "refreshes are allowed before the time is asked for"),
    (EXAMPLES["ten minutes"], "an empty otherwise says that the default is meant"),
    (addresses(f'{SMALLER}\n<address subdomain-of="example.com"/>', HOST), "the smaller one first"),
    (addresses('<address is="sip:a@h"/>\n<address is="sip:A@h"/>'), "users have case"),
    (addresses('<address subdomain-of="192.0.2.1"/>\n<address is="1.192.0.2.1.h"/>', HOST),
     "an address has nothing below it"),
    (addresses('<address is="Al"/>\n<address contains="Al"/>', 'subfield="display"'), "wider"),
    (times(f"<time {TIME}/>\n<time {TIME.replace('8H', '9H')}/>"), "a longer time"),
    (incoming('<p:subscription-switch field="kind"><p:subscription is="refresh"/><otherwise>'
              '<reject status="403"/></otherwise></p:subscription-switch>'), "somebody stays"),
    (incoming('<p:subscription-switch field="reason"><p:subscription is="a"/><p:subscription '
              'contains="a"/><otherwise/></p:subscription-switch>'), "a wider reason later"),
    (incoming('<p:throttle interval="PT1M"/>'), "a modifier alone leaves the default"),
    (at(Point.OUTGOING_SUBSCRIPTION, '<reject status="403"/>'), "he may watch nobody, if he likes"),
    (at(Point.OUTGOING_SUBSCRIPTION, f"<time-switch {ZONE}><time {TIME}/><otherwise><reject "
        'status="403"/></otherwise></time-switch>'), "a refresh of his own is his own affair"),
    (cpl('<incoming><time-switch><time dtstart="20250105T090000" duration="PT8H"/></time-switch>'
         "</incoming>"), "what is not executed is not doubted"),
]
# fmt: on


@pytest.mark.parametrize("script", [pytest.param(script, id=why) for script, why in FINE])
def test_what_is_meant_as_it_stands_is_not_doubted(script: str) -> None:
    assert found(script) == []


def test_a_reject_before_any_time_is_asked_for_is_no_matter_of_refreshes() -> None:
    script = incoming(
        '<address-switch field="watcher"><not-present><reject status="403"/></not-present>'
        f"<otherwise><time-switch {ZONE}><time {TIME}><p:allow/></time><otherwise/></time-switch>"
        "</otherwise></address-switch>"
    )
    assert found(script) == []


def test_it_depends_on_the_date_whether_a_time_is_over() -> None:
    script = times('<time dtstart="20261201T090000" duration="PT8H"/>')
    assert found(script, in_toronto("2026-11-30 10:00")) == [(Code.NOT_YET, 4)]
    assert found(script, in_toronto("2026-12-01 10:00")) == []
    assert found(script, in_toronto("2026-12-01 18:00")) == [(Code.EXPIRED, 4)]
