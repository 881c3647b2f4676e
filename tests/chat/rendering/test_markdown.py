"""One shot: what Markdown gives which HTML. Every section of CommonMark, with our own examples, and where we differ."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from chat.rendering import render_markdown
from chat.rendering.escaping import escape
from chat.rendering.inline import inline_html
from chat.rendering.parser import _make_parser
from tests.chat.rendering.page import parse
from tests.chat.rendering.texts import texts

LINK = ' rel="noopener nofollow" target="_blank"'


def code(text: str, language: str = "text") -> str:
    return (
        f'<figure class="code"><figcaption><span>{language}</span><code-wrap></code-wrap><copy-button></copy-button>'
        "</figcaption>"
        f'<pre tabindex="0"><code class="language-{language}">{text}</code></pre></figure>'
    )


def table(head: str, body: str) -> str:
    return (
        '<div class="table"><copy-button></copy-button><div tabindex="0" role="group" aria-label="Table"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></div>"
    )


EXAMPLES = {
    # blocks
    "Hello": "<p>Hello</p>",
    "one\ntwo": "<p>one\ntwo</p>",
    "one\n\n\n\ntwo": "<p>one</p><p>two</p>",
    "   indented": "<p>indented</p>",
    "a\n      b": "<p>a\nb</p>",
    "# One": "<h3>One</h3>",
    "## Two ##": "<h4>Two</h4>",
    "### Three": "<h5>Three</h5>",
    "#### Four": "<h6>Four</h6>",
    "###### Six": "<h6>Six</h6>",
    "####### seven": "<p>####### seven</p>",
    "#tag": "<p>#tag</p>",
    "#": "<h3></h3>",
    "One\n===": "<h3>One</h3>",
    "Two\n---": "<h4>Two</h4>",
    "a\nb\n---": "<h4>a\nb</h4>",
    "***": "<hr>",
    "_ _ _": "<hr>",
    "a\n***\nb": "<p>a</p><hr><p>b</p>",
    "    code\n\n    more\n": code("code\n\nmore\n"),
    "\tcode\n": code("code\n"),
    "```\ncode <b>\n```": code("code &lt;b&gt;\n"),
    "~~~ unknownlang more\nx\n~~~": code("x\n", "unknownlang"),
    "```python\nx = 1\n```": code('x <span class="o">=</span> <span class="n">1</span>\n', "python"),
    "```\nopen": code("open"),
    "````\n```\n````": code("```\n"),
    "``` a`b": "<p>``` a`b</p>",
    "> a\nb": "<blockquote><p>a\nb</p></blockquote>",
    "> a\n\n> b": "<blockquote><p>a</p></blockquote><blockquote><p>b</p></blockquote>",
    ">> a": "<blockquote><blockquote><p>a</p></blockquote></blockquote>",
    "> # a\n> - b": "<blockquote><h3>a</h3><ul><li>b</li></ul></blockquote>",
    "- a\n- b": "<ul><li>a</li><li>b</li></ul>",
    "- a\n\n- b": "<ul><li><p>a</p></li><li><p>b</p></li></ul>",
    "- a\n  - b": "<ul><li>a<ul><li>b</li></ul></li></ul>",
    "- a\n\n  b": "<ul><li><p>a</p><p>b</p></li></ul>",
    "- a\n+ b": "<ul><li>a</li></ul><ul><li>b</li></ul>",
    "-\n- a": "<ul><li></li><li>a</li></ul>",
    "-a": "<p>-a</p>",
    "1. a\n2. b": "<ol><li>a</li><li>b</li></ol>",
    "7) a": '<ol start="7"><li>a</li></ol>',
    "1234567890. a": "<p>1234567890. a</p>",
    "a\n2. b": "<p>a\n2. b</p>",
    "a\n1. b": "<p>a</p><ol><li>b</li></ol>",
    "- ```\n  x\n  ```": f"<ul><li>{code('x' + chr(10))}</li></ul>",
    "[a]: /u 't'\n\n[a]": f'<p><a href="/u" title="t"{LINK}>a</a></p>',
    "[a]\n\n[A]: <x y>": f'<p><a href="x%20y" title="x%20y"{LINK}>a</a></p>',
    "[a]: /one\n[a]: /two\n\n[a]": f'<p><a href="/one" title="/one"{LINK}>a</a></p>',
    "[a]": "<p>[a]</p>",
    # inline
    "*a* _b_": "<p><em>a</em> <em>b</em></p>",
    "**a** __b__": "<p><strong>a</strong> <strong>b</strong></p>",
    "***a***": "<p><em><strong>a</strong></em></p>",
    "a_b_c": "<p>a_b_c</p>",
    "a*b*c": "<p>a<em>b</em>c</p>",
    "* a": "<ul><li>a</li></ul>",
    "2 * 3 * 4": "<p>2 * 3 * 4</p>",
    "**open": "<p>**open</p>",
    "`a`": "<p><code>a</code></p>",
    "`` a`b ``": "<p><code>a`b</code></p>",
    "`*a*`": "<p><code>*a*</code></p>",
    "`open": "<p>`open</p>",
    "\\*a\\*": "<p>*a*</p>",
    "\\a": "<p>\\a</p>",
    "&copy; &#42; &#x2A; &nope;": "<p>© * * &amp;nope;</p>",
    "a  \nb": "<p>a<br>\nb</p>".replace("<br>\n", "<br>"),
    "a\\\nb": "<p>a<br>b</p>",
    "a \nb": "<p>a\nb</p>",
    '[a](http://b.c "t")': f'<p><a href="http://b.c" title="t"{LINK}>a</a></p>',
    "[a](http://b.c)": f'<p><a href="http://b.c" title="b.c"{LINK}>a</a></p>',
    "[*a*](<b c>)": f'<p><a href="b%20c" title="b%20c"{LINK}><em>a</em></a></p>',
    "[a](b c)": "<p>[a](b c)</p>",
    "[a]()": f'<p><a href="" title=""{LINK}>a</a></p>',
    "[a [b](c) d](e)": f'<p>[a <a href="c" title="c"{LINK}>b</a> d](e)</p>',
    "<https://a.b>": f'<p><a href="https://a.b" title="a.b"{LINK}>https://a.b</a></p>',
    "<a@b.c>": f'<p><a href="mailto:a@b.c" title="mailto:a@b.c"{LINK}>a@b.c</a></p>',
    # tables, strikethrough, bare links, tasks
    "| a |\n|---|\n| b |": table("<th>a</th>", "<tr><td>b</td></tr>"),
    "a|b\n:-|-:\n1|2": table(
        '<th class="left">a</th><th class="right">b</th>', '<tr><td class="left">1</td><td class="right">2</td></tr>'
    ),
    "|a|b|\n|-|:-:|\n|`x\\|y`": table(
        '<th>a</th><th class="center">b</th>', '<tr><td><code>x|y</code></td><td class="center"></td></tr>'
    ),
    "| a |\n|---|": table("<th>a</th>", ""),
    "| a |\n| b |": "<p>| a |\n| b |</p>",
    "~~a~~": "<p><s>a</s></p>",
    "see http://a.b/c.": f'<p>see <a href="http://a.b/c" title="a.b"{LINK}>http://a.b/c</a>.</p>',
    "(https://a.b)": f'<p>(<a href="https://a.b" title="a.b"{LINK}>https://a.b</a>)</p>',
    "a.b www.a.b a@b.c ftp://a.b": "<p>a.b www.a.b a@b.c ftp://a.b</p>",
    "- [ ] a\n- [x] b": (
        '<ul><li class="task"><input type="checkbox" disabled="" aria-label="Task">a</li>'
        '<li class="task"><input type="checkbox" disabled="" aria-label="Task" checked="">b</li></ul>'
    ),
    # raw HTML is text
    "<b>a</b>": "<p>&lt;b&gt;a&lt;/b&gt;</p>",
    "<div>\n*a*\n</div>": "<p>&lt;div&gt;\n<em>a</em>\n&lt;/div&gt;</p>",
    "<!-- a -->": "<p>&lt;!-- a --&gt;</p>",
    # scripts of the world
    "漢字**太字**。": "<p>漢字<strong>太字</strong>。</p>",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 *e\u0301*": (
        "<p>\U0001f469\u200d\U0001f469\u200d\U0001f467 <em>e\u0301</em></p>"
    ),
    "- مرحبا": "<ul><li>مرحبا</li></ul>",
    "a\x00\ud800b": "<p>a\ufffd\ufffdb</p>",
    "a\r\n\r\nb\rc": "<p>a</p><p>b\nc</p>",
    "": "",
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_example(text: str) -> None:
    assert render_markdown(text) == EXAMPLES[text]


def _finds_the_same(text: str) -> bool:
    """Whether our parser finds in a text what it finds when it stops as often as the library does."""
    found = []
    for stops in (None, MarkdownIt().inline.terminator_re):
        parser = _make_parser(has_bare_links=True)
        parser.inline.terminator_re = stops or parser.inline.terminator_re
        found.append(parser.inline.parse(text, parser, {"references": {}}, []))
    return found[0] == found[1]


@pytest.mark.parametrize("text", EXAMPLES)
def test_stopping_less_often_finds_the_same_in_an_example(text: str) -> None:
    assert _finds_the_same(text)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(texts)
def test_stopping_less_often_finds_the_same_in_any_text(text: str) -> None:
    assert _finds_the_same(text)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(texts)
def test_any_text_gives_closed_html_that_utf8_can_carry(text: str) -> None:
    html = render_markdown(text)
    assert parse(html).html() == html
    assert "\x00" not in html.encode().decode()


@pytest.mark.parametrize("text", ["plain", "a > b", "x: y; (z) + 1 = 2, #3 | 4 {5} $6 %7 @8 ^9 -- ...", "a]b !c"])
def test_text_without_markup_needs_no_parser(text: str) -> None:
    """The marker at the end sends the same text through the parser."""
    assert inline_html(text, {}) == escape(text)
    assert inline_html(f"{text} `x`", {}) == f"{escape(text)} <code>x</code>"


def test_too_long_or_too_deep_is_shown_as_plain_text() -> None:
    long = "*a* " * 10_000
    assert render_markdown(f"{long}\n\n*b*") == f"<p>{long.rstrip()}</p><p><em>b</em></p>"
    assert render_markdown(f"- {long}\n- *b*").startswith("<ul><li><p>- *a* *a*")
    deep = "> " * 100 + "bottom"
    assert render_markdown(deep) == f"<p>{escape(deep)}</p>"


def test_long_code_is_not_highlighted() -> None:
    assert "<span class=" not in render_markdown("```python\n" + "x = 1\n" * 4_000 + "```").replace("<span>", "")
