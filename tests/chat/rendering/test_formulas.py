"""Where a formula stands in Markdown, what it becomes, and what is not made one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.rendering import render_markdown
from chat.rendering.formula import MAX_COMMANDS, MAX_DEPTH, MAX_FORMULA_CHARS
from tests.chat.rendering.page import parse
from tests.chat.rendering.streaming import check
from tests.chat.rendering.test_safety import check_allowed

_DISPLAY = re.compile(r'<span class="math" tabindex="0"><math alttext="([^"]*)" display="block">.*?</math></span>')
_INLINE = re.compile(r'<math alttext="([^"]*)">.*?</math>')


def shown(text: str) -> str:
    """HTML with each formula as its TeX: in double angle marks if it is set apart, in single ones in a line."""
    return _INLINE.sub(r"‹\1›", _DISPLAY.sub(r"«\1»", render_markdown(text)))


PLACES = {
    "$x$": "<p>‹x›</p>",
    "so $x$, ($y$) and $z$-axis": "<p>so ‹x›, (‹y›) and ‹z›-axis</p>",
    "the $n$th of 其中$x$是": "<p>the ‹n›th of 其中‹x›是</p>",
    "$a\nb$": "<p>‹a\nb›</p>",
    "$a_1 * b * c_1$": "<p>‹a_1 * b * c_1›</p>",
    "*so $x$*": "<p><em>so ‹x›</em></p>",
    "$a\\$b$": "<p>‹a\\$b›</p>",
    r"\(x\) and \(y_1*z*\)": "<p>‹x› and ‹y_1*z*›</p>",
    r"so \[x\] is": "<p>so «x» is</p>",
    "so $$x$$ is": "<p>so «x» is</p>",
    "# On $x$": "<h3>On ‹x›</h3>",
    "- $x$\n- \\(y\\)": "<ul><li>‹x›</li><li>‹y›</li></ul>",
    # prices, shells and code
    "it costs $5 and $10": "<p>it costs $5 and $10</p>",
    "$5-$10, US$5 and A$6$": "<p>$5-$10, US$5 and A$6$</p>",
    "$ x$ and $x $": "<p>$ x$ and $x $</p>",
    "5$ and 6$": "<p>5$ and 6$</p>",
    "\\$x$": "<p>$x$</p>",
    "$HOME and `$x`, $y": "<p>$HOME and <code>$x</code>, $y</p>",
    "`$x$` ``\\(y\\)``": "<p><code>$x$</code> <code>\\(y\\)</code></p>",
    "$x": "<p>$x</p>",
    "$$": "<p>$$</p>",
    r"\(x": "<p>(x</p>",
    # set apart
    "$$x$$": "<p>«x»</p>",
    "$$\nx\n$$": "<p>«x»</p>",
    "a\n$$\nx\n$$\nb": "<p>a</p><p>«x»</p><p>b</p>",
    "\\[\nx\n\\]": "<p>«x»</p>",
    "\\[ a \\\\ b \\]": "<p>«a \\\\ b»</p>",
    "$$\na\n= b\n- c\n> d\n$$": "<p>«a\n= b\n- c\n&gt; d»</p>",
    "$$|x|$$\n|---|": "<p>«|x|»</p><p>|---|</p>",
    "$$\nx\n$$ where\n*y*\n- z": "<p>«x» where\n<em>y</em></p><ul><li>z</li></ul>",
    "$$x$$ where\n\ny": "<p>«x» where</p><p>y</p>",
    "$$x$$\n$$y$$": "<p>«x»</p><p>«y»</p>",
    "- a\n  $$\n  x\n  $$\n- b": "<ul><li>a<p>«x»</p></li><li>b</li></ul>",
    "- a\n$$x$$": "<ul><li>a</li></ul><p>«x»</p>",
    "> $$\n> x\n> $$": "<blockquote><p>«x»</p></blockquote>",
    # never closed
    "$$\n*a*\n- b\n\n*c*": "<p>$$\n*a*\n- b</p><p><em>c</em></p>",
    "\\[ a\nb": "<p>\\[ a\nb</p>",
    "    $$x$$\n": render_markdown("```\n$$x$$\n```"),
}


@pytest.mark.parametrize("text", PLACES)
def test_place(text: str) -> None:
    assert shown(text) == PLACES[text]


def test_in_a_cell() -> None:
    assert "<td>‹a›</td><td>‹|b|›</td>" in shown("| a | b |\n|---|---|\n| $a$ | $\\|b\\|$ |")


def test_a_formula_is_drawn_and_keeps_its_source() -> None:
    assert render_markdown(r"$\frac{a}{b} < 1$") == (
        r'<p><math alttext="\frac{a}{b} &lt; 1"><mfrac><mi>a</mi><mi>b</mi></mfrac><mo>&lt;</mo><mn>1</mn></math></p>'
    )


@pytest.mark.parametrize(
    "tex",
    [
        r"\begin{aligned} a &= b \\ &= c \end{aligned}",
        r"\begin{align} a &= b \tag{1} \end{align}",
        r"\begin{split} a &= b \end{split}",
        r"a = b \tag{1}",
        r"\begin{cases} 1 & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
        r"\left[\begin{array}{cc|c} 1 & 2 & 3 \end{array}\right]",
        r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}^T",
        r"\sum_{\substack{i<n \\ i>0}} \mbox{of all } x_i",
        r"\boxed{42} \cancel{x} \widetilde{ab} \xrightarrow{f} \operatorname{rank} A",
        r"\lim_{x \to 0} \left( \frac{\sin x}{x} \right) = 1, \quad x \in \mathbb{R}^n",
    ],
)
def test_what_answers_hold_is_drawn(tex: str) -> None:
    html = render_markdown(f"$$\n{tex}\n$$")
    assert "math-source" not in html
    check_allowed(parse(html))


def test_equations_are_numbered_by_their_tags_alone() -> None:
    assert "(1)" not in render_markdown(r"$$\begin{align} a &= b \\ c &= d \end{align}$$")
    assert "(7)" in render_markdown(r"$$a = b \tag{7}$$")


@pytest.mark.parametrize(
    "tex",
    [
        r"\unknown{x}",
        r"\frac{a",
        r"\href{javascript:alert(1)}{x}",
        r"\eqref{a}",
        r"\hspace{99em} x",
        r"\def\a{{{{{{\a}}}}}}\a",
        r"\newcommand{\a}{\a\a}\a",
        r"\let\a=b \a",
        "{" * (MAX_DEPTH + 1) + "}" * (MAX_DEPTH + 1),
        r"\sqrt" * (MAX_COMMANDS + 1) + " x",
        "x" * (MAX_FORMULA_CHARS + 1),
        "a&" * 700,
        r"\begin{matrix}" + "a&" * 1_000 + r"\end{matrix}",
    ],
)
def test_what_cannot_be_drawn_is_shown_as_its_source(tex: str) -> None:
    source = tex.replace("&", "&amp;")
    assert render_markdown(f"$$\n{tex}\n$$") == f'<p><code class="math-source">$$\n{source}\n$$</code></p>'


def test_the_deepest_formulas_are_taken() -> None:
    for tex in ("{" * MAX_DEPTH + "x" + "}" * MAX_DEPTH, r"\sqrt" * MAX_COMMANDS + " x", r"\sqrt\hat" * 150 + " x"):
        assert "<math" in render_markdown(f"$$\n{tex}\n$$")


def test_a_long_formula_in_a_line_scrolls_in_itself() -> None:
    assert 'class="math"' not in render_markdown(r"$\frac{\alpha + \beta}{\gamma + \delta}$")
    assert 'class="math" tabindex="0"' in render_markdown(f"$x = {'a + ' * 12} b$")


TEX = st.lists(
    st.sampled_from(
        [
            *re.findall(
                r"\S+",
                r"""\frac \sqrt [3] { } ^ _ & \\ \left( \right) \text{<b>& \textbf{ \mathbf{ \overline{ \sum \int
                \limits \begin{matrix} \end{matrix} \begin{cases} \end{cases} \begin{array}{c|c} \end{array} \hline
                \cancel{ \boxed{ \color{red} \! \, \ref{a} \label{a} \tag{1} " < > x y 1 % # ~ \unicode \verb|<b>|""",
            ),
            " ",
            "\xe9",
            "\u202e",
            "\u6f22",
        ]
    ),
    max_size=25,
).map("".join)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(TEX)
def test_any_formula_is_safe_closed_html(tex: str) -> None:
    for text in (f"$$\n{tex}\n$$", f"a \\({tex}\\) b", f"| a |\n|-|\n| ${tex}$ |"):
        html = render_markdown(text)
        assert parse(html).html() == html
        check_allowed(parse(html))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(TEX, st.integers(1, 9), st.sampled_from([0.0, 0.2]))
def test_any_formula_streams_as_it_is_shown_in_one_shot(tex: str, length: int, step_s: float) -> None:
    text = f"So ${tex}$ is\n$$\n{tex}\n$$\nand \\[{tex}\\]\n- $${tex}$$"
    streamed = check([text[at : at + length] for at in range(0, len(text), length)], step_s=step_s, snapshot_at=3)
    assert streamed.stream.html == render_markdown(text)


def test_a_formula_is_never_cut() -> None:
    text = "so $\\frac{x_1}{y} + y$ and \\(z\\) is " * 300
    frames = check([text[:9_000], text[9_000:]]).frames
    assert sum("</template>" in frame for frame in frames) > 1
    assert all(frame.count("<math") == frame.count("</math>") for frame in frames)
    assert not any(re.search(r"<math(?:(?!</math>).)*data-", frame) for frame in frames)


def test_an_open_formula_is_text_until_it_closes() -> None:
    frames = check(["$$\n", "a < *b*", "\n", "= c\n", "$$", "\n", "End"], step_s=1.0).frames
    before = "".join(frames[:-3])
    assert "<em>" not in before
    assert "a &lt; *b*" in before
    assert "<math" not in before
