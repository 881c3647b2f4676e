"""Whether someone writes English or Vietnamese. Anything else is answered in English."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "vi"]

EXAMINED_CHARS = 2_000

# Letters that, among Latin scripts, only Vietnamese has: ă, đ, ơ, ư and the two-mark vowels of U+1EA0 to U+1EF9.
_VIETNAMESE_LETTER = re.compile(r"[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")
_VIETNAMESE_WORDS_LIST = (
    "tính nhân chia cộng trừ mũ bằng mấy giờ ngày hôm nay phân tích viết về "
    "và là của có không cho tôi bạn này những các một trong để với đã gì ai sao nào thế như được làm hãy xin chào "
    "toi ban khong cua nhung duoc xin chao cam on giup"
)
_VIETNAMESE_WORDS = frozenset(_VIETNAMESE_WORDS_LIST.split())
_ENGLISH_WORDS_LIST = (
    "the a an and or of to in is are was were be it this that i you he she we they my your what who how why when "
    "where which do does did can could please with for on at from about tell me make write give"
)
_ENGLISH_WORDS = frozenset(_ENGLISH_WORDS_LIST.split())


def detect_language(text: str) -> Language:
    """Counted word by word, so that a Vietnamese name in an English question stays an English question."""
    words = re.findall(r"\w+", unicodedata.normalize("NFC", text[:EXAMINED_CHARS]).lower())
    vietnamese = sum(1 for word in words if word in _VIETNAMESE_WORDS or _VIETNAMESE_LETTER.search(word))
    english = sum(1 for word in words if word in _ENGLISH_WORDS)
    return "vi" if vietnamese > english else "en"
