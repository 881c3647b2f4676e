"""What people read and nobody can translate: text that isn't marked, in templates and in Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import TypeGuard

from convoscope.errors import AppError
from tests.support.source import Module

# What stands the same in every language: names, units, keys and what programs read.
SAME_EVERYWHERE = re.compile(
    r"\b(Convoscope|OpenAI|Anthropic|Google Gemini|Google|GitHub|Microsoft|OpenID Connect|SAML|Markdown|HTML|JSON|CSV"
    r"|UTC|ms|Ctrl|Shift|Esc|Enter)\b|#\w+"
)
READ_ATTRIBUTES = ("title", "aria-label", "aria-description", "aria-roledescription", "placeholder", "alt", "label")
# Of these tags the value is read too.
BUTTONS = ("submit", "button", "reset")
MARKED = re.compile(
    r"\{%-?\s*comment\b.*?endcomment\s*%\}|\{#.*?#\}"
    r"|\{%\s*(?:blocktranslate|blocktrans)\b.*?%\}.*?\{%\s*(?:endblocktranslate|endblocktrans)\s*%\}",
    re.S,
)
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.S)
# Words that a tag or a filter brings: `with label="Send now"`, `|default:"None"`, `|yesno:"On,Off"`.
BROUGHT = re.compile(r"""(?:\|(?:default|default_if_none|yesno|pluralize):|\bwith\s+\w+=|\s\w+=)("[^"]*"|'[^']*')""")
COUNTED_TIME = re.compile(r"%\(\w+\)[sd] (?:second|minute|hour|day|week|month|year)s?\b")
LETTERS = re.compile(r"[^\W\d_]{2,}")

IMMEDIATE = {"gettext", "ngettext", "pgettext", "npgettext"}
LAZY = {f"{name}_lazy" for name in IMMEDIATE}
READ_KEYWORDS = {"label", "help_text", "verbose_name", "verbose_name_plural", "empty_label", "user_message", "reason"}


def unmarked_in_template(path: str, text: str) -> list[str]:
    """Text, attributes and words in tags that don't pass through `translate`."""
    text = MARKED.sub(lambda gone: _blank(gone[0]), text)
    found = [
        f"{path}:{text.count(chr(10), 0, tag.start()) + 1} brings {brought[1]}"
        for tag in TAG.finditer(text)
        if not tag[0].startswith(("{% url", "{% translate", "{% static", "{% load", "{% icon", "{% extends"))
        for brought in BROUGHT.finditer(tag[0])
        if _is_sentence(brought[1])
    ]
    reader = _Reader(path)
    reader.feed(TAG.sub(lambda gone: _blank(gone[0]), text))
    return found + reader.offenders


def unmarked_in_mail(path: str, text: str) -> Iterator[str]:
    """A text template is read whole."""
    left = TAG.sub(lambda gone: _blank(gone[0]), MARKED.sub(lambda gone: _blank(gone[0]), text))
    for number, line in enumerate(left.splitlines(), 1):
        if _is_read(line):
            yield f"{path}:{number} says {line.strip()!r}"


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.offenders: list[str] = []
        self._is_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_code = tag in ("script", "style", "code", "kbd")
        given = dict(attrs)
        for name, value in attrs:
            is_button = name == "value" and tag == "input" and given.get("type") in BUTTONS
            is_said = name.startswith("data-") and " " in (value or "").strip()
            if (name in READ_ATTRIBUTES or is_button or is_said) and _is_read(value or ""):
                self.offenders.append(f'{self.path}:{self.getpos()[0]} has {name}="{value}"')

    def handle_endtag(self, tag: str) -> None:
        self._is_code = False

    def handle_data(self, data: str) -> None:
        if not self._is_code and _is_read(data):
            self.offenders.append(f"{self.path}:{self.getpos()[0]} says {data.strip()!r}")


def _blank(gone: str) -> str:
    return "\n" * gone.count("\n")


def _is_read(text: str) -> bool:
    return bool(LETTERS.search(SAME_EVERYWHERE.sub("", text)))


def _is_sentence(literal: str) -> bool:
    """Not the name of an id, a class or a template."""
    words = literal[1:-1]
    return _is_read(words) and words[:1].isupper()


def unmarked_in_python(module: Module) -> Iterator[str]:
    """Words for people that no gettext sees: in errors, messages, labels and the names of choices."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            yield from _in_call(module, node)
        elif isinstance(node, ast.ClassDef) and any(_name(base).endswith("Choices") for base in node.bases):
            for choice in node.body:
                named = (
                    choice.value.elts if isinstance(choice, ast.Assign) and isinstance(choice.value, ast.Tuple) else []
                )
                if named and _is_words(named[-1]):
                    yield f"{module.at(choice)} names a choice without marking it"


def _in_call(module: Module, call: ast.Call) -> Iterator[str]:
    name = _name(call.func)
    is_error = name == "ValidationError" or name in {error.__name__ for error in _below(AppError)}
    is_message = isinstance(call.func, ast.Attribute) and _name(call.func.value) == "messages"
    said = call.args[:1] if is_error else call.args[1:2] if is_message else []
    for one in said:
        if _is_words(one):
            yield f"{module.at(call)} {name} says what nobody can translate"
    for keyword in call.keywords:
        if keyword.arg in READ_KEYWORDS and _is_words(keyword.value):
            yield f"{module.at(call)} {keyword.arg}= is not marked"


def _below(error: type[AppError]) -> Iterator[type[AppError]]:
    """It and all that are made of it."""
    yield error
    for one in error.__subclasses__():
        yield from _below(one)


def glued(module: Module) -> Iterator[str]:
    """Sentences put together from translated pieces, and msgids that aren't constant."""
    for node in ast.walk(module.tree):
        if _is_gettext(node) and any(not isinstance(one, ast.Constant) for one in _msgids(node)):
            yield f"{module.at(node)} translates what isn't a constant"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            sides = (node.left, node.right)
            if any(_is_said(one) for one in sides) and all(_is_said(one) or _is_words(one) for one in sides):
                yield f"{module.at(node)} glues a sentence"
        elif isinstance(node, ast.FormattedValue) and _is_said(node.value):
            yield f"{module.at(node)} glues a sentence"


def uncounted(module: Module) -> Iterator[str]:
    """A number of seconds or days in one form alone: many languages have several, by the number."""
    for node in ast.walk(module.tree):
        if _is_gettext(node) and "ngettext" not in _name(node.func) and "npgettext" not in _name(node.func):
            said = [one.value for one in _msgids(node) if isinstance(one, ast.Constant)]
            if any(COUNTED_TIME.search(str(one)) for one in said):
                yield f"{module.at(node)} counts without forms of the plural"


def translated_too_early(module: Module) -> Iterator[str]:
    """Immediate gettext where a module is loaded: everybody would get the first reader's language."""
    immediate = {
        alias.asname or alias.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in IMMEDIATE
    }
    for node in _at_loading(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in immediate:
            yield f"{module.at(node)} translates when the module is loaded"


def _at_loading(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those in bodies of functions."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            for early in (*child.decorator_list, *child.args.defaults, *filter(None, child.args.kw_defaults)):
                yield from _at_loading(early)
        elif isinstance(child, ast.Lambda):
            continue
        else:
            yield from _at_loading(child)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_gettext(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and _name(node.func) in {"_", *IMMEDIATE, *LAZY}


def _msgids(call: ast.Call) -> list[ast.expr]:
    """Context, singular and plural: all but the count."""
    name = _name(call.func)
    return call.args[: 1 + ("ngettext" in name or "npgettext" in name) + ("pgettext" in name)]


def _is_said(node: ast.expr) -> bool:
    """A translated text, perhaps filled in."""
    is_filled = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and _is_gettext(node.left)
    return is_filled or _is_gettext(node)


def _is_words(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(one, ast.Constant) and " " in str(one.value).strip() for one in node.values)
    if isinstance(node, ast.BinOp):
        return _is_words(node.left)
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_read(node.value)
