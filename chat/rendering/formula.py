"""A formula in TeX as MathML, which browsers draw themselves; one that can't be converted as its source."""

from __future__ import annotations

import re
from functools import lru_cache

from math_core import LatexError, LatexToMathML

from .escaping import escape, escape_attribute

MAX_FORMULA_CHARS = 3_000
"""A page of derivation. A longer one is most likely text between two stray marks."""
MAX_COMMANDS = 300
MAX_DEPTH = 40
"""The converter recurses, at up to 3.3 KB of stack a level, and running out of stack ends the process. Every level is a
command or a brace, so these two keep it near one megabyte; threads have eight."""
MAX_MATHML_CHARS = 15_000
"""What one op carries (`ops.CHUNK_CHARS`), less what sanitising may add: a formula is never cut in two."""
MAX_INLINE_CHARS = 24
"""What more is seen of may be wider than a phone, so it scrolls in itself."""

CLOSERS = {"$": "$", "$$": "$$", "\\(": "\\)", "\\[": "\\]"}

_BASIC = {"displaystyle", "scriptlevel"}
_OPERATOR = {"form", "lspace", "maxsize", "minsize", "movablelimits", "rspace", "stretchy", "symmetric"}
MATH_ATTRIBUTES: dict[str, set[str]] = {
    "math": {"alttext", "display"},
    "menclose": {"notation"},
    "mfrac": {"linethickness", *_BASIC},
    "mi": {"mathvariant"},
    "mmultiscripts": set(),
    "mn": set(),
    "mo": _OPERATOR,
    "mover": {"accent"},
    "mpadded": {"height", "width"},
    "mphantom": set(),
    "mprescripts": set(),
    "mroot": set(),
    "mrow": _BASIC,
    "mspace": {"width"},
    "msqrt": set(),
    "msub": set(),
    "msubsup": set(),
    "msup": set(),
    "mtable": _BASIC,
    "mtd": set(),
    "mtext": set(),
    "mtr": set(),
    "munder": {"accentunder"},
    "munderover": {"accent", "accentunder"},
}
MATH_CLASSES = {
    "mspace": {"back"},
    "mtd": {"left", "right", "side", "line-left", "line-right", "line-top", "line-bottom"},
}

# The policy for content forbids styles, so those that carry meaning become classes.
_CLASS_BY_STYLE = {
    "text-align: left": "left",
    "text-align: right": "right",
    "width: 50%": "side",
    "border-left": "line-left",
    "border-right": "line-right",
    "border-top": "line-top",
    "border-bottom": "line-bottom",
    "margin-left:-": "back",
}
_TAG = re.compile("<[^>]*>")
_STYLE = re.compile(r'(<[a-z]+[^<>]*) style="([^"]*)"')
# Nested without end by a few characters, and seldom meant for the one formula that they stand in.
_DEFINITION = re.compile(r"\\(?:[egx]?def|let|(?:re)?newcommand|providecommand)(?![A-Za-z])")
_TEN_EM = re.compile(r'="[+-]?\d{2,}')
_ENVIRONMENT = re.compile(r"(\\(?:begin|end) *)\{(align|equation|gather|smallmatrix|split)\*?\}")
# Without the numbers that would begin at one in every formula.
_ENVIRONMENTS = {
    "align": "{aligned}",
    "equation": "{gathered}",
    "gather": "{gathered}",
    "smallmatrix": "{matrix}",
    "split": "{aligned}",
}
_CONVERTER = LatexToMathML(
    macros={"mbox": r"\text{#1}", "substack": r"\begin{subarray}{c}#1\end{subarray}"},
    allow_unreliable_rendering=True,
    fancy_error=False,
)


def formula_html(tex: str, opener: str) -> str:
    """`opener`: what stands before it, a key of `CLOSERS`."""
    html = _mathml(tex.strip(), opener in ("$$", "\\["))
    return html or f'<code class="math-source">{escape(opener + tex + CLOSERS[opener])}</code>'


@lru_cache(maxsize=256)  # An open paragraph is shown more than once.
def _mathml(tex: str, is_display: bool) -> str | None:
    if len(tex) > MAX_FORMULA_CHARS or tex.count("\\") > MAX_COMMANDS or _depth(tex) > MAX_DEPTH:
        return None
    if not tex or _DEFINITION.search(tex):
        return None
    try:
        html = _CONVERTER.convert_with_local_state(_known(tex), displaystyle=is_display)
    except LatexError:
        return None
    # References lead out of the formula, to places that the page doesn't have.
    if len(html) > MAX_MATHML_CHARS or "<a " in html or _TEN_EM.search(html):
        return None
    is_wide = is_display or len(_TAG.sub("", html)) > MAX_INLINE_CHARS
    html = _STYLE.sub(lambda match: match[1] + _classes(match[2]), html)
    html = html.replace("<math", f'<math alttext="{escape_attribute(tex)}"', 1)
    return f'<span class="math" tabindex="0">{html}</span>' if is_wide else html


def _depth(tex: str) -> int:
    depth = deepest = 0
    for brace in re.findall("[{}]", tex):
        depth += 1 if brace == "{" else -1
        deepest = max(deepest, depth)
    return deepest


def _known(tex: str) -> str:
    """Environments as the converter has them; a tag of one's own needs one that numbers."""
    if "\\tag" in tex:
        return tex if _ENVIRONMENT.search(tex) else rf"\begin{{equation}}{tex}\end{{equation}}"
    return _ENVIRONMENT.sub(lambda match: match[1] + _ENVIRONMENTS[match[2]], tex)


def _classes(style: str) -> str:
    names = " ".join(name for part, name in _CLASS_BY_STYLE.items() if part in style)
    return f' class="{names}"' if names else ""
