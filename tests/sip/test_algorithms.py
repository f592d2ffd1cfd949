"""The hash algorithms, against the vectors of their standards."""

from __future__ import annotations

import hashlib

import pytest

from hereabouts.sip.algorithms import Algorithm


@pytest.mark.parametrize(
    "algorithm, hashed",
    [
        # RFC 3261 section 22.4 and RFC 8760 section 2.6 print the first two, FIPS 180-4's own
        # initial values (not those of SHA-512) make the third.
        pytest.param(Algorithm.MD5, "d41d8cd98f00b204e9800998ecf8427e", id="RFC 3261"),
        pytest.param(
            Algorithm.SHA_256,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            id="RFC 8760",
        ),
        pytest.param(
            Algorithm.SHA_512_256,
            "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a",
            id="FIPS 180-4",
        ),
    ],
)
def test_an_empty_body_has_the_hash_that_the_standard_prints(
    algorithm: Algorithm, hashed: str
) -> None:
    assert algorithm.hash(b"") == hashed
    assert algorithm.digits == len(hashed)


@pytest.mark.parametrize(
    "token, algorithm",
    [
        pytest.param(None, Algorithm.MD5, id="naming none means MD5"),
        pytest.param("MD5", Algorithm.MD5, id="as registered"),
        pytest.param("sha-256", Algorithm.SHA_256, id="names have no case"),
        pytest.param("SHA-512-256", Algorithm.SHA_512_256, id="as registered, the third"),
        pytest.param("SHA-256-sess", None, id="session variants are not taken"),
        pytest.param("", None, id="empty is not absent"),
        pytest.param("FOO-1", None, id="unknown"),
    ],
)
def test_algorithms_are_found_by_name(token: str | None, algorithm: Algorithm | None) -> None:
    assert Algorithm.named(token) is algorithm


def test_text_is_hashed_as_the_octets_that_came() -> None:
    octets = b"J\xc3\xa4s\xf8n"
    text = octets.decode("utf-8", "surrogateescape")
    assert Algorithm.SHA_256.hash_text(text) == hashlib.sha256(octets).hexdigest()


def test_an_algorithm_that_the_library_lacks_is_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hashlib, "algorithms_available", {"md5", "sha256"})
    assert [a.is_available for a in Algorithm] == [False, True, True]
