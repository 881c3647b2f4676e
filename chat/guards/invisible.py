"""Characters that nobody sees and a model reads, where they hide something. An emoji's joiners, the marks of Arabic
and Hebrew, the joiners of Persian and Indic scripts, soft hyphens and a single zero-width space are as they should be.
"""

from __future__ import annotations

import re

from chat.guards.contract import Finding, Place

_ZERO_WIDTH = "\u200b-\u200d\u2060-\u2064\ufeff\u180e\u3164\u115f\u1160\uffa0\u034f"
_VARIATIONS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
# Letters that no joiner or variation stands between in any orthography.
_LETTERS = "A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff"
_FLAG, _END_OF_FLAG = "\U0001f3f4", "\U000e007f"
# A flag's region and part of it are at most six tags, and one ends them.
_FLAG_TAGS = 7
TAGS = re.compile("[\U000e0020-\U000e007f]+")
_RULES = (
    ("zero-width run", 0.9, re.compile(f"[{_ZERO_WIDTH}]{{4,}}")),
    ("variation run", 0.9, re.compile(f"[{_VARIATIONS}]{{3,}}")),
    (
        "between letters",
        0.8,
        re.compile(f"(?:[{_LETTERS}][{_ZERO_WIDTH}{_VARIATIONS}]+){{2,}}[{_LETTERS}]"),
    ),
)
# Text that is written the other way round than it is stored.
_OVERRIDE = re.compile("[\u202d\u202e][^\u202c\n]*")
_LATIN = re.compile("[A-Za-z]")


def find_invisible(text: str, place: Place) -> list[Finding]:
    """A guard: the same in every place."""
    if text.isascii():
        return []
    found = [
        Finding(match.start(), match.end(), "invisible", score, name)
        for name, score, pattern in _RULES
        for match in pattern.finditer(text)
    ]
    overridden = (match.span() for match in _OVERRIDE.finditer(text) if _LATIN.search(match[0]))
    found += [Finding(start, end, "invisible", 0.7, "bidi override") for start, end in overridden]
    found += [Finding(start, end, "invisible", 0.95, "tags") for start, end in hidden_tags(text)]
    return sorted(found)


def hidden_tags(text: str) -> list[tuple[int, int]]:
    """Stretches of the tags block that are no part of a flag."""
    return [match.span() for match in TAGS.finditer(text) if not _ends_flag(text, match)]


def _ends_flag(text: str, match: re.Match[str]) -> bool:
    is_after_flag = text[match.start() - 1 : match.start()] == _FLAG
    return is_after_flag and match[0].endswith(_END_OF_FLAG) and len(match[0]) <= _FLAG_TAGS
