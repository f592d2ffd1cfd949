"""PUAs: what their devices say is recorded, told to the P-PA, and fetched by it."""

from __future__ import annotations

import pytest

from hereabouts.base.units import Moment
from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.pidf.reader import read
from hereabouts.presence.pua import KIND, Observation, Pua, Puas
from hereabouts.presence.statement import Statement
from hereabouts.presence.steps import Step
from hereabouts.roles.build import finish
from tests.presence.desk import ALICE, BOB, START, Desk, tag_of

HERE = Statement(Basic.OPEN, "here")
AWAY = Statement(Basic.CLOSED, "away")


class Phone:
    """A device that says what the test says; `"broken"`: it cannot be read."""

    interval = 1.0

    def __init__(self, says: Statement | str | None = None, slot: str = "phone") -> None:
        self.name = self.slot = slot
        self.says = says

    def read(self, last: Statement | None) -> Statement | None:
        return last if isinstance(self.says, str) else self.says


class Home:
    """A desk whose agent has PUAs beside it."""

    def __init__(self, *devices: Phone) -> None:
        self.desk = Desk()
        self.steps: list[Step] = []
        self.puas = self.with_devices(*devices)

    def with_devices(self, *devices: Phone) -> Puas:
        """The PUAs of another run with these devices."""
        desk = self.desk
        puas = Puas(
            ALICE,
            devices,
            desk.store,
            desk.deadlines,
            lambda _key, start: finish(start()),
            lambda step, _presentity, _part: self.steps.append(step),
        )
        desk.agent.views.puas = puas.fetch
        desk.agent.views.tell = lambda step, _presentity, _part: self.steps.append(step)
        puas.begin(desk.now)
        desk.work()  # nobody watches yet: what they know first is told to nobody
        return puas

    def recorded(self, slot: str = "phone") -> Observation | None:
        entry = finish(self.desk.store.get((KIND, ALICE, slot), self.desk.now.timestamp))
        return entry.record if entry else None

    def notes(self) -> list[str]:
        """The notes in the NOTIFY said since the last call, which is answered."""
        notify = self.desk.notify()
        self.desk.answer(200, notify)
        return [note.text for each in read(notify.body).tuples for note in each.notes]


def test_a_watcher_is_told_what_the_device_says_and_what_it_says_later() -> None:
    phone = Phone(HERE)
    home = Home(phone)
    assert tag_of(home.desk.subscribe())
    assert home.notes() == ["here"]
    phone.says = AWAY
    home.desk.wait(2.0)
    assert home.notes() == ["away"]


def test_the_steps_come_in_the_order_of_figure_3_5() -> None:
    phone = Phone(HERE)
    home = Home(phone)
    home.desk.subscribe()
    home.notes()
    home.steps.clear()
    phone.says = AWAY
    home.desk.wait(2.0)
    assert home.steps == [Step.DEVICE_CHANGED, Step.PUA_INFORMED, Step.FETCHES, Step.FETCHED]


def test_a_device_that_says_nothing_new_is_looked_at_in_vain() -> None:
    home = Home(Phone(HERE))
    before = home.recorded()
    home.desk.work()
    home.steps.clear()
    home.desk.wait(5.0)
    assert home.recorded() is before
    assert home.steps == []


def test_a_device_that_says_nothing_any_more_is_forgotten() -> None:
    phone = Phone(HERE)
    home = Home(phone)
    phone.says = None
    home.desk.wait(2.0)
    assert home.recorded() is None
    assert finish(home.puas.fetch(ALICE, home.desk.now)) == []


def test_a_device_that_cannot_be_read_says_what_is_recorded_also_after_a_restart() -> None:
    home = Home(Phone(HERE))
    home.with_devices(Phone("broken"))
    assert home.recorded() == Observation(said=HERE, since=START.timestamp, is_first=True)
    home.desk.subscribe()
    assert home.notes() == ["here"]


def test_a_device_that_is_no_more_is_forgotten_at_the_next_start() -> None:
    home = Home(Phone(HERE, "desk"), Phone(AWAY))
    home.with_devices(Phone(AWAY))
    assert home.recorded("desk") is None
    assert home.recorded() is not None


def test_the_devices_of_one_presentity_are_composed() -> None:
    home = Home(Phone(AWAY, "mobile"), Phone(HERE, "desk"))
    home.desk.subscribe()
    assert home.notes() == ["here", "away"]


def test_what_is_published_by_sip_is_composed_with_what_devices_say() -> None:
    home = Home(Phone(AWAY))
    home.desk.publish(
        b'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@example.com">'
        b'<tuple id="t"><status><basic>open</basic></status><note>mobile</note></tuple></presence>'
    )
    home.desk.subscribe()
    assert home.notes() == ["mobile", "away"]


def test_a_choice_is_recorded_and_told() -> None:
    home = Home(Phone("broken"))
    home.desk.subscribe()
    home.notes()
    pua = home.puas.of("phone")
    assert pua is not None
    finish(pua.choose(AWAY, home.desk.now))
    home.desk.work()
    assert home.notes() == ["away"]
    assert home.puas.of("nothing") is None


def test_what_is_fetched_is_as_old_as_it_is_known() -> None:
    phone = Phone(HERE)
    home = Home(phone)
    pua = Pua(ALICE, phone, home.desk.store)
    later = Moment(START.instant, START.timestamp + 9)  # type: ignore[arg-type]
    published = finish(pua.fetch(later))
    assert published.published_at == START.timestamp
    phone.says = AWAY
    published = finish(pua.fetch(later))
    assert (published.published_at, published.slot) == (later.timestamp, "phone")


def test_others_have_no_puas_here() -> None:
    home = Home(Phone(HERE))
    assert finish(home.puas.fetch(BOB, home.desk.now)) == []


@pytest.mark.parametrize("interval", [0.0, 1.0])
def test_a_device_that_wants_no_look_gets_one_at_the_start_alone(interval: float) -> None:
    phone = Phone(HERE)
    phone.interval = interval
    home = Home(phone)
    assert [each.name for each in home.puas.devices()] == ["phone"]
    phone.says = AWAY
    home.desk.wait(2.0)
    recorded = home.recorded()
    assert recorded is not None
    assert (recorded.said == AWAY) is bool(interval)
