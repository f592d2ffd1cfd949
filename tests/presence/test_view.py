from __future__ import annotations

from hereabouts.base.units import NEVER, Instant, Moment, Timestamp
from hereabouts.presence.composition import Published
from hereabouts.presence.pidf.blank import NOTHING_KNOWN, PENDING, REJECTED
from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.pidf.reader import read
from hereabouts.presence.publication import KIND, Publication
from hereabouts.presence.steps import Step
from hereabouts.presence.subscription import Standing
from hereabouts.presence.view import View, Views
from hereabouts.roles.build import finish
from hereabouts.sip.flow import Flow
from hereabouts.sip.registrar import KIND as BINDINGS
from hereabouts.sip.registrar import Binding, Bindings
from hereabouts.storage.memory import MemoryStore
from tests.presence.desk import ALICE, document

FLOW = Flow("UDP", "192.0.2.2", 5060, "192.0.2.1:5060")


class Shown:
    """Views of alice on a store, and a clock."""

    def __init__(self, *, shows_registration: bool = True, most: int = 8192) -> None:
        self.store = MemoryStore()
        self.views = Views(self.store, shows_registration=shows_registration, most=most)

    def publish(self, slot: str, basic: str, expires_at: float) -> None:
        record = Publication(Timestamp(expires_at), document(basic), "", Timestamp(0.0), 600)
        finish(self.store.put((KIND, ALICE, slot), record, None))
        self.views.forget(ALICE)

    def register(self, expires_at: float) -> None:
        contact = Binding("sip:a@192.0.2.2", (), Timestamp(expires_at), "call", 1, FLOW)
        record = Bindings(Timestamp(expires_at), (contact,))
        finish(self.store.put((BINDINGS, ALICE, ""), record, None))
        self.views.forget(ALICE)

    def to(self, standing: Standing, at: float = 0.0, presentity: str = ALICE) -> View:
        now = Moment(Instant(at), Timestamp(at))
        view = finish(self.views.of(presentity, standing, now))
        assert isinstance(view, View)
        return view


def basics(view: View) -> list[str]:
    return [each.basic.value for each in read(view.body).tuples if each.basic]


def notes(view: View) -> list[str]:
    return [note.text for note in read(view.body).notes]


def test_only_who_is_approved_sees_the_document() -> None:
    shown = Shown()
    shown.publish("a", "open", 100)
    for standing in Standing:
        expected = ["open"] if standing in (Standing.ACTIVE, Standing.ENDED) else ["closed"]
        if standing is not Standing.NONE:
            assert basics(shown.to(standing)) == expected


def test_a_polite_block_is_byte_for_byte_what_nothing_published_is() -> None:
    """6665-6.2-1."""
    shown, silent = Shown(), Shown()
    shown.publish("a", "open", 100)
    assert shown.to(Standing.POLITE) == silent.to(Standing.ACTIVE)
    assert shown.to(Standing.ENDED_BLANK) == silent.to(Standing.ENDED)
    assert notes(shown.to(Standing.POLITE)) == [NOTHING_KNOWN]


def test_only_pending_and_rejected_carry_a_note_of_their_own() -> None:
    assert notes(Shown().to(Standing.PENDING)) == [PENDING]
    assert notes(Shown().to(Standing.REJECTED)) == [REJECTED]


def test_a_view_is_composed_once_and_again_after_a_change() -> None:
    shown = Shown()
    shown.publish("a", "open", 100)
    first = shown.to(Standing.ACTIVE)
    assert shown.to(Standing.ACTIVE) is first
    shown.publish("b", "closed", 100)
    assert basics(shown.to(Standing.ACTIVE)) == ["open", "closed"]


def test_a_view_ends_with_the_first_publication_in_it() -> None:
    """3903-6-18: nothing that is shown has expired, though nobody has said so yet."""
    shown = Shown()
    shown.publish("a", "open", 50)
    shown.publish("b", "closed", 100)
    assert shown.to(Standing.ACTIVE).valid_until == Timestamp(50.0)
    assert basics(shown.to(Standing.ACTIVE, 49.99)) == ["open", "closed"]
    assert basics(shown.to(Standing.ACTIVE, 50)) == ["closed"]
    assert shown.to(Standing.ACTIVE, 100).valid_until == NEVER
    assert notes(shown.to(Standing.ACTIVE, 100)) == [NOTHING_KNOWN]


def test_a_registration_shows_as_open_until_it_ends() -> None:
    shown = Shown()
    shown.register(50)
    assert basics(shown.to(Standing.ACTIVE)) == ["open"]
    assert basics(shown.to(Standing.ACTIVE, 50)) == ["closed"]
    shown.publish("a", "closed", 100)
    assert notes(shown.to(Standing.ACTIVE)) == []


def test_a_registration_may_show_nothing() -> None:
    shown = Shown(shows_registration=False)
    shown.register(50)
    assert basics(shown.to(Standing.ACTIVE)) == ["closed"]


def test_a_removed_publication_shows_nothing() -> None:
    shown = Shown()
    finish(shown.store.put((KIND, ALICE, "a"), Publication(Timestamp(64.0)), None))
    assert notes(shown.to(Standing.ACTIVE)) == [NOTHING_KNOWN]


def test_views_are_bounded_and_the_oldest_is_composed_again() -> None:
    shown = Shown(most=2)
    shown.publish("a", "open", 100)
    first = shown.to(Standing.ACTIVE)
    for other in ("sip:b@example.com", "sip:c@example.com"):
        shown.to(Standing.ACTIVE, presentity=other)
    again = shown.to(Standing.ACTIVE)
    assert again is not first
    assert again == first


def test_what_puas_beside_the_agent_know_is_shown_with_what_is_published() -> None:
    shown = Shown()
    shown.publish("a", "closed", 600)

    async def asked(presentity: str, now: Moment) -> list[Published]:
        return [Published("pua", read(document("open")), now.timestamp)]

    shown.views.puas = asked
    found = read(shown.to(Standing.ACTIVE).body)
    assert [each.basic for each in found.tuples] == [Basic.OPEN, Basic.CLOSED]


def test_each_fetch_is_told_once() -> None:
    shown = Shown()
    told: list[tuple[Step, str, str]] = []
    shown.views.tell = lambda *step: told.append(step)
    shown.publish("a", "open", 600)
    shown.to(Standing.ACTIVE)
    shown.to(Standing.ACTIVE)
    assert told == [(Step.FETCHES, ALICE, ""), (Step.FETCHED, ALICE, "")]
