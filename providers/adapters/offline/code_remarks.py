"""Remarks on code that someone pasted: its language as a guess, its size, the names it defines. Nothing is run."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_SHOWN_LINES = 60
MAX_NAMES = 12
# Enough to tell a language by; some of the patterns take the square of it on hostile text.
EXAMINED_SIGN_CHARS = 3_000

_FENCE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[ \t]*(?P<label>[\w+#.-]*)[^\n]*\n(?P<code>.*?)(?:^(?P=fence)|\Z)", re.M | re.S
)
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("python", re.compile(r"^\s*(?:def \w+\(.*\).*:|class \w+.*:|import \w+|from \S+ import )", re.M)),
    ("rust", re.compile(r"\bfn \w+.*\{|\blet mut \b|\bimpl\b.*\{|println!\(")),
    ("go", re.compile(r"^package \w+|\bfunc (?:\(\w+ \*?\w+\) )?\w+\(.*\{|:= ", re.M)),
    ("java", re.compile(r"\bpublic (?:static |final )*(?:class|void|int|String)\b|System\.out\.")),
    ("c", re.compile(r"^\s*#include\b|\bint main\s*\(|\bprintf\(", re.M)),
    ("typescript", re.compile(r"\binterface \w+ \{|: (?:string|number|boolean)\b")),
    ("javascript", re.compile(r"\bfunction\b.*\{|\b(?:const|let|var) \w+ =|=> ?[{(]|console\.log\(")),
    (
        "sql",
        re.compile(
            r"^\s*(?:SELECT\b.+\bFROM|INSERT INTO|CREATE TABLE|UPDATE \w+ SET|DELETE FROM)\b", re.I | re.M | re.S
        ),
    ),
    ("html", re.compile(r"<!DOCTYPE|</(?:div|p|html|body|span|a|ul|table)>", re.I)),
    ("css", re.compile(r"^[.#]?[\w\-]+(?:[ ,:.#][^{\n]*)? ?\{\s*$[^}]*:[^}]*;", re.M)),
    ("bash", re.compile(r"^#!.*\bsh\b|^\s*(?:sudo|apt|cd|export|echo|grep|curl) ", re.M)),
)
_DEFINITION = re.compile(
    r"^[ \t]*(?:(?:export|default|public|private|protected|static|final|async|pub|unsafe)[ \t]+)*"
    r"(?:def|class|function\*?|fn|func(?:\s+\([^)]*\))?|interface|struct|enum|trait)\s+(?P<name>[A-Za-z_$][\w$]*)"
    r"|^[ \t]*(?:export[ \t]+)?(?:const|let|var)\s+(?P<arrow>[A-Za-z_$][\w$]*)\s*=\s*"
    r"(?:async\s*)?(?:\([^)\n]*\)|\w+)\s*=>"
    r"|^[ \t]*(?:[\w<>\[\],*&]+[ \t]+){1,3}\*?(?P<typed>[A-Za-z_]\w*)\s*\([^;\n]*\)\s*\{",
    re.M,
)
_NOT_NAMES = frozenset(("if", "for", "while", "switch", "catch", "return", "else", "new"))
_CODE_LINE = re.compile(
    r"[;{}]\s*$|^\s*(?:def |class |import |from \S+ import |return\b|@\w+|#include|</?\w+.*>$)|\w\(.*\)$|^\s{4,}\S"
)


@dataclass(frozen=True, slots=True)
class Code:
    """`language` is "" where nothing speaks for one."""

    text: str
    language: str
    lines: int
    names: tuple[str, ...]

    def fenced(self) -> str:
        """As a Markdown block, bounded; the fence is longer than any inside."""
        lines = [line[:300] for line in self.text.split("\n")[:MAX_SHOWN_LINES]]
        longest = max((len(run) for run in re.findall(r"`{3,}", "\n".join(lines))), default=2)
        fence = "`" * (longest + 1)
        return "\n".join([f"{fence}{self.language}", *lines, fence])


def find_code(question: str) -> Code | None:
    """The longest fenced block, or the whole text if its lines look like code."""
    blocks = [(match["code"].rstrip("\n"), match["label"]) for match in _FENCE.finditer(question)]
    if blocks:
        text, label = max(blocks, key=lambda block: len(block[0]))
        return _described(text, label.lower()) if text.strip() else None
    lines = [line for line in question.split("\n") if line.strip()]
    code_lines = sum(1 for line in lines if _CODE_LINE.search(line[:300]))
    if len(lines) < 2 or code_lines * 2 < len(lines):
        return None
    found = _described(question, "")
    return found if found.language or found.names else None


def _described(text: str, label: str) -> Code:
    names = (match["name"] or match["arrow"] or match["typed"] for match in _DEFINITION.finditer(text))
    distinct = dict.fromkeys(name for name in names if name not in _NOT_NAMES)
    return Code(
        text=text,
        language=label or next((language for language, sign in _SIGNS if sign.search(text[:EXAMINED_SIGN_CHARS])), ""),
        lines=text.count("\n") + 1,
        names=tuple(distinct)[:MAX_NAMES],
    )
