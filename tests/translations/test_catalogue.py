"""The catalogue says everything, keeps what is filled in, and is compiled as it stands.

It needs no gettext tools: what the sources mark is read by Babel, templates through Django's own reading of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

from tests.support.source import ROOT, texts

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
PYTHON = ("accounts", "chat", "providers", "convoscope")
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
}
# What is filled in, and what a page or a program reads: placeholders, tags, addresses.
FIXED = re.compile(r"%\(\w+\)[a-z]|%[sd%]|\{\{[^}]+\}\}|\{\w+\}|</?[a-z][^>]*>|https?://\S+")

Key = tuple[str | None, str]


@cache
def catalogue(code: str, kind: str = "po") -> Catalog:
    path = ROOT / "locale" / code / "LC_MESSAGES" / f"django.{kind}"
    with path.open("rb") as file:
        return read_po(file, locale=code) if kind == "po" else read_mo(file)


def entries(code: str) -> list[Message]:
    return [message for message in catalogue(code) if message.id]


def key_of(message: Message) -> Key:
    # Of a compiled one Babel leaves the context as bytes.
    context: Any = message.context
    return context.decode() if isinstance(context, bytes) else context, asked(message)[0]


def asked(message: Message) -> list[str]:
    """The msgid, and its plural where it has one."""
    given: Any = message.id
    return [given] if isinstance(given, str) else list(given)


def said(message: Message) -> list[str]:
    given: Any = message.string
    return [given] if isinstance(given, str) else list(given)


def marked() -> dict[Key, str]:
    """What the sources mark, and a file it is in."""
    found: dict[Key, str] = {}
    sources = {path: text for folder in PYTHON for path, text in texts(folder, ".py").items()}
    # Without its indentation, which means nothing, a template's reading is lines of Python.
    sources |= {
        path: "\n".join(line.strip() for line in templatize(text, origin=path).splitlines())
        for path, text in texts("templates", ".html", ".txt").items()
    }
    for path, text in sources.items():
        if "/migrations/" not in path:
            found |= dict.fromkeys(_marked_in(text), path)
    return found


def _marked_in(source: str) -> Iterator[Key]:
    for _line, function, words, _comments in extract_python(BytesIO(source.encode()), KEYWORDS, (), {}):
        said: Any = words
        given = (said,) if isinstance(said, str) else tuple(said)
        has_context = function in ("pgettext", "pgettext_lazy")
        context = given[0] if has_context else None
        msgid = given[1] if has_context else given[0]
        if msgid:
            yield context, msgid


@pytest.mark.parametrize("code", LANGUAGES)
def test_it_has_what_the_sources_mark_and_nothing_else(code: str) -> None:
    known, needed = {key_of(one) for one in entries(code)}, marked()
    assert len(needed) > 1_000
    missing = {words: path for (context, words), path in needed.items() if (context, words) not in known}
    assert missing == {}, "run makemessages and translate these: docs/translating.md says how"
    assert known - needed.keys() == set(), "run makemessages: nothing marks these any more"


@pytest.mark.parametrize("code", LANGUAGES)
def test_everything_is_translated(code: str) -> None:
    assert [one.id for one in entries(code) if one.fuzzy or not all(said(one))] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_is_filled_in_is_kept(code: str) -> None:
    def fixed(words: str) -> list[str]:
        return sorted(FIXED.findall(words))

    for message in entries(code):
        plural = asked(message)[-1]
        for words in said(message):
            assert fixed(words) == fixed(plural), words
            assert (words[:1].isspace(), words[-1:].isspace()) == (plural[:1].isspace(), plural[-1:].isspace()), words
            # Libraries write three points.
            assert plural.replace("...", "…").endswith("…") == words.endswith("…"), words
            assert "..." not in words


@pytest.mark.parametrize("code", LANGUAGES)
def test_it_has_the_plurals_of_its_language(code: str) -> None:
    forms = catalogue(code).num_plurals
    assert [one.id for one in entries(code) if len(asked(one)) > 1 and len(said(one)) != forms] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_is_compiled_is_what_is_written(code: str) -> None:
    def words(kind: str) -> dict[Key, list[str]]:
        return {key_of(one): said(one) for one in catalogue(code, kind) if one.id}

    assert words("mo") == words("po"), "run compilemessages"
