"""What a person types into the search, read: words, "quoted phrases" and -excluded ones. Nothing typed is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chat.search.folding import fold, is_unspaced

QUERY_MAX_CHARS = 200
QUERY_MAX_TERMS = 12
# A single letter begins too many words to say anything.
PREFIX_MIN_CHARS = 2

_TERM = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)(?:"|$)|(?P<word>[^\s"]+))')
_QUOTES = str.maketrans("“”„«»", '"' * 5)


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand one after another. With `is_prefix` the last of them may go on."""

    words: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Each wanted term has to be there, and no unwanted one. Without a wanted one nothing is found."""

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()


def parse_query(text: str) -> Query:
    """The first terms of what was typed. The last word may still be being typed: it stands for all that begin so."""
    text = text[:QUERY_MAX_CHARS].translate(_QUOTES)
    wanted, unwanted = [], []
    for match in list(_TERM.finditer(text))[:QUERY_MAX_TERMS]:
        words = tuple(fold(match["phrase"] if match["word"] is None else match["word"]).split())
        if not words:
            continue
        if match["minus"]:
            unwanted.append(Term(words))
        else:
            is_last = match["word"] is not None and match.end() == len(text)
            wanted.append(Term(words, is_prefix=is_last and _may_go_on(words[-1])))
    return Query(tuple(wanted), tuple(unwanted))


def _may_go_on(word: str) -> bool:
    return len(word) >= PREFIX_MIN_CHARS and not is_unspaced(word)
