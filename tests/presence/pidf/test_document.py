from __future__ import annotations

import msgspec
import pytest

from hereabouts.presence.pidf.document import Contact, Document
from hereabouts.presence.pidf.reader import read
from tests.presence.pidf.samples import FULL


@pytest.mark.parametrize(
    "priority, weight",
    [
        pytest.param("", 0.0, id="none is the lowest"),
        pytest.param("0.021", 0.021, id="three decimals"),
        pytest.param("1.", 1.0, id="a point with nothing after it"),
    ],
)
def test_contacts_are_compared_by_weight(priority: str, weight: float) -> None:
    assert Contact("sip:alice@example.com", priority).weight == weight


def test_a_document_is_a_value_that_can_be_stored_and_hashed() -> None:
    document = read(FULL)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(document), type=Document) == document
    assert hash(document) == hash(read(FULL))
