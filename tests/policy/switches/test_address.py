from __future__ import annotations

import pytest

from hereabouts.policy.cpl.compiler import compile_script
from hereabouts.policy.cpl.evaluator import evaluate
from hereabouts.policy.decision import Operation
from hereabouts.policy.point import Point
from hereabouts.policy.switches.address import FIELDS
from hereabouts.sip.headers.address import Address
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
