from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Malformed
from hereabouts.presence.pidf.document import Document
from hereabouts.presence.pidf.entity import WrongEntity, check_entity

BOB = "sip:bob@example.com"


@pytest.mark.parametrize(
    "entity, presentity",
    [
        pytest.param(BOB, BOB, id="the same"),
        pytest.param("pres:bob@example.com", BOB, id="the pres scheme of RFC 3863"),
        pytest.param("sips:bob@example.com", BOB, id="the same user, securely"),
        pytest.param("SIP:bob@EXAMPLE.com", BOB, id="scheme and host in any case"),
        pytest.param("sip:bob@example.com:5060", BOB, id="a port"),
        pytest.param("sip:bob@example.com;transport=udp", BOB, id="a URI parameter"),
        pytest.param("sip:bob@example.com?a=b", BOB, id="a URI header"),
        pytest.param("<sip:bob@example.com>", BOB, id="angle brackets"),
        pytest.param('"Bob" <sip:bob@example.com>', BOB, id="a display name"),
        pytest.param("sip:%62ob@example.com", BOB, id="an escape that needs not be"),
        pytest.param("sip:bob:secret@example.com", BOB, id="a password"),
        pytest.param("sip:bob@[::1]:5070", "sip:bob@[::1]", id="an IPv6 address and a port"),
        pytest.param("sip:bob@example.com", "sip:bob@example.com:6000", id="a port on our side"),
    ],
)
def test_a_document_about_the_presentity_passes(entity: str, presentity: str) -> None:
    check_entity(Document(entity), presentity)


@pytest.mark.parametrize(
    "entity",
    [
        pytest.param("sip:eve@example.com", id="another user"),
        pytest.param("sip:Bob@example.com", id="users differ by case"),
        pytest.param("sip:bob@example.org", id="another domain"),
        pytest.param("sip:example.com", id="no user"),
        pytest.param("bob@example.com", id="no scheme"),
        pytest.param("tel:bob@example.com", id="another scheme"),
        pytest.param("sip:bob@", id="no host"),
        pytest.param("sip:eve@example.com;x=sip:bob@example.com", id="the right one as parameter"),
        pytest.param("<sip:bob@example.com><sip:eve@example.com>", id="two of them"),
        pytest.param("<sip:eve@example.com>;<sip:bob@example.com", id="brackets that do not match"),
        pytest.param("sip:bob@example.com@example.org", id="two hosts"),
    ],
)
def test_a_document_about_anybody_else_is_refused(entity: str) -> None:
    with pytest.raises(WrongEntity, match=r"not about sip:bob@example\.com"):
        check_entity(Document(entity), BOB)


@given(st.text(max_size=30))
def test_no_entity_whatever_passes_for_bob_but_his(entity: str) -> None:
    try:
        check_entity(Document(entity), BOB)
    except Malformed:
        return
    assert "@example.com" in entity.lower()
