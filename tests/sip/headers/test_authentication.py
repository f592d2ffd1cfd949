"""The header values of digest authentication: what is read, what is refused, what is written."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.headers.authentication import Challenge, Credentials, OtherScheme, Protection
from hereabouts.sip.parameters import MalformedHeader

PLAIN = (
    'Digest username="alice", realm="example.com", nonce="n", uri="sip:bob@example.com", '
    'response="0123456789abcdef0123456789abcdef"'
)
COUNTED = PLAIN + ', algorithm=MD5, qop=auth, nc=00000001, cnonce="c"'
PARSED = Credentials(
    username="alice",
    realm="example.com",
    nonce="n",
    uri="sip:bob@example.com",
    response="0123456789abcdef0123456789abcdef",
    algorithm="MD5",
    qop=Protection.AUTH,
    nonce_count="00000001",
    cnonce="c",
)
HEAD, LAST = COUNTED.removeprefix("Digest ").rsplit(", ", 1)
TURNED = ", ".join(reversed(COUNTED.removeprefix("Digest ").split(", ")))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(COUNTED, id="as the grammar has it"),
        pytest.param(COUNTED.replace(", ", ","), id="no space after commas, as Twinkle"),
        pytest.param(COUNTED.replace("Digest ", "Digest  "), id="two spaces, as linphone"),
        pytest.param(COUNTED.replace("Digest", "DIGEST"), id="the scheme has no case"),
        pytest.param(COUNTED.replace("username=", "UserName="), id="names have no case"),
        pytest.param(COUNTED.replace("qop=auth", 'qop="auth"'), id="qop in quotes"),
        pytest.param(COUNTED.replace("=MD5", '="MD5"'), id="algorithm in quotes"),
        pytest.param(COUNTED.replace("00000001", '"00000001"'), id="nc in quotes"),
        pytest.param(COUNTED.replace("=auth", "=AUTH"), id="qop has no case"),
        pytest.param(COUNTED.replace("=", " = "), id="spaces around the equals sign"),
        pytest.param(COUNTED.replace(", ", "\r\n  , "), id="folded lines"),
        pytest.param(f"Digest {LAST}, {HEAD}", id="another order"),
        pytest.param(f"Digest {TURNED}", id="the order turned around"),
        pytest.param(COUNTED + ', auth-param="x"', id="a parameter that nobody knows"),
        pytest.param(
            COUNTED.replace('"sip:bob@example.com"', "sip:bob@example.com"), id="bare uri"
        ),
        pytest.param(COUNTED.replace('"alice"', '"al\\ice"'), id="a quoting slash"),
        pytest.param(
            COUNTED.replace('username="alice"', "username*=UTF-8''%61lice"), id="extended name"
        ),
        pytest.param(
            COUNTED.replace('username="alice"', "username*=utf-8'en'alice"), id="with language"
        ),
    ],
)
def test_credentials_are_read_in_every_form_that_clients_send(text: str) -> None:
    assert Credentials.parse(text) == PARSED


def test_an_answer_without_qop_is_read() -> None:
    credentials = Credentials.parse(PLAIN)
    assert (credentials.qop, credentials.nonce_count, credentials.algorithm) == (None, None, None)


def test_an_empty_answer_is_read_as_clients_may_send_one_before_any_challenge() -> None:
    text = 'Digest username="a", realm="r", nonce="", uri="sip:r", response=""'
    assert Credentials.parse(text).response == ""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("Digest", id="a scheme alone"),
        pytest.param("Digest ", id="a scheme and a space"),
        pytest.param(PLAIN.replace("Digest ", "Digest"), id="no space after the scheme"),
        pytest.param(PLAIN.replace('username="alice", ', ""), id="no username"),
        pytest.param(PLAIN.replace('realm="example.com", ', ""), id="no realm"),
        pytest.param(PLAIN.replace('nonce="n", ', ""), id="no nonce"),
        pytest.param(PLAIN.replace('uri="sip:bob@example.com", ', ""), id="no uri"),
        pytest.param(PLAIN.partition(", response")[0], id="no response"),
        pytest.param(PLAIN + ', username="bob"', id="two users"),
        pytest.param(PLAIN + ', USERNAME="bob"', id="two users, in another case"),
        pytest.param(PLAIN + ", username*=UTF-8''alice", id="username and username*"),
        pytest.param(
            PLAIN.replace('username="alice"', "username*=latin1''alice"), id="unknown charset"
        ),
        pytest.param(
            PLAIN.replace('username="alice"', "username*=UTF-8''a%0Ab"), id="a line break hidden"
        ),
        pytest.param(PLAIN.replace('username="alice"', "username*=UTF-8''"), id="empty username*"),
        pytest.param(PLAIN + ",", id="nothing after the last comma"),
        pytest.param(PLAIN.replace(", uri", ",, uri"), id="nothing between commas"),
        pytest.param(PLAIN.replace(", uri", " uri"), id="no comma"),
        pytest.param(PLAIN[:-1], id="an open quote"),
        pytest.param(PLAIN.replace("alice", "al\nice"), id="a line break in a value"),
        pytest.param(PLAIN.replace("alice", "al\ud800ice"), id="no octets are this"),
        pytest.param(PLAIN.replace("0123", "wxyz"), id="response is not hexadecimal"),
        pytest.param(PLAIN + ", algorithm=", id="an empty value"),
        pytest.param(PLAIN + ', algorithm="MD 5"', id="an algorithm of two words"),
        pytest.param(COUNTED.replace("00000001", "1"), id="nc is too short"),
        pytest.param(COUNTED.replace("00000001", "000000001"), id="nc is too long"),
        pytest.param(COUNTED.replace("00000001", "0000000g"), id="nc is not hexadecimal"),
        pytest.param(
            COUNTED.replace("00000001", "\uff10" * 7 + "\uff11"), id="nc has foreign digits"
        ),
        pytest.param(COUNTED.replace(", nc=00000001", ""), id="qop without nc"),
        pytest.param(COUNTED.replace(', cnonce="c"', ""), id="qop without cnonce"),
        pytest.param(COUNTED.replace("qop=auth", "qop=auth-conf"), id="qop is unknown"),
        pytest.param(COUNTED.replace("qop=auth", 'qop="auth,auth-int"'), id="qop is a list"),
    ],
)
def test_credentials_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(MalformedHeader):
        Credentials.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "Basic YWxpY2U6c2VjcmV0",
        "NoOneKnowsThisScheme opaque-data=here",
        "Bearer x",
        "Digestive a=b",
    ],
)
def test_another_scheme_is_known_as_such(text: str) -> None:
    with pytest.raises(OtherScheme):
        Credentials.parse(text)
    with pytest.raises(OtherScheme):
        Challenge.parse(text)


def test_a_challenge_is_written_with_the_quotes_that_are_prescribed() -> None:
    challenge = Challenge("example.com", "n", "SHA-256", (Protection.AUTH,), is_stale=True)
    assert (
        str(challenge)
        == 'Digest realm="example.com", nonce="n", qop="auth", algorithm=SHA-256, stale=true'
    )


@pytest.mark.parametrize(
    "given_, read",
    [
        pytest.param("", Challenge("r", "n"), id="the least"),
        pytest.param(
            ', qop="auth, auth-int"', Challenge("r", "n", None, tuple(Protection)), id="list"
        ),
        pytest.param(
            ', qop="auth,foo"', Challenge("r", "n", None, (Protection.AUTH,)), id="foo is ignored"
        ),
        pytest.param(", stale=TRUE", Challenge("r", "n", is_stale=True), id="stale has no case"),
        pytest.param(', stale="true"', Challenge("r", "n", is_stale=True), id="stale in quotes"),
        pytest.param(", stale=maybe", Challenge("r", "n"), id="anything but true is not stale"),
        pytest.param(", algorithm=FOO-1", Challenge("r", "n", "FOO-1"), id="unknown, but read"),
        pytest.param(', opaque="o", domain="sip:r"', Challenge("r", "n", opaque="o"), id="opaque"),
    ],
)
def test_challenges_are_read(given_: str, read: Challenge) -> None:
    assert Challenge.parse('Digest realm="r",nonce="n"' + given_) == read


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('Digest nonce="n"', id="no realm"),
        pytest.param('Digest realm="r"', id="no nonce"),
        pytest.param('Digest realm="r", nonce="n", qop="foo"', id="nobody could answer this"),
        pytest.param('Digest realm="r", nonce="n", qop=""', id="qop offers nothing"),
    ],
)
def test_challenges_that_cannot_be_answered_are_refused(text: str) -> None:
    with pytest.raises(MalformedHeader):
        Challenge.parse(text)


@pytest.mark.parametrize("username", ["a\r\nVia: x", "a\x00b", "a\x7fb"])
def test_nothing_written_can_end_the_header(username: str) -> None:
    with pytest.raises(MalformedHeader):
        str(Credentials(username, "r", "n", "sip:r", ""))


quotable = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\t"))
quotable_raw = quotable | st.text(st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF))
tokens = st.from_regex(r"[A-Za-z0-9.!%*_+`'~-]+", fullmatch=True)
counted = st.fixed_dictionaries(
    {
        "qop": st.sampled_from(Protection),
        "nonce_count": st.from_regex(r"[0-9a-fA-F]{8}", fullmatch=True),
        "cnonce": quotable,
    }
)
credentials_values = st.builds(
    lambda count, **fields: Credentials(**fields, **count),
    count=counted | st.just({}),
    username=quotable_raw,
    realm=quotable,
    nonce=quotable,
    uri=quotable,
    response=st.text("0123456789abcdefABCDEF"),
    algorithm=st.none() | tokens,
    opaque=st.none() | quotable,
)
challenge_values = st.builds(
    Challenge,
    realm=quotable_raw,
    nonce=quotable,
    algorithm=st.none() | tokens,
    qop=st.sampled_from([(), (Protection.AUTH,), (Protection.AUTH_INT,), tuple(Protection)]),
    is_stale=st.booleans(),
    opaque=st.none() | quotable,
)
almost = st.lists(
    st.sampled_from(
        [*PLAIN.split(" "), *COUNTED.split(", "), "Digest ", ",", '"', "\\", "=", "qop=", " ", "*"]
    )
).map("".join)


@given(credentials_values)
def test_the_credentials_we_write_we_can_read(value: Credentials) -> None:
    assert Credentials.parse(str(value)) == value


@given(challenge_values)
def test_the_challenges_we_write_we_can_read(value: Challenge) -> None:
    assert Challenge.parse(str(value)) == value


@given(st.text() | st.text().map("Digest ".__add__) | almost | almost.map("Digest ".__add__))
def test_anything_at_all_raises_only_our_own_error(text: str) -> None:
    with suppress(MalformedHeader):
        Credentials.parse(text)
    with suppress(MalformedHeader):
        Challenge.parse(text)
