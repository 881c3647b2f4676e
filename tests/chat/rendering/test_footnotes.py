"""Footnotes: what is one, and how its reference and its text find each other."""

from __future__ import annotations

import pytest

from chat.rendering import render_markdown
from tests.chat.rendering.streaming import check


def reference(label: str) -> str:
    return f'<sup><a href="#note-{label}" role="doc-noteref">[{label}]</a></sup>'


def note(label: str, html: str) -> str:
    return (
        f'<div class="note" role="doc-footnote"><a href="#note-{label}" role="doc-backlink">[{label}]</a>{html}</div>'
    )


EXAMPLES = {
    "a[^1]": f"<p>a{reference('1')}</p>",
    "*a*[^note_2][^3].": f"<p><em>a</em>{reference('note_2')}{reference('3')}.</p>",
    "a[^1]\n\n[^1]: Text *b*": f"<p>a{reference('1')}</p>{note('1', '<p>Text <em>b</em></p>')}",
    "[^1]: a\n[^2]: b\n\nc": note("1", "<p>a</p>") + note("2", "<p>b</p>") + "<p>c</p>",
    "[^1]: a\nb\n\n    c\n\nd": note("1", "<p>a\nb</p><p>c</p>") + "<p>d</p>",
    "[^1]: a\n\n    - b": note("1", "<p>a</p><ul><li>b</li></ul>"),
    "[^1]: [^2]: a": note("1", note("2", "<p>a</p>")),
    "[^1]:": note("1", ""),
    "a\n[^1]: b": f"<p>a</p>{note('1', '<p>b</p>')}",
    "- a[^1]\n\n[^1]: b": f"<ul><li>a{reference('1')}</li></ul>{note('1', '<p>b</p>')}",
    "> [^1]: a": f"<blockquote>{note('1', '<p>a</p>')}</blockquote>",
    "[^1]: /u\n\n[x][^1]": note("1", "<p>/u</p>") + f"<p>[x]{reference('1')}</p>",
    "| a[^1] |\n|---|": render_markdown("| a@ |\n|---|").replace("@", reference("1")),
    "`a[^1]` \\[^1\\[": "<p><code>a[^1]</code> [^1[</p>",
    "a[^b c] d[^] e[^a-z] f[^0-9]": "<p>a[^b c] d[^] e[^a-z] f[^0-9]</p>",
    "    [^1]: a": render_markdown("    [@1]: a").replace("@", "^"),
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_example(text: str) -> None:
    assert render_markdown(text) == EXAMPLES[text]
    for length in (1, 3, len(text)):
        check([text[at : at + length] for at in range(0, len(text), length)], snapshot_at=2)


def test_a_reference_is_sent_once_whether_its_text_follows_or_not() -> None:
    frames = check(["So it is.[^1]\n", "\n", "More.\n\n", "[^1]: ", "Text", "\n"]).frames
    assert sum(frame.count("doc-noteref") for frame in frames) == 1
