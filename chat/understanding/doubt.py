"""Whether a question may be understood in several ways: strict rules, so that hardly any is. What they doubt, a model
judges; what they don't, it is never asked about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from chat.context.history import Said
from chat.understanding import words
from chat.understanding.reading import Phrases, Reading
from chat.understanding.references import find_ordinal, first_reference, item_of, list_items
from chat.understanding.standalone import last_said

Doubt: TypeAlias = Literal["nothing_given", "no_such_item", "which_item"]

MAX_WORDS = 8
MAX_CHARS = 100
CLEAR_LIST_ITEMS = 2
# Verbs that do something to a text or a thing, which has to be given.
_TRANSITIVE = Phrases(
    """
    fix, translate, summarise, summarize, rewrite, shorten, simplify, improve, correct, proofread, paraphrase,
    rephrase, explain, review, refactor, debug, convert, format, check, edit
""",
    """
    sửa, dịch, tóm tắt, viết lại, rút gọn, cải thiện, giải thích, kiểm tra, sửa lại, chuyển đổi, sửa lỗi
""",
)
_OBJECTLESS = Phrases(
    """
    please, now, for me, again, it, this, that, this one, that one, them, these, those, this text, this code,
    this for me, to english, into english, to vietnamese, into vietnamese, better, shorter
""",
    """
    nó, cái này, cái đó, giúp tôi, giúp mình, cho tôi, cho mình, đi, nhé, này, đoạn này, câu này, văn bản này,
    sang tiếng anh, sang tiếng việt, với
""",
)
_ONE_OF_THEM = frozenset(("that one", "the other one", "cái kia", "cái ấy", "cái còn lại"))


def doubt_about(question: str, earlier: Sequence[Said]) -> Doubt | None:
    """Why it is doubtful what is meant, if so: by a short message alone, after what was said `earlier`."""
    if len(question) > MAX_CHARS:
        return None
    reading = Reading(question)
    if not reading.words or len(reading.words) > MAX_WORDS:
        return None
    return _about_list(reading, earlier) if earlier else _about_nothing(reading)


def _about_list(reading: Reading, earlier: Sequence[Said]) -> Doubt | None:
    ordinal = find_ordinal(reading.text)
    if ordinal is None and first_reference(reading) not in _ONE_OF_THEM:
        return None
    items = list_items(last_said(earlier, "assistant"))
    if ordinal is not None:
        # Without a list it may be anything that was said.
        return "no_such_item" if items and item_of(ordinal, items) is None else None
    return "which_item" if len(items) > CLEAR_LIST_ITEMS else None


def _about_nothing(reading: Reading) -> Doubt | None:
    """Of a first message: it says what is to be done, and not with what."""
    if len(reading.sentences) != 1:
        return None
    [sentence] = reading.sentences
    place = words.REQUEST_OPENING.skip(reading, sentence)
    length = _TRANSITIVE.at(reading, sentence, place)
    is_all = length and _OBJECTLESS.skip(reading, sentence, place + length) == len(sentence)
    return "nothing_given" if is_all else None
