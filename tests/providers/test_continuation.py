"""A continued answer has neither gap nor repetition, whatever the chunks; what may be meant is left alone."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from providers.continuation import LONG_OVERLAP_WEIGHT, OverlapTrimmer, continuation_messages
from providers.contract import ChatMessage, Continuation

QUESTION = (ChatMessage.of_text("system", "Be brief."), ChatMessage.of_text("user", "Tell me."))


def joined(shown: str, chunks: list[str], mode: Continuation = "instruction") -> str:
    trimmer = OverlapTrimmer(shown, mode)
    return shown + "".join([*map(trimmer.feed, chunks), trimmer.finish()])


def cut(text: str, places: list[int]) -> list[str]:
    edges = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(edges)]


# --- messages


def test_prefill_ends_in_the_assistants_words_without_trailing_whitespace() -> None:
    messages = continuation_messages(QUESTION, "One, two \n\n", "prefill")

    assert messages == (*QUESTION, ChatMessage.of_text("assistant", "One, two"))


def test_instruction_gives_the_text_and_asks_to_go_on_from_its_end() -> None:
    messages = continuation_messages(QUESTION, "x" * 500 + " the very end ", "instruction")

    assert messages[:3] == (*QUESTION, ChatMessage.of_text("assistant", "x" * 500 + " the very end "))
    assert messages[3].role == "user"
    assert " the very end >>>" in messages[3].text
    assert "x" * 200 not in messages[3].text


def test_a_model_that_cant_continue_is_refused() -> None:
    with pytest.raises(ValueError, match="can't continue"):
        continuation_messages(QUESTION, "text", "none")


@pytest.mark.parametrize("partial_text", ["", " ", "\n\n"])
@pytest.mark.parametrize("mode", ["prefill", "instruction"])
def test_nothing_shown_is_an_ordinary_question(partial_text: str, mode: Continuation) -> None:
    assert continuation_messages(QUESTION, partial_text, mode) == QUESTION


# --- the rule, case by case

LONG = "The harbour was quiet that morning. Two boats left before the sun came up."


@pytest.mark.parametrize(
    ("shown", "continuation", "text"),
    [
        # no repetition
        ("", "Hello there", "Hello there"),
        ("The cat", " sat down.", "The cat sat down."),
        ("The cat ", "sat down.", "The cat sat down."),
        ("The ca", "t sat down.", "The cat sat down."),
        (LONG, " Then it rained.", LONG + " Then it rained."),
        (LONG, "\n\nThe harbour was noisy.", LONG + "\n\nThe harbour was noisy."),
        # a repetition that is long enough
        (LONG, "before the sun came up. Then it rained.", LONG + " Then it rained."),
        (LONG, " before the sun came up. Then it rained.", LONG + " Then it rained."),
        (LONG, "\nbefore the sun came up.\nThen it rained.", LONG + "\nThen it rained."),
        (LONG + "\n\n", "before the sun came up.\n\nThen it rained.", LONG + "\n\nThen it rained."),
        (LONG + "\n", "before the sun came up.\n\nThen it rained.", LONG + "\n\nThen it rained."),
        ("他们在港口等待天亮,", "港口等待天亮,然后出发。", "他们在港口等待天亮,然后出发。"),
        (
            "Tôi đã viết báo cáo về ngân sách",
            "báo cáo về ngân sách năm nay.",
            "Tôi đã viết báo cáo về ngân sách năm nay.",
        ),
        # the whole text again
        (LONG, LONG + " Then it rained.", LONG + " Then it rained."),
        ("foo", " foo bar", "foo bar"),
        ("Hello! ", "Hello! How are you?", "Hello! How are you?"),
        ("# Title\n\n", "# Title\n\nText", "# Title\n\nText"),
        ("\n\nSure, I", "Sure, I can.", "\n\nSure, I can."),
        (LONG, LONG, LONG),
        # the word that was cut, or the last one, joined without whitespace
        ("The quick bro", "brown fox", "The quick brown fox"),
        ("The quick brown", "brown fox", "The quick brown fox"),
        # what may well be meant stays
        ("Ha", "ha!", "Haha!"),
        ("ha", "ha", "haha"),
        ("haha", "haha", "hahahaha"),
        ("It is very", " very good.", "It is very very good."),
        ("New York", ", New York!", "New York, New York!"),
        ("1,000", ",000,000", "1,000,000,000"),
        ("100", "100", "100100"),
        ("a", "a", "aa"),
        ("bo", "ok", "book"),
        ("boo", "ok", "boook"),
        ("again and again", " and again", "again and again and again"),
        ("| --- | --- |", " --- | --- |", "| --- | --- | --- | --- |"),
        ("----------", "----------", "-" * 20),
        ("<p>x</p>\n  </div>\n", "  </div>\n</div>", "<p>x</p>\n  </div>\n  </div>\n</div>"),
        # equal rows: the shown text already repeats itself, so one more is no mistake
        ("row number one\n" * 3, "row number one\nend", "row number one\n" * 4 + "end"),
        # another character follows than the shown text has: so it was no repetition
        (
            "- Install the package\n",
            "- Install the package manager",
            "- Install the package\n- Install the package manager",
        ),
        # a repetition that breaks off is none
        (LONG, "before the sun went down.", LONG + "before the sun went down."),
        # the second reading of an ambiguous beginning: longest first, but only if it holds to the end
        (f"{LONG} Two. {LONG}", f"{LONG} Three.", f"{LONG} Two. {LONG} Three."),
        (f"{LONG} Two. {LONG}", f"{LONG} Two. {LONG} Three.", f"{LONG} Two. {LONG} Three."),
    ],
)
def test_repetition(shown: str, continuation: str, text: str) -> None:
    assert joined(shown, [continuation]) == text
    assert joined(shown, list(continuation)) == text


@pytest.mark.parametrize(
    ("shown", "continuation", "text"),
    [
        ("foo ", " bar", "foo bar"),
        ("foo ", "bar", "foo bar"),
        ("foo\n\n", "\n\nbar", "foo\n\nbar"),
        ("foo\n", "\n\nbar", "foo\n\nbar"),
        ("foo\n\n", "\nbar", "foo\n\nbar"),
        ("foo\n", " bar", "foo\n bar"),
        ("foo", "\n\nbar", "foo\n\nbar"),
        ("  ", "bar", "  bar"),
        (LONG + "\n\n", "sun came up early\n\nThen", LONG + "\n\nsun came up early\n\nThen"),
        (LONG + "\n\n", "before the sun came up.\n\nThen", LONG + "\n\nThen"),
    ],
)
def test_after_a_prefill_whitespace_is_not_doubled(shown: str, continuation: str, text: str) -> None:
    assert joined(shown, [continuation], "prefill") == text
    assert joined(shown, list(continuation), "prefill") == text


def test_text_is_held_back_only_while_it_may_be_a_repetition() -> None:
    trimmer = OverlapTrimmer(LONG, "instruction")

    assert trimmer.feed(" before") == ""
    assert trimmer.feed(" that") == " before that"
    assert trimmer.feed(" before the sun came up.") == " before the sun came up."
    assert trimmer.finish() == ""


def test_a_full_restart_is_held_back_to_its_end_and_then_flows() -> None:
    text = " ".join(f"Sentence number {number} of a long answer." for number in range(2_000))
    trimmer = OverlapTrimmer(text, "instruction")

    held = [trimmer.feed(text[start : start + 40]) for start in range(0, len(text), 40)]

    assert set(held) == {""}
    assert trimmer.feed(" And more.") == " And more."


def test_a_text_that_repeats_itself_is_not_held_back() -> None:
    trimmer = OverlapTrimmer("spam and eggs and spam, " * 500, "instruction")

    assert trimmer.feed("spam and eggs") == "spam and eggs"


# --- properties

_PROSE = (
    "harbour morning quiet boats left before sunrise while gulls circled above every mast and nobody spoke a word "
    "Nguyễn viết một bài thơ về mùa thu x = f(1); `code` **bold** 42 3.14 — 港口 天亮 等待 出发 émigré naïve"
)
_WORDS = _PROSE.split()
_SPACES = [" ", " ", " ", "\n", "\n\n", "  ", ", ", ". "]


@st.composite
def _texts(draw: st.DrawFn) -> str:
    """Prose in which no word stands twice, so that what repeats is a repetition."""
    words = draw(st.permutations(_WORDS))
    spaces = draw(st.lists(st.sampled_from(_SPACES), min_size=len(words), max_size=len(words)))
    return "".join(word + space for word, space in zip(words, spaces, strict=True))


def _weight(text: str) -> int:
    return sum(2 if "\u4e00" <= character <= "\u9fff" else 1 for character in text if character.isalnum())


@given(_texts(), st.data(), st.lists(st.integers(0, 500), max_size=12))
def test_any_repetition_of_some_weight_is_dropped(text: str, data: st.DataObject, places: list[int]) -> None:
    shown_chars = data.draw(st.integers(0, len(text)))
    shown, rest = text[:shown_chars], text[shown_chars:]
    repeated_chars = data.draw(st.integers(0, min(shown_chars, 400)))
    repeated = shown[shown_chars - repeated_chars :]
    assume(repeated_chars == 0 or _weight(repeated) >= LONG_OVERLAP_WEIGHT)

    assert joined(shown, cut(repeated + rest, places)) == text


@given(_texts(), st.data(), st.lists(st.integers(0, 500), max_size=12))
def test_a_repetition_of_less_weight_is_dropped_or_kept_but_never_half(
    text: str, data: st.DataObject, places: list[int]
) -> None:
    shown_chars = data.draw(st.integers(1, len(text)))
    shown, rest = text[:shown_chars], text[shown_chars:]
    repeated = shown[shown_chars - data.draw(st.integers(1, min(shown_chars, 15))) :]

    assert joined(shown, cut(repeated + rest, places)) in (text, shown + repeated + rest)


@given(_texts(), st.data(), st.lists(st.integers(0, 500), max_size=12))
def test_after_a_prefill_the_whitespace_and_any_repetition_are_dropped(
    text: str, data: st.DataObject, places: list[int]
) -> None:
    shown_chars = data.draw(st.integers(0, len(text)))
    seen = text[:shown_chars].rstrip()
    repeated = seen[len(seen) - data.draw(st.integers(0, min(len(seen), 400))) :]
    assume(not repeated or _weight(repeated) >= LONG_OVERLAP_WEIGHT)

    assert joined(text[:shown_chars], cut(repeated + text[len(seen) :], places), "prefill") == text


@given(st.text(max_size=200), st.integers(0, 200), st.lists(st.integers(0, 200), max_size=8))
def test_any_text_without_a_repetition_passes_unchanged(text: str, place: int, places: list[int]) -> None:
    shown, rest = text[:place], text[place:]
    body = rest.lstrip()
    assume(not any(shown.rstrip().endswith(body[:length]) for length in range(1, len(body) + 1)))

    assert joined(shown, cut(rest, places)) == text


@given(
    st.text(alphabet="ab \n", max_size=60),
    st.text(alphabet="ab \n", max_size=60),
    st.lists(st.integers(0, 60), max_size=8),
    st.sampled_from(["prefill", "instruction"]),
)
def test_the_chunks_make_no_difference(shown: str, following: str, places: list[int], mode: Continuation) -> None:
    assert joined(shown, cut(following, places), mode) == joined(shown, [following], mode)


@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(["prefill", "instruction"]))
def test_what_is_dropped_was_shown(shown: str, following: str, mode: Continuation) -> None:
    added = joined(shown, [following], mode)[len(shown) :]

    assert following.endswith(added)
    dropped = following[: len(following) - len(added)]
    assert re.sub(r"\s", "", dropped) in re.sub(r"\s", "", shown)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", ["a", "ab", "a ", "word ", "|---", "\n", "a" * 1_000 + "b"])
def test_hostile_repetition_takes_no_time(unit: str) -> None:
    shown = (unit * 100_000)[:100_000]
    trimmer = OverlapTrimmer(shown, "instruction")
    given = shown[:20_000]
    passed = "".join(trimmer.feed(given[start : start + 4]) for start in range(0, len(given), 4)) + trimmer.finish()
    assert given.endswith(passed)
