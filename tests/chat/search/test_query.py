"""Reading what was typed, and showing it in a text: nothing typed and no text breaks either."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.search.folding import fold
from chat.search.query import QUERY_MAX_TERMS, Term, parse_query
from chat.search.snippets import SNIPPET_CHARS, Piece, highlight, snippet

SIGNS = st.sampled_from([*"abđéßİ数ข -\"“”*()'\\:%§\n", "\u0301", "\u0300", "ﬁ", "🙂"])
TYPED = st.lists(SIGNS, max_size=60).map("".join) | st.text(max_size=60)


def marked(pieces: list[Piece]) -> str:
    return "".join(f"[{piece.text}]" if piece.is_hit else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("typed", "wanted", "unwanted"),
    [
        ("pool queue", [Term(("pool",)), Term(("queue",), is_prefix=True)], []),
        ("pool ", [Term(("pool",))], []),
        ("p", [Term(("p",))], []),
        ('"pool is" -"the queue" -x', [Term(("pool", "is"))], [Term(("the", "queue")), Term(("x",))]),
        ("“pool is” «the queue»", [Term(("pool", "is")), Term(("the", "queue"))], []),
        ("gpt-4o-mini", [Term(("gpt", "4o", "mini"), is_prefix=True)], []),
        ("数据库", [Term(("数", "据", "库"))], []),
        ('"pool', [Term(("pool",))], []),
        ("- -- --x", [], [Term(("x",))]),
    ],
)
def test_what_was_typed(typed: str, wanted: list[Term], unwanted: list[Term]) -> None:
    query = parse_query(typed)
    assert list(query.wanted) == wanted
    assert list(query.unwanted) == unwanted


@given(TYPED)
def test_any_text_is_a_query_of_folded_words(typed: str) -> None:
    query = parse_query(typed)
    terms = [*query.wanted, *query.unwanted]
    assert len(terms) <= QUERY_MAX_TERMS
    for term in terms:
        assert term.words
        assert fold(" ".join(term.words)).split() == list(term.words)
        assert not re.search(r"[\"'\\*():§\s]", "".join(term.words))


@given(TYPED)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(text.upper()) == fold(text.upper().lower())


@given(TYPED, TYPED)
@settings(max_examples=60)
def test_a_short_text_is_shown_whole(text: str, typed: str) -> None:
    def bare(said: str) -> str:
        return re.sub(r"[\s`*#]", "", said)

    assert bare("".join(piece.text for piece in highlight(text, parse_query(typed)))) == bare(text)


@given(
    st.lists(st.sampled_from(["pool", "queue", "đường", "e\u0301t", "数据", "\n\n", "**b**", "x" * 300]), max_size=80)
)
@settings(max_examples=40)
def test_a_snippet_is_short_and_has_what_was_searched_for(words: list[str]) -> None:
    text = " ".join(words)
    pieces = snippet(text, parse_query('"duong" 据 "et"'))
    assert sum(len(piece.text) for piece in pieces) <= SNIPPET_CHARS + 4
    assert any(piece.is_hit for piece in pieces) == any(word in ("đường", "e\u0301t", "数据") for word in words)


@pytest.mark.parametrize(
    ("text", "typed", "shown"),
    [
        ("The pool is small", "POOL", "The [pool] is small"),
        ("Pools of a pool", "pool ", "Pools of a [pool]"),
        ("Pools of a pool", "pool", "[Pool]s of a [pool]"),
        ("Con đường, ĐƯỜNG", "duong", "Con [đường], [ĐƯỜNG]"),
        ("Cafe\u0301 noir", "cafe noir", "[Cafe\u0301] [noir]"),
        ("the pool is small", '"pool is"', "the [pool is] small"),
        ("the pool\n  is small", '"pool is"', "the [pool is] small"),
        ("更大的数据库连接池", "数据库", "更大的[数据库]连接池"),
        ("Use `pool_size` **now**", "pool_size", "Use [pool_size] now"),
        ("A *pool* and _its_ ~~queue~~", "pool queue", "A [pool] and its [queue]"),
        (r"You said: \*write 500 words\*", "words", "You said: *write 500 [words]*"),
        ("## The pool\n\n- *one*\n- [its **queue**](https://example.org/)", "queue", "The pool one its [queue]"),
        ("| pool | queue |\n|---|---|\n| 1 | **2** |", "pool", "[pool] queue 1 2"),
        ("2 * 3 * pool_size and _x", "pool", "2 * 3 * [pool]_size and _x"),
        ("```python\n# pool = *args*\n```\nAfter *it*", "pool", "# [pool] = *args* After it"),
        ("[here](https://example.org/pool)", "pool", "[here](https://example.org/[pool])"),
        ("```\n" + "x = 1  # a\n" * 40 + "# *pool*\n```\n", "pool", "… 1 # a x = 1 # a x = 1 # a x = 1 # a # *[pool]*"),
        ("Nothing of it", "pool", "Nothing of it"),
        ("<mark>pool</mark>", "pool", "<mark>[pool]</mark>"),
    ],
)
def test_what_was_searched_for_is_marked(text: str, typed: str, shown: str) -> None:
    assert marked(snippet(text, parse_query(typed))) == shown


def test_the_part_with_the_most_words_is_shown() -> None:
    text = "A pool. " + "word " * 100 + "A pool and its queue. " + "word " * 100
    pieces = snippet(text, parse_query("pool queue"))
    assert "[pool] and its [queue]" in marked(pieces)
    assert (pieces[0].text, pieces[-1].text[-1]) == ("… ", "…")
