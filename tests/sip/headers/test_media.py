from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.headers.media import MediaType, preferred
from hereabouts.sip.parameters import MalformedHeader

PIDF = "application/pidf+xml"
CPIM = "application/cpim-pidf+xml"


@pytest.mark.parametrize(
    "text, media_type",
    [
        pytest.param(PIDF, MediaType(PIDF, {}), id="the usual"),
        pytest.param("application/PIDF+XML", MediaType(PIDF, {}), id="3261-7.3.1-4: no case"),
        pytest.param(
            "text/plain ; Charset=UTF-8", MediaType("text/plain", {"charset": "UTF-8"}), id="more"
        ),
        pytest.param(
            "multipart/related;boundary=a/b;type=x",
            MediaType("multipart/related", {"boundary": "a/b", "type": "x"}),
            id="a slash in a parameter",
        ),
        pytest.param("text / plain", MediaType("text/plain", {}), id="spaces at the slash"),
    ],
)
def test_a_media_type_is_read(text: str, media_type: MediaType) -> None:
    assert MediaType.parse(text) == media_type


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("text", id="no subtype"),
        pytest.param("text/", id="an empty subtype"),
        pytest.param("/plain", id="an empty type"),
        pytest.param("text/plain;a;a", id="a parameter twice"),
    ],
)
def test_what_is_no_media_type_is_refused(text: str) -> None:
    with pytest.raises(MalformedHeader):
        MediaType.parse(text)


@pytest.mark.parametrize(
    "accepted, choice",
    [
        pytest.param(None, PIDF, id="no header: the first that we have"),
        pytest.param("", None, id="an empty header accepts nothing (RFC 3261 20.1)"),
        pytest.param(CPIM, CPIM, id="the only one"),
        pytest.param("application/PIDF+xml", PIDF, id="in any case of letters"),
        pytest.param(f"{CPIM}, {PIDF}", CPIM, id="equal: the peer's order"),
        pytest.param("text/plain", None, id="none of ours"),
        pytest.param("*/*", PIDF, id="anything: the first that we have"),
        pytest.param("application/*", PIDF, id="any of a kind"),
        pytest.param("text/*", None, id="any of another kind"),
        pytest.param(f"*/*, {CPIM}", CPIM, id="named is better than meant"),
        pytest.param(f"{PIDF};q=0.5, {CPIM}", CPIM, id="the higher quality"),
        pytest.param(f"{PIDF};q=0.5, */*;q=0.1", PIDF, id="a wildcard of less quality"),
        pytest.param(f"{PIDF};q=0", None, id="quality 0 is refused"),
        pytest.param(f"{PIDF};q=0, */*", CPIM, id="refused by name, whatever wildcards say"),
        pytest.param(f"{PIDF};q=x", PIDF, id="an odd quality counts as 1"),
        pytest.param(f"{PIDF};q=inf, {CPIM}", PIDF, id="infinity is odd, and no better"),
        pytest.param(f"{PIDF};q=nan, {CPIM}", PIDF, id="so is what is no number"),
        pytest.param(f"{PIDF};level=1", PIDF, id="parameters of a format do not count"),
    ],
)
def test_the_format_that_a_watcher_likes_best(accepted: str | None, choice: str | None) -> None:
    assert preferred(accepted, (PIDF, CPIM)) == choice


def test_an_odd_range_is_refused() -> None:
    with pytest.raises(MalformedHeader):
        preferred("application/pidf+xml, nonsense", (PIDF,))


@given(st.text() | st.text("a/*;q=.01, "))
def test_any_text_gives_one_of_ours_or_our_own_error(accepted: str) -> None:
    with suppress(MalformedHeader):
        assert preferred(accepted, (PIDF, CPIM)) in {PIDF, CPIM, None}
