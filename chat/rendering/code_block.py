"""A code block as HTML: a figure with its language, a copy button and, for known languages, highlighting."""

from __future__ import annotations

import re
from typing import Any

from markdown_it.common.utils import unescapeAll

from .escaping import escape

MAX_HIGHLIGHTED_CHARS = 20_000
"""About a microsecond of work a character; what is longer stays plain."""
FIGURE_START = '<figure class="code">'
CODE_END = "</code></pre></figure>"

_LANGUAGE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_+#.-]{0,39}")
# Closed list: an unknown name would make Pygments look through every installed package, at each block.
_HIGHLIGHTED = frozenset(
    re.findall(
        r"\S+",
        """bash c c++ c# cpp cs csharp css dart diff docker dockerfile elixir erlang go golang graphql haskell html
        ini java javascript js json jsx julia kotlin lua make makefile nginx
        objective-c perl php postgresql powershell py py3
        python python3 r rb rs ruby rust scala scss sh shell sql swift toml ts tsx typescript vim xml yaml yml zsh""",
    )
)
_CLASSES = (
    ("Comment", "c"),
    ("Keyword", "k"),
    ("Literal.String", "s"),
    ("Literal.Number", "n"),
    ("Name.Function", "f"),
    ("Name.Class", "f"),
    ("Name.Decorator", "f"),
    ("Name.Tag", "k"),
    ("Name.Attribute", "f"),
    ("Operator", "o"),
)


def code_start(info: str) -> str:
    match = _LANGUAGE.match(unescapeAll(info).strip())
    language = match[0] if match else "text"
    return (
        f"<figcaption><span>{language}</span><code-wrap></code-wrap><copy-button></copy-button></figcaption>"
        f'<pre tabindex="0"><code class="language-{language}">'
    )


def code_html(code: str, info: str, *, is_live: bool = False) -> str:
    """The text of a code block; while it is still being written (`is_live`) it isn't highlighted."""
    language = _LANGUAGE.match(unescapeAll(info).strip())
    if is_live or language is None or len(code) > MAX_HIGHLIGHTED_CHARS or language[0].lower() not in _HIGHLIGHTED:
        return escape(code)
    return _highlight(code, language[0].lower())


def _highlight(code: str, language: str) -> str:
    # Here: a chat without code doesn't pay its 20 ms.
    from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped, unused-ignore]  # no stubs

    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    parts: list[str] = []
    length = 0
    for kind, text in lexer.get_tokens(code):
        css_class = _css_class(kind) if not text.isspace() else ""
        length += len(text)
        parts.append(f'<span class="{css_class}">{escape(text)}</span>' if css_class else escape(text))
    return "".join(parts) if length == len(code) else escape(code)


_class_by_kind: dict[Any, str] = {}


def _css_class(kind: Any) -> str:
    found = _class_by_kind.get(kind)
    if found is None:
        name = ".".join(kind)
        found = next((css for prefix, css in _CLASSES if name.startswith(prefix)), "")
        _class_by_kind[kind] = found
    return found
