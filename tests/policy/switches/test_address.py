from __future__ import annotations

import pytest

from hereabouts.policy.cpl.compiler import compile_script
from hereabouts.policy.cpl.evaluator import evaluate
from hereabouts.policy.cpl.finding import Code
from hereabouts.policy.decision import Operation
from hereabouts.policy.point import Point
from hereabouts.policy.switches.address import FIELDS
from hereabouts.sip.headers.address import Address
from tests.policy.cpl.problems import problems
from tests.policy.samples import NOW, at, facts, incoming
from tests.policy.switches.asked import ABSENT, DIFFERS, FITS, ask

ADDRESSES = {
    "watcher": "sip:w@h",
    "presentity": "sip:p@h",
    "origin": "sip:o@h",
    "destination": "sip:d@h",
    "original-destination": "sip:od@h",
}
KNOWN = facts(
    watcher=ADDRESSES["watcher"],
    presentity=ADDRESSES["presentity"],
    origin=Address(ADDRESSES["origin"], {}),
    destination=Address(ADDRESSES["destination"], {}),
    original_destination=Address(ADDRESSES["original-destination"], {}),
)


def test_every_field_has_its_address_here() -> None:
    assert FIELDS.keys() == ADDRESSES.keys()


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_its_own_address_and_no_other(field: str, name: str) -> None:
    evaluation = ask(f'address-switch field="{field}"', f'address is="{ADDRESSES[name]}"', KNOWN)
    assert evaluation.operation is (FITS if field == name else DIFFERS)
    assert evaluation.looked_at == {field.replace("-", "_")}


@pytest.mark.parametrize("field", sorted(FIELDS.keys() - {"presentity"}))
def test_an_address_may_be_absent(field: str) -> None:
    evaluation = ask(f'address-switch field="{field}"', 'address is="sip:a@h"', facts(watcher=None))
    assert evaluation.operation is ABSENT


@pytest.mark.parametrize("point", Point)
def test_the_watcher_is_who_watches_at_every_point(point: Point) -> None:
    script = at(
        point,
        '<address-switch field="watcher"><address is="sip:tom@example.com">'
        '<p:throttle interval="PT1M"/></address></address-switch>',
    )
    evaluation = evaluate(compile_script(script.encode()), facts(point), NOW, "p")
    assert evaluation.modifiers.min_interval == 60


EVE = "sip:eve@example.org"


@pytest.mark.parametrize(
    "subfield, outputs, watcher, clause",
    [
        pytest.param("", f'<address is="{EVE}"/>', EVE, f"the watcher was {EVE}", id="met"),
        pytest.param(
            "",
            '<address is="sip:a@h"/><otherwise/>',
            EVE,
            f"the watcher was {EVE}, not sip:a@h",
            id="one that was not met",
        ),
        pytest.param(
            "host",
            '<address is="a.org"/><address subdomain-of="b.org"/>',
            EVE,
            "the host of the watcher was example.org, not a.org or within b.org",
            id="two of a part",
        ),
        pytest.param(
            "user",
            "".join(f'<address is="{user}"/>' for user in "abcd"),
            EVE,
            "the user of the watcher was eve, none of the 4 that are named",
            id="more than anybody wants to read",
        ),
        pytest.param(
            "tel",
            '<address subdomain-of="+358"/>',
            "tel:+1-212",
            "the tel of the watcher was +1212, not one that begins with +358",
            id="how a number begins",
        ),
        pytest.param(
            "", "<not-present/>", None, "the watcher was not authenticated", id="nobody is known"
        ),
        pytest.param(
            "host", "<otherwise/>", None, "the host of the watcher was absent", id="nor his host"
        ),
        pytest.param(
            "password",
            '<address is="guess"/>',
            "sip:eve:secret@h",
            "the password of the watcher was (hidden)",
            id="a password is not told",
        ),
    ],
)
def test_a_person_is_told_what_was_found(
    subfield: str, outputs: str, watcher: str | None, clause: str
) -> None:
    part = f' subfield="{subfield}"' if subfield else ""
    script = incoming(f'<address-switch field="watcher"{part}>{outputs}</address-switch>')
    evaluation = evaluate(compile_script(script.encode()), facts(watcher=watcher), NOW, "p")
    assert [each.clause for each in evaluation.reasons] == [clause]
    assert "secret" not in str(evaluation.trace)


def test_a_name_that_holds_something_is_told() -> None:
    script = incoming(
        '<address-switch field="origin" subfield="display"><address contains="Bob"/>'
        "<otherwise><p:allow/></otherwise></address-switch>"
    )
    known = facts(origin=Address("sip:a@h", {}, '"Al"'))
    evaluation = evaluate(compile_script(script.encode()), known, NOW, "p")
    assert evaluation.operation is Operation.ALLOW
    (reason,) = evaluation.reasons
    assert reason.clause == "the display of the From address was al, not one with Bob in it"


@pytest.mark.parametrize(
    "switch, output, code, line",
    [
        pytest.param("", "", Code.ATTRIBUTE, 3, id="no field"),
        pytest.param('field="me"', "", Code.ATTRIBUTE, 3, id="no such field"),
        pytest.param('field="origin" subfield="me"', "", Code.ATTRIBUTE, 3, id="no such part"),
        pytest.param('field="origin" odd=""', "", Code.ATTRIBUTE, 3, id="no such attribute"),
        pytest.param(
            'field="origin"', '<address p:list="a"/>', Code.ATTRIBUTE, 4, id="lists, not known yet"
        ),
        pytest.param('field="origin"', '<address is="Bob"/>', Code.URI, 4, id="not an address"),
        pytest.param(
            'field="origin" subfield="port"',
            '<address is="http"/>',
            Code.ATTRIBUTE,
            4,
            id="not a port",
        ),
        pytest.param(
            'field="origin" subfield="user"',
            '<address subdomain-of="a"/>',
            Code.OPERATOR,
            4,
            id="users have no domains",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(switch: str, output: str, code: Code, line: int) -> None:
    script = incoming(f"<address-switch {switch}>\n{output}<otherwise/></address-switch>")
    assert problems(script) == [(code, line)]


@pytest.mark.parametrize(
    "subfield, earlier, later, is_covered",
    [
        ("user", 'is="a"', 'is="a"', True),
        ("user", 'is="a"', 'is="b"', False),
        ("host", 'subdomain-of="a.org"', 'is="b.a.org"', True),
        ("host", 'subdomain-of="a.org"', 'subdomain-of="b.a.org"', True),
        ("host", 'subdomain-of="b.a.org"', 'subdomain-of="a.org"', False),
        ("host", 'is="a.org"', 'subdomain-of="a.org"', False),
        ("tel", 'subdomain-of="+358"', 'is="+358-9"', True),
        ("display", 'contains="B"', 'contains="bob"', True),
        ("display", 'is="bob"', 'contains="bob"', False),
    ],
)
def test_a_condition_covers_a_narrower_one(
    subfield: str, earlier: str, later: str, *, is_covered: bool
) -> None:
    script = incoming(
        f'<address-switch field="origin" subfield="{subfield}">\n<address {earlier}/>\n'
        f"<address {later}/><otherwise/></address-switch>"
    )
    assert problems(script) == ([(Code.UNREACHABLE, 5)] if is_covered else [])
