from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hereabouts.storage.index import Gone, Index, Placed
from tests.contracts.backends import key, note


def placed(place: int) -> Placed:
    return Placed(note(str(place)), place, place)


def test_an_owner_without_entries_takes_no_memory() -> None:
    index = Index({"note": {}})
    index.place(key("a"), placed(1))
    index.remove(key("a"))
    assert index.owners == {"note": {}}


def test_removing_what_is_absent_does_nothing() -> None:
    index = Index({"note": {}})
    index.remove(key("a"))
    index.place(key("a"), placed(1))
    index.remove(key("b"))
    assert dict(index.items()) == {key("a"): placed(1)}


def test_a_key_stands_for_an_entry_a_deletion_or_nothing() -> None:
    index = Index({"note": {}})
    index.place(key("a"), placed(1))
    index.gone[key("b")] = Gone(2, 2)
    assert index.slot(key("a")) == placed(1)
    assert index.slot(key("b")) == Gone(2, 2)
    assert index.slot(key("c")) is None


@given(st.sets(st.sampled_from("abcdef")), st.permutations("abcdef"))
def test_what_is_restored_is_back_in_its_order(removed: set[str], order: list[str]) -> None:
    index = Index({"note": {}})
    for place, entry_id in enumerate("abcdef", start=1):
        index.place(key(entry_id), placed(place))
    before = list(index.items())
    slots = {key(e): index.slot(key(e)) for e in order if e in removed}
    for where in slots:
        index.remove(where)
        index.gone[where] = Gone(9, 9)
    index.restore({where: slot for where, slot in slots.items() if slot is not None})
    assert list(index.items()) == before
    assert index.gone == {}
