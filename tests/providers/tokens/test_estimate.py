"""The estimate against the true ranks: never much too low where it promises that, and not absurdly high."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.catalog import Vocabulary
from providers.tokens.estimate import EXAMINED_CHARS, estimate_text_tokens
from tests.providers.tokens.test_ranks import VOCABULARIES, encoded
from tests.providers.tokens.texts import JSON_DATA, OTHERS, PROMISED, VIETNAMESE_NEWS

AT_MOST_LOW = 0.85
AT_MOST_HIGH = 1.4
# Other languages are promised nothing; this is what they are.
OTHERS_AT_MOST_LOW = 0.85
OTHERS_AT_MOST_HIGH = 1.5
PIECE_CHARS = 250
# Counts of two halves may differ from that of the whole by what is at the seam: a word, a number, a run of marks.
SEAM_TOKENS = 8

vocabulary_of = pytest.mark.parametrize("vocabulary", VOCABULARIES)


@vocabulary_of
@pytest.mark.parametrize("text", PROMISED.values(), ids=PROMISED)
def test_promised_bounds_hold(vocabulary: Vocabulary, text: str) -> None:
    ratio = estimate_text_tokens(text, vocabulary) / encoded(text, vocabulary)

    assert AT_MOST_LOW <= ratio <= AT_MOST_HIGH


@vocabulary_of
@pytest.mark.parametrize("text", PROMISED.values(), ids=PROMISED)
def test_promised_bound_holds_for_every_part_of_some_sentences(vocabulary: Vocabulary, text: str) -> None:
    parts = [text[start : start + PIECE_CHARS] for start in range(0, len(text) - PIECE_CHARS + 1, 50)]

    assert all(estimate_text_tokens(part, vocabulary) >= AT_MOST_LOW * encoded(part, vocabulary) for part in parts)


@vocabulary_of
@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_other_languages_are_near(vocabulary: Vocabulary, text: str) -> None:
    ratio = estimate_text_tokens(text, vocabulary) / encoded(text, vocabulary)

    assert OTHERS_AT_MOST_LOW <= ratio <= OTHERS_AT_MOST_HIGH


@vocabulary_of
def test_decomposed_vietnamese_is_not_low(vocabulary: Vocabulary) -> None:
    """As some keyboards and file systems write it: every mark is a character of its own."""
    text = unicodedata.normalize("NFD", VIETNAMESE_NEWS)

    assert estimate_text_tokens(text, vocabulary) >= AT_MOST_LOW * encoded(text, vocabulary)


@vocabulary_of
def test_a_long_text_is_estimated_by_parts_of_it(vocabulary: Vocabulary) -> None:
    text = VIETNAMESE_NEWS * (EXAMINED_CHARS // len(VIETNAMESE_NEWS)) + JSON_DATA * (EXAMINED_CHARS // len(JSON_DATA))
    in_full = sum(
        estimate_text_tokens(text[start : start + EXAMINED_CHARS], vocabulary)
        for start in range(0, len(text), EXAMINED_CHARS)
    )

    assert estimate_text_tokens(text, vocabulary) == pytest.approx(in_full, rel=0.05)


def test_nothing_is_no_token_and_anything_is_one() -> None:
    assert estimate_text_tokens("", "o200k_base") == 0
    assert estimate_text_tokens(" ", "o200k_base") == 1
    assert estimate_text_tokens("\n", "cl100k_base") == 1


any_text = st.text(st.characters(codec=None), max_size=300) | st.text("aA0 .\nệ語😀", max_size=300)


@given(any_text, st.sampled_from(VOCABULARIES))
def test_any_text_has_an_estimate(text: str, vocabulary: Vocabulary) -> None:
    """Half surrogate pairs too: a client may send them."""
    tokens = estimate_text_tokens(text, vocabulary)

    assert bool(text) <= tokens <= 5 * len(text)


@given(any_text, any_text, st.sampled_from(VOCABULARIES))
def test_two_texts_together_are_about_their_sum(first: str, second: str, vocabulary: Vocabulary) -> None:
    apart = estimate_text_tokens(first, vocabulary) + estimate_text_tokens(second, vocabulary)

    assert abs(estimate_text_tokens(first + second, vocabulary) - apart) <= SEAM_TOKENS
