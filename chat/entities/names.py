"""When two names are the same one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from unicodedata import normalize

from chat.search.folding import fold

_WORDS = re.compile(r"\w+")


@lru_cache(maxsize=4_096)
def name_key(name: str) -> str:
    """What spellings of a name have in common: neither case, accents nor signs."""
    return fold(name)


@lru_cache(maxsize=4_096)
def _spelled(name: str) -> str:
    """A name in lower case, with its accents."""
    return " ".join(_WORDS.findall(normalize("NFC", name).casefold()))


def is_same_name(one: str, other: str) -> bool:
    """Accents make no difference where one of the two has none at all: people type “Ha Noi”. “Hà” and “Hạ” are two."""
    key = name_key(one)
    if not key or key != name_key(other):
        return False
    spelled, others = _spelled(one), _spelled(other)
    return spelled == others or key in (spelled, others)


def is_among(name: str, names: Iterable[str]) -> bool:
    return any(is_same_name(name, one) for one in names)
