"""Pages can be read from right to left: styles name no left and no right, and what people wrote says its direction."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.source import texts

PHYSICAL = re.compile(
    r"(?:^|[{;\s])((?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)[\w-]*|left|right|float|clear|"
    r"border-(?:top|bottom)-(?:left|right)-radius|(?:min-|max-)?(?:width|height))\s*:|text-align:\s*(?:left|right)\b"
)
# What people name things.
WRITTEN = re.compile(
    r"\{\{ ?(?:[\w.]+\.)?(?:conversation\.title|share\.title|prompt\.title|found\.title|owners\.title|folder\.name|"
    r"tag\.name|experiment\.name|fact\.text|message\.text)\b[^}]*\}\}"
)
# Put into an element that says it already.
PUT_ELSEWHERE = ("hx-swap-oob", "data-title-of")


def physical(path: str, css: str) -> Iterator[str]:
    css = re.sub(r"/\*.*?\*/|@(?:media|container)[^{]*", lambda gone: "\n" * gone[0].count("\n"), css, flags=re.S)
    for found in PHYSICAL.finditer(css):
        yield f"{path}:{css.count(chr(10), 0, found.start(1) if found[1] else found.start()) + 1} {found[0].strip()}"


def without_direction(path: str, html: str) -> Iterator[str]:
    """Text in an element that has no `dir`, nor has the one around it: by the two tags that stand nearest before it."""
    # A tag of the template may hold a `>`, as an expression does.
    html = re.sub(r"\{%.*?%\}", lambda gone: "\n" * gone[0].count("\n"), html, flags=re.S)
    for found in WRITTEN.finditer(html):
        before = html[: found.start()]
        tags = re.findall(r"<[^<>]*>", before)[-2:]
        is_attribute = before.rfind("<") > before.rfind(">")
        says_it = any(word in tag for tag in tags for word in ("dir=", *PUT_ELSEWHERE))
        if tags and not is_attribute and not says_it and not tags[-1].startswith(("<title", "</")):
            yield f"{path}:{before.count(chr(10)) + 1} {found[0]} in {tags[-1]}"


def test_styles_name_no_left_and_no_right() -> None:
    assert [one for path, css in texts("static", ".css").items() for one in physical(path, css)] == []


@pytest.mark.parametrize(
    "css",
    [
        ".a { margin-left: 1px; }",
        ".a {\n  left: 0;\n}",
        ".a { float: right }",
        ".a { text-align: left; }",
        ".a { border-top-left-radius: 0; }",
        ".a { max-width: 3px; }",
    ],
)
def test_a_side_is_seen(css: str) -> None:
    assert list(physical("made-up.css", css)) != []


def test_logical_styles_are_let_through() -> None:
    css = (
        "@media (max-width: 600px) { .a { inset-inline-start: 0; text-align: start; max-inline-size: 3px; } }"
        ".b { position-area: bottom span-right; border-width: 1px; line-height: 1; stroke-width: 2; } /* left: 1 */"
    )
    assert list(physical("made-up.css", css)) == []


def test_what_people_wrote_says_its_direction() -> None:
    pages = {path: text for path, text in texts("templates", ".html").items() if "/admin/" not in path}
    assert sum(len(WRITTEN.findall(text)) for text in pages.values()) > 20
    assert [one for path, text in pages.items() for one in without_direction(path, text)] == []


def test_what_says_no_direction_is_seen() -> None:
    assert list(without_direction("made-up.html", "<p>{{ conversation.title }}</p>")) != []
    assert list(without_direction("made-up.html", '<p dir="auto">{{ conversation.title }}</p>')) == []
    assert list(without_direction("made-up.html", '<p title="{{ conversation.title }}"></p>')) == []
