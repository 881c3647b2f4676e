"""The styles as one sheet: what `app.css` names, joined in its order. A file of `static/css` is about one concept."""

from __future__ import annotations

import re

from django.conf import settings

FOLDER = settings.STATICFILES_DIRS[0] / "css"
_IMPORT = re.compile(r'^@import url\("(?P<file>[\w-]+\.css)"\) layer\((?P<layer>\w+)\)(?: (?P<media>\w+))?;$', re.M)


def joined_styles() -> str:
    return _IMPORT.sub(_inlined, (FOLDER / "app.css").read_text(encoding="utf-8"))


def _inlined(found: re.Match[str]) -> str:
    rules = f"@layer {found['layer']} {{\n{(FOLDER / found['file']).read_text(encoding='utf-8')}}}"
    return f"@media {found['media']} {{\n{rules}\n}}" if found["media"] else rules
