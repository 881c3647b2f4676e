"""Which of the older turns are worth their tokens, where most of them are left to the summary.

How unlike the others a turn is could be asked of an embedder. That would have to be loaded (half a second, 80 MB) and
asked for every message there is, for a number that the words give in milliseconds: what is said nowhere else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from chat.context.history import Said
from chat.search.folding import UNSPACED

RECENCY, UNIQUENESS, FIRST_AND_LAST = 0.4, 0.4, 0.2
# What a message is about shows in its beginning.
LOOKED_AT_CHARS = 2_000
# What is written without spaces is taken sign by sign.
_WORD = re.compile(f"[{UNSPACED}]|[^\\W_{UNSPACED}]+")


def turns_of(history: Iterable[Said]) -> list[list[Said]]:
    """Each question with what follows it."""
    turns: list[list[Said]] = []
    for message in history:
        if message.role == "user" or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns


def scores_of(older: Sequence[list[Said]], others: Sequence[list[Said]]) -> list[float]:
    """How much each of the older turns is worth to be kept as it was said, from 0 to 1."""
    words = [[_words(message) for message in turn] for turn in older]
    elsewhere = (_words(message) for turn in others for message in turn)
    said_in = Counter(word for message in chain(*words, elsewhere) for word in message)
    last = len(older) - 1
    return [
        RECENCY * (place / last if last else 1)
        # A question that is like no other is one, whatever its answer repeats.
        + UNIQUENESS * max(_uniqueness(message, said_in) for message in turn)
        + FIRST_AND_LAST * (place in (0, last))
        for place, turn in enumerate(words)
    ]


def _words(message: Said) -> set[str]:
    return set(_WORD.findall(message.text[:LOOKED_AT_CHARS].lower()))


def _uniqueness(words: set[str], said_in: Counter[str]) -> float:
    """1 where no other message has any of its words; the more have one, the less it counts."""
    return sum(1 / said_in[word] for word in words) / len(words) if words else 0.0
