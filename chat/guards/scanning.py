"""Personal data in long texts, which the turns of a conversation send again and again: each is looked through once."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from threading import Lock

from chat.guards.contract import Finding
from chat.guards.pii import find_between

# So many texts of the last conversations, by a digest: neither they nor what was found stand in the memory.
KEPT_TEXTS = 5_000
KEPT_FINDINGS = 50_000
# A regular expression lets nobody else work until it is done; the streams of the process wait no longer than for these.
PIECE_CHARS = 10_000


class Scans:
    """For threads."""

    def __init__(self) -> None:
        self._found: OrderedDict[bytes, tuple[Finding, ...]] = OrderedDict()
        self._findings = 0
        self._lock = Lock()

    def find(self, text: str) -> tuple[Finding, ...]:
        """What `find_pii` gives."""
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        with self._lock:
            if (kept := self._found.get(key)) is not None:
                self._found.move_to_end(key)
                return kept
        found = tuple(find_in_pieces(text))
        with self._lock:
            if key not in self._found:
                self._found[key] = found
                self._findings += len(found)
            while len(self._found) > KEPT_TEXTS or self._findings > KEPT_FINDINGS:
                self._findings -= len(self._found.popitem(last=False)[1])
        return found


def find_in_pieces(text: str) -> list[Finding]:
    found: list[Finding] = []
    begin = 0
    while begin < len(text):
        piece = find_between(text, begin, min(begin + PIECE_CHARS, len(text)), final=True)
        found += piece.findings
        begin = piece.until
    return found


scans = Scans()
