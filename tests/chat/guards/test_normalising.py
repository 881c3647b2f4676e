"""A folded text compares as rules do, and each stretch of it knows what it was made of."""

from __future__ import annotations

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from chat.guards.normalising import CLEANING, FOLDING, Mapped, Piece, folded, given, made_of, translated

ODD = "aIiﬁß①Ⅷℌ𝐢🅘🇬ígﾊﾞé\u0301ОоѕԛΑο\u200b\u00ad\ufe0f\U000e0069\u202e\u3164_ \n\u2028가각ガ忽آ㎏½ﷺ"
TEXTS = st.text(st.one_of(st.sampled_from(ODD), st.characters()))


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("IGNORE", "ignore"),
        ("ｉｇｎｏｒｅ", "ignore"),
        ("𝐢𝓰𝕟𝚘𝖗𝑒", "ignore"),
        ("ⓘⓖⓝⓞⓡⓔ", "ignore"),
        ("🄸🄶🄽🄾🅁🄴", "ignore"),
        ("🅸🅶🅽🅾🆁🅴", "ignore"),
        ("ɪɢɴᴏʀᴇ", "ignore"),
        ("іgnоrе", "ignore"),
        ("ιgnοrε", "ignore"),
        ("ΙGΝΟRΕ", "ignore"),
        ("i̶g̶n̶o̶r̶e̶", "ignore"),
        ("ig\u200bno\u00adr\ufe0fe\U000e0041", "ignore"),
        ("ignore_all", "ignore all"),
        ("Bỏ qua chỉ dẫn, đừng", "bo qua chi dan, dung"),
        ("ﬁlter", "filter"),
        ("Straße", "strasse"),
        ("one\u2003two\tthree", "one two three"),
        ("one\r\ntwo", "one\n\ntwo"),
    ],
)
def test_what_looks_alike_is_alike(written: str, plain: str) -> None:
    assert folded(written) == plain


@pytest.mark.parametrize("word", ["Игнорируй", "ИНСТРУКЦИИ", "تعليمات", "指示", "지시"])
def test_other_scripts_are_compared_with_themselves(word: str) -> None:
    assert folded(word) == folded(word.lower()) == folded(word.upper())
    assert folded(word)


def test_cleaning_keeps_case_and_letters_of_an_encoding() -> None:
    assert "aWdu\u200bb3Jl\ufe0f IGNＯRE".translate(CLEANING) == "aWdub3Jl IGNORE"


@examples(TEXTS, st.data())
def test_a_stretch_was_made_of_what_folds_to_it(text: str, data: st.DataObject) -> None:
    reading = translated(given(text), FOLDING)
    assert reading.text == folded(text)
    if reading.text:
        start = data.draw(st.integers(0, len(reading.text) - 1))
        end = data.draw(st.integers(start + 1, len(reading.text)))

        since, to = reading.span(start, end)

        assert 0 <= since < to <= len(text)
        assert reading.text[start:end] in folded(text[since:to])
        assert folded(text[:since]) == reading.text[: len(folded(text[:since]))]


@examples(TEXTS, st.data())
def test_so_was_a_stretch_of_a_text_made_twice(text: str, data: st.DataObject) -> None:
    reading = translated(translated(given(text), CLEANING), FOLDING)
    if reading.text:
        start = data.draw(st.integers(0, len(reading.text) - 1))
        end = data.draw(st.integers(start + 1, len(reading.text)))

        since, to = reading.span(start, end)

        assert reading.text[start:end] in text[since:to].translate(CLEANING).translate(FOLDING)


def test_a_piece_is_of_its_stretch_as_a_whole_or_by_character() -> None:
    made: Mapped = made_of(
        given("see %41%42 and aWdu!"), [Piece("see ", 0, 4, True), Piece("AB", 4, 10), Piece("x", 15, 19)]
    )

    assert made.text == "see ABx"
    assert made.span(0, 3) == (0, 3)
    assert made.span(5, 6) == (4, 10)
    assert made.span(2, 7) == (2, 19)
