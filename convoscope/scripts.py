"""The modules of `static/js` that an entry imports, joined.

Each is a function that gives what it exports, so that names of one file are none of another. They import with
`import { a, b } from "./file.js"` or `import "./file.js"`, and export functions and classes where they are declared;
what is written otherwise is refused.
"""

from __future__ import annotations

import re

from django.conf import settings

FOLDER = settings.STATICFILES_DIRS[0] / "js"
_IMPORT = re.compile(r'^import (?:\{ (?P<names>\w+(?:, \w+)*) \} from )?"\./(?P<file>[\w-]+)\.js";\n', re.M)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class) (?P<name>\w+))", re.M)
# A line of nothing but a comment, such as those that tell types
_COMMENT = re.compile(r"^[ \t]*(?://.*|/\*\*.*\*/)\n", re.M)


class CannotJoin(Exception):
    """Modules import or export in another way, or each other."""


def joined_scripts(entry: str) -> str:
    """In the order in which a browser would execute them. Raises: CannotJoin."""
    texts: dict[str, str] = {}
    _add(entry.removesuffix(".js"), texts, above=())
    return "".join(_wrapped(name, text) for name, text in texts.items())


def _add(name: str, texts: dict[str, str], above: tuple[str, ...]) -> None:
    """What a module imports, and then the module."""
    if name in above:
        raise CannotJoin(f"static/js imports in a circle: {' imports '.join((*above, name))}")
    text = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
    for needed in _IMPORT.finditer(text):
        if needed["file"] not in texts:
            _add(needed["file"], texts, (*above, name))
    texts[name] = text


def _wrapped(name: str, text: str) -> str:
    exported = [one["name"] for one in _EXPORT.finditer(text)]
    body = _COMMENT.sub("", _EXPORT.sub("", _IMPORT.sub(_taken, text)))
    if odd := re.search(r"^(?:import|export)\b.*", body, re.M):
        raise CannotJoin(f"static/js/{name}.js: {odd[0]}")
    given = f"return {{ {', '.join(exported)} }};\n" if exported else ""
    return f"const {_variable(name)} = (() => {{\n{body}{given}}})();\n"


def _taken(found: re.Match[str]) -> str:
    return f"const {{ {found['names']} }} = {_variable(found['file'])};\n" if found["names"] else ""


def _variable(name: str) -> str:
    return f"${name.replace('-', '_')}"
