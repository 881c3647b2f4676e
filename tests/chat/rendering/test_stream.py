from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.rendering import MAX_FRAME_CHARS, MarkdownStream, render_markdown
from tests.chat.rendering.page import Page
from tests.chat.rendering.streaming import check, page_of, pieces, stream
from tests.chat.rendering.texts import texts

ANSWER = """## Sorting a list

Python has **two ways**: `sorted()` gives a new list,
`list.sort()` changes it. See [the docs](https://docs.python.org/3/howto/sorting.html).

- It is *stable*
- It takes a `key`
  - such as `str.lower`

1. **First**: measure

2. **Then**: decide

```python
def by_length(words):
    return sorted(words, key=len)  # stable
```

| way | new list | note |
|-----|:--------:|-----:|
| `sorted()` | yes | any iterable |
| `.sort()` | no | lists only |

It takes $O(n \\log n)$ steps,[^steps] or \\(n\\) when sorted:

$$
\\sum_{k=1}^{n} \\log_2 k
- c \\le n \\log_2 n
$$

1. [x] Measured
2. [ ] Proved

[^steps]: Of comparing, in the *worst* case.

> Simple is better.
> So they say.

Done: https://example.org/x
"""


def tokens_of(text: str, length: int = 10) -> list[str]:
    return [text[at : at + length] for at in range(0, len(text), length)]


def test_an_answer_token_by_token() -> None:
    result = check(tokens_of(ANSWER), snapshot_at=30)
    assert sum(map(len, result.frames)) < 4 * len(result.stream.html)


@pytest.mark.parametrize("length", [1, 2, 3, 7, 50, 10_000])
@pytest.mark.parametrize("step_s", [0.0, 0.02, 1.0])
def test_an_answer_in_any_pieces(length: int, step_s: float) -> None:
    tokens = tokens_of(ANSWER, length)
    result = check(tokens, step_s=step_s, snapshot_at=len(tokens) // 2)
    assert result.stream.html == render_markdown(ANSWER)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(texts, st.lists(st.integers(0, 2_000), max_size=30), st.sampled_from([0.0, 0.03, 0.2]), st.integers(0, 30))
def test_any_text_in_any_pieces_ends_as_in_one_shot(text: str, cuts: list[int], step_s: float, at: int) -> None:
    tokens = pieces(text, cuts)
    result = check(tokens, step_s=step_s, snapshot_at=at if at < len(tokens) else -1)
    assert result.stream.html == render_markdown(text)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(texts)
def test_any_text_character_by_character(text: str) -> None:
    assert check(list(text)).stream.html == render_markdown(text)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(texts, st.lists(st.integers(0, 2_000), max_size=10))
def test_a_snapshot_is_the_page_at_every_moment(text: str, cuts: list[int]) -> None:
    markdown, page = MarkdownStream(), Page()
    for index, token in enumerate(pieces(text, cuts)):
        frame = markdown.feed(token, index * 0.05)
        if frame is not None:
            page.apply(frame)
        assert page_of(markdown.snapshot()) == page.html()
        assert page.tail_count() == (1 if page.html() else 0)


def test_text_is_shown_at_once() -> None:
    markdown = MarkdownStream()
    assert markdown.feed("Hello", 0) == "<template data-op><p data-tail>Hello</p></template>"
    assert markdown.feed(" <wor", 0) == " &lt;wor"
    assert markdown.feed("ld ", 0) == "ld"
    assert markdown.feed("  ", 0) is None
    assert markdown.feed("!", 0) == "   !"


def test_a_finished_paragraph_of_plain_text_is_not_sent_again() -> None:
    assert "".join(stream(["Plain ", "text.", "\n\n", "More."]).frames).count("Plain") == 1


def test_markup_in_the_open_paragraph_shows_after_a_moment() -> None:
    markdown = MarkdownStream()
    markdown.feed("This is **bold** and", 0.0)
    assert markdown.feed(" on", 0.02) == " on"
    markdown.feed(" *it goes*", 0.05)
    assert "<em>it goes</em>" in (markdown.feed(" on", 0.2) or "")


def test_time_alone_shows_what_is_due() -> None:
    markdown = MarkdownStream()
    markdown.feed("This", 0.0)
    markdown.feed(" is **bold**", 0.01)
    markdown.feed(" is **bold**", 0.02)
    assert "<strong>bold</strong>" in (markdown.tick(0.5) or "")
    assert markdown.tick(0.6) is None


def test_open_code_is_sent_once_and_highlighted_when_closed() -> None:
    result = check(["```py", "\n", "x = ", "1\n", "y = 2", "\n", "```", "\n", "End"])
    assert sum(frame.count("y = 2") for frame in result.frames) == 1
    assert '<span class="n">1</span>' in result.stream.html


def test_rows_and_items_are_sent_one_by_one() -> None:
    rows = check(["| a |\n|---|\n", "| first |\n", "| second |\n", "| third |\n"])
    assert sum(frame.count("first") for frame in rows.frames) <= 2
    items = check(["- first\n", "- second\n", "- third\n"])
    assert sum(frame.count("first") for frame in items.frames) == 1


@pytest.mark.parametrize(
    "text",
    [
        "See [docs].\n\nText.\n\n[docs]: https://example.org",  # a definition that comes after its use
        "- a\n- b\n- c\n\n- d\n",  # loose only at its end
        "para\n- a | b\n|---|---|\n| 1 | 2 |",  # an item that was a table's header
        "```a|b\n|-|-|\nx",
        "# a | b\n|---|---|\n",
        "[a]: /u\n'title\nstill'\n\n[a]",
        "1. a\n  2. b\n   3. c",
        "~~~~ js\ncode\n~~~\nmore\n~~~~\nafter",
        "  ```\n   a\n b\n\tc\n  ```",
        "```\ncode\n   ",
        "a\n===\nb\n---\nc",
        "- [ ] open\n- [x] done\n",
        "\r\n".join(["a", "", "- b", "- c", ""]),
        "| a |\n|---|\n| `x|y` \\| z |\n",
    ],
)
def test_what_later_lines_change(text: str) -> None:
    for length in (1, 3, 4, len(text)):
        assert check(tokens_of(text, length), snapshot_at=2).stream.html == render_markdown(text)


@pytest.mark.parametrize(
    "big", ["x" * 200_000, "<" * 100_000, "*a* " * 20_000, "- <b>\n" * 12_000, "```\n" + "&\n" * 60_000]
)
def test_one_enormous_token_is_sent_in_frames_of_the_allowed_size(big: str) -> None:
    result = check(["Start of it", big, " and", " so", " on\n", "\n", "End"], snapshot_at=2)
    assert len(result.frames) > 2


def test_text_keeps_what_was_fed() -> None:
    markdown = MarkdownStream()
    for token in ["a\r", "\nb\x00", "\ud83d", "c\r"]:
        markdown.feed(token, 0)
    assert markdown.text == "a\nb\ufffd\ufffdc\n"
    markdown.finish()
    assert markdown.text == "a\nb\ufffd\ufffdc\n"


def test_nothing_fed_is_nothing_shown() -> None:
    markdown = MarkdownStream()
    assert markdown.feed("", 0) is None
    assert markdown.feed(" \n\n", 0) is None
    assert markdown.snapshot() == []
    assert markdown.finish() == []
    assert markdown.html == ""


HUGE = {
    "one line": "word " * 40_000,
    "one line without spaces": "x" * 200_000,
    "escaped": "<&>" * 60_000,
    "prose": ("Some plain text that goes on. " * 12 + "\n\n") * 500,
    "code": "```python\n" + "    total = a + b  # sum\n" * 8_000 + "```\n",
    "open code": "```\n" + "<x> & y\n" * 30_000,
    "table": "| a | b |\n|---|---|\n" + "| alpha | **beta** |\n" * 6_000,
    "list": "- item with **bold** text\n" * 6_000,
    "loose list": "1. item\n\n" * 10_000,
    "short items": "- x\n" * 30_000,
    "hard breaks": "line  \n" * 20_000,
    "quote": "> quoted *text*\n" * 8_000,
    "nested list": "- a\n  - b\n    - c\n" * 5_000,
    "one long item": "- a\n" + "  - b *c*\n" * 10_000,
    "indented code": "    code\n" * 15_000,
    "definitions": "[a]: /u\n" * 10_000,
    "used definitions": "[a] text\n\n" * 5_000 + "[a]: /u\n",
    "headings": "# a\n" * 20_000,
    "setext": "a\n=\n" * 20_000,
    "rules": "***\n" * 20_000,
    "rows that may be tables": "a | b\n" * 15_000,
    "wide table": "|" + "a|" * 900 + "\n|" + "-|" * 900 + "\n" + "|\n" * 100,
    "wider table": "|" + "a|" * 3_000 + "\n|" + "-|" * 3_000 + "\n" + "|\n" * 20,
    "formulas": "so $x_1 + y$ and \\(z\\) is " * 2_000,
    "formulas apart": "$$\n\\frac{a}{b}\n$$\n\n" * 3_000,
    "open formula": "$$\n" + "a &= b \\\\\n" * 6_000,
    "footnotes": "a[^1]\n\n[^1]: b *c*\n" * 3_000,
    "one long footnote": "[^1]: a\n" + "    b\n\n" * 6_000,
    "table of empty rows": "|a|b|c|d|\n|-|-|-|-|\n" + "|\n" * 17_000,
}
HOSTILE = {
    "quotes": ">" * 10_000,
    "quotes with spaces": "> " * 10_000,
    "nested items": "- " * 5_000,
    "numbers": "1. " * 5_000,
    "brackets": "[" * 30_000,
    "images": "![" * 10_000,
    "links": "[a](" * 8_000,
    "stars": "*" * 100_000,
    "emphasis": "*a **b " * 5_000,
    "underscores": "_a" * 20_000,
    "backticks": "`" * 100_000,
    "uneven backticks": "".join("`" * n + " " for n in range(300)),
    "angles": "<" * 60_000,
    "comments": "<!--" * 20_000,
    "entities": "&amp;" * 20_000,
    "backslashes": "\\" * 60_000,
    "urls": "http://a.b " * 5_000,
    "schemes": "://" * 20_000,
    "open urls": "http://a.b/(" * 2_000,
    "tildes": "~~a" * 20_000,
    "pipes": "|" * 60_000,
    "dashes": "-" * 100_000,
    "colons": "|:-" * 30_000,
    "tabs": "\t" * 60_000,
    "spaces": " " * 60_000 + "x",
    "newlines": "\n" * 60_000 + "x",
    "returns": "\r" * 30_000,
    "nul": "\x00" * 10_000,
    "surrogates": "\ud800\udfff" * 10_000,
    "dollars": "$" * 60_000,
    "opened dollars": "$a " * 20_000,
    "opened pairs": "$$a\n" * 15_000,
    "opened brackets": "\\(" * 20_000,
    "opened brackets and breaks": "\\(" * 20_000 + "\\\\)",
    "opened notes": "[^" * 20_000,
    "notes in notes": "[^a]: " * 8_000,
    "open label": "[a\n" * 20_000,
    "deep": "".join("  " * n + "- x\n" for n in range(200)),
    "deep quotes": "".join("> " * n + "x\n" for n in range(200)),
    "quotes and items": "> - " * 3_000,
    "hash": "#" * 60_000,
    "fences": "```\n" * 10_001,
    "fence marker": "```\n" + "`" * 60_000,
    "ideographs": "\u6f22\u5b57" * 50_000,
    "joiners": "\U0001f469\u200d" * 20_000,
    "right to left": "\u202e\u0645\u0631 " * 20_000,
}


@pytest.mark.parametrize("name", [*HUGE, *HOSTILE])
def test_huge_and_hostile_texts_in_large_pieces(name: str) -> None:
    text = (HUGE | HOSTILE)[name][:20_000]
    tokens = tokens_of(text, 4_001)
    assert check(tokens, snapshot_at=len(tokens) // 2).stream.html == render_markdown(text)


@pytest.mark.parametrize("name", [*HUGE, *HOSTILE])
def test_work_and_bytes_grow_with_the_text(name: str) -> None:
    """Counted, not timed: what the parser reads and what is sent is bounded for each character of text and HTML."""
    text = (HUGE | HOSTILE)[name][:30_000]
    result = stream(tokens_of(text))
    assert result.stream.work_chars <= 6 * len(text) + 5_000
    size = max(len(result.stream.html), len(text))
    around_op_chars = 80
    assert sum(map(len, result.frames)) <= 4 * size + around_op_chars * len(result.frames)
    assert max(map(len, result.frames), default=0) <= MAX_FRAME_CHARS


@pytest.mark.parametrize("name", ["prose", "code", "table", "list"])
def test_a_long_answer_costs_per_token_what_a_short_one_does(name: str) -> None:
    def cost(length: int) -> tuple[float, float]:
        text = HUGE[name][:length]
        result = stream(tokens_of(text))
        return result.stream.work_chars / length, sum(map(len, result.frames)) / length

    short, long = cost(2_000), cost(80_000)
    assert long[0] <= short[0] * 1.1 + 0.1
    assert long[1] <= short[1] * 1.1 + 0.1


def test_one_shot_takes_a_megabyte() -> None:
    assert len(render_markdown("a" * 1_000_000)) > 1_000_000
    assert len(render_markdown("a *b*\n" * 170_000)) > 1_000_000
