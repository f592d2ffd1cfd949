from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.parameters import (
    MalformedHeader,
    Parameters,
    parse_parameters,
    parse_seconds,
    quote,
    split_values,
    unquote,
    write_parameters,
)


@pytest.mark.parametrize(
    "text, values",
    [
        pytest.param("a", ["a"], id="one value"),
        pytest.param(" a\t", ["a"], id="spaces around it are not part of it"),
        pytest.param("a, b ,c", ["a", "b", "c"], id="a comma list"),
        pytest.param("", [""], id="an empty header has an empty value"),
        pytest.param("a,,b", ["a", "", "b"], id="nothing between two commas"),
        pytest.param('"a, b" <sip:x>, c', ['"a, b" <sip:x>', "c"], id="a comma in quotes"),
        pytest.param(r'"a\", b", c', [r'"a\", b"', "c"], id="an escaped quote ends nothing"),
        pytest.param(r'"a\\", b', [r'"a\\"', "b"], id="an escaped backslash escapes nothing"),
        pytest.param("<sip:a,b@h>, c", ["<sip:a,b@h>", "c"], id="a comma in angle brackets"),
        pytest.param('<sip:a"b@h>, c', ['<sip:a"b@h>', "c"], id="a quote in angle brackets"),
        pytest.param('"<", b', ['"<"', "b"], id="an angle bracket in quotes"),
        pytest.param('a, "b, c', ["a", '"b, c'], id="quotes that do not end hide the rest"),
        pytest.param("a, <b, c", ["a", "<b, c"], id="brackets that do not end hide the rest"),
        pytest.param('a, "', ["a", '"'], id="a lone quote is no comma"),
        pytest.param("a> , b", ["a>", "b"], id="a bracket that closes nothing"),
    ],
)
def test_a_comma_list_is_split(text: str, values: list[str]) -> None:
    """3261-7.3.1-5: several values in one row are those of several rows."""
    assert split_values(text) == values


@pytest.mark.parametrize(
    "text, parameters",
    [
        pytest.param("", {}, id="none"),
        pytest.param(";a=b", {"a": "b"}, id="one"),
        pytest.param(";lr", {"lr": None}, id="a name alone"),
        pytest.param(";a=", {"a": ""}, id="an empty value is not a missing one"),
        pytest.param(" ; a = b\t; c ", {"a": "b", "c": None}, id="spaces around everything"),
        pytest.param(";Expires=60;Q=0.5", {"expires": "60", "q": "0.5"}, id="names have no case"),
        pytest.param(";a=B", {"a": "B"}, id="values keep their case"),
        pytest.param(';a="x;y";b', {"a": '"x;y"', "b": None}, id="a semicolon in quotes"),
        pytest.param(';a="x\\";y"', {"a": '"x\\";y"'}, id="an escaped quote"),
        pytest.param(";a=b=c", {"a": "b=c"}, id="the first equals sign counts"),
        pytest.param(";;a;", {"a": None}, id="empty ones are passed over"),
        pytest.param(";a=[::1]", {"a": "[::1]"}, id="an IPv6 address"),
    ],
)
def test_parameters_are_read(text: str, parameters: Parameters) -> None:
    """3261-7.3.1-4: parameter names have no case."""
    assert parse_parameters(text) == parameters


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(";tag=a;tag=b", id="3261-7.3.1-7: a name comes once"),
        pytest.param(";tag=a;TAG=a", id="3261-7.3.1-7: in any case of letters"),
        pytest.param(";=a", id="no name"),
        pytest.param(";a b=c", id="a space in a name"),
        pytest.param(';"a"=b', id="quotes around a name"),
        pytest.param(";\u00e4=b", id="a name that is not ASCII"),
    ],
)
def test_odd_parameters_are_refused(text: str) -> None:
    with pytest.raises(MalformedHeader):
        parse_parameters(text)


NAMES = st.from_regex(r"[a-z0-9\-.!%*_+`'~]{1,12}", fullmatch=True)
QUOTED = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=12).map(quote)
TOKENS = st.from_regex(r"[A-Za-z0-9\-.!%*_+`'~=]{0,12}", fullmatch=True)


@given(st.dictionaries(NAMES, st.none() | TOKENS | QUOTED))
def test_the_parameters_we_write_we_can_read(parameters: Parameters) -> None:
    assert parse_parameters(write_parameters(parameters)) == parameters


@given(st.text(st.characters(codec="utf-8")))
def test_what_we_quote_we_can_unquote(text: str) -> None:
    """3261-25.1-3: quoted pairs inside quoted strings."""
    assert unquote(quote(text)) == text


@pytest.mark.parametrize(
    "text, content",
    [
        pytest.param("abc", "abc", id="no quotes"),
        pytest.param('"a\\bc"', "abc", id="an escape that need not be"),
        pytest.param('"', '"', id="a lone quote is not quoted"),
        pytest.param('"a\\\nb"', "a\nb", id="an escaped line break"),
    ],
)
def test_quotes_and_escapes_are_undone(text: str, content: str) -> None:
    assert unquote(text) == content


@pytest.mark.parametrize(
    "text, seconds",
    [
        pytest.param(None, None, id="absent"),
        pytest.param("0", 0, id="zero"),
        pytest.param("3600", 3600, id="an hour"),
        pytest.param("4294967295", 2**32 - 1, id="the largest"),
        pytest.param("4294967296", 2**32 - 1, id="one more is the largest too"),
        pytest.param("9" * 5000, 2**32 - 1, id="more digits than Python converts"),
        pytest.param("0" * 20 + "60", 60, id="leading zeros"),
        pytest.param("00", 0, id="zero twice"),
        pytest.param("", None, id="nothing"),
        pytest.param("-1", None, id="negative"),
        pytest.param("1.5", None, id="a fraction"),
        pytest.param(" 5", None, id="a space"),
        pytest.param("\u0665", None, id="a digit of another script"),
        pytest.param("abc", None, id="3261-10.2.1-1: no number"),
    ],
)
def test_seconds_are_read(text: str | None, seconds: int | None) -> None:
    assert parse_seconds(text) == seconds


ODD = st.text(st.sampled_from('a=;,"\\<> \t\n\u00e4'), max_size=30) | st.text()


@given(ODD)
def test_any_text_is_split_and_nothing_but_spaces_lost(text: str) -> None:
    assert "".join(",".join(split_values(text)).split()) == "".join(text.split())


@given(ODD)
def test_any_text_as_parameters_raises_only_our_own_error(text: str) -> None:
    with suppress(MalformedHeader):
        parse_parameters(text)


HOSTILE = ['"' + '\\"' * 60_000, '"' * 60_001, "<" * 60_000, "," * 60_000, '"' + "\\" * 60_001]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:3])
def test_a_datagram_full_of_quotes_is_split_in_one_pass(text: str) -> None:
    # Anything but one pass would keep this test busy for minutes.
    assert "".join(split_values(f"{text},")).strip(",") == text.strip(",")
