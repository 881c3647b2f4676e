"""References: what in a message stands for something that was said before, and the items of lists they point at."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chat.understanding import words
from chat.understanding.reading import Reading

# A message of more words says by itself what it goes on with.
GOING_ON_MAX_WORDS = 8
ITEM_MAX_CHARS = 80
EXAMINED_ANSWER_CHARS = 20_000

_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_PLACES_VI = ("nhất", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười")
_NUMBERS = {word: number for number, word in enumerate(_PLACES, 1)}
_NUMBERS |= {word: number for number, word in enumerate(_PLACES_VI, 1)}
_NUMBERS |= {"một": 1, "bốn": 4, "đầu": 1, "đầu tiên": 1}
_LAST = ("last", "cuối", "cuối cùng")
_PLACE = rf"(?P<place>{'|'.join(_PLACES)}|last|\d{{1,2}}(?:st|nd|rd|th))"
_NOUN = r"(?:option|item|point|step|suggestion|idea|choice|example|approach|method|bullet|reason|way|solution|tip)"
_NOUN_VI = r"(?:cái|mục|ý|điểm|bước|lựa chọn|phương án|cách|ví dụ|gợi ý|lý do|giải pháp)"
_PLACE_VI = rf"(?P<place>{'|'.join(_PLACES_VI)}|một|bốn|đầu(?: tiên)?|cuối(?: cùng)?|\d{{1,2}})"
# "The first step to success" names a thing of its own; "the first step?" points at a list.
_ENDS = r"(?=\s*(?:[?.!,;:]|$)|\s+(?:again|please|more|in|with|and|or|mean|means|work|works|do|does)\b)"
_ORDINALS = (
    re.compile(rf"\b(?:the\s+)?{_PLACE}\s+one\b", re.I),
    re.compile(rf"\b(?:the|your)\s+{_PLACE}(?:\s+{_NOUN})?{_ENDS}", re.I),
    re.compile(rf"\b(?:the\s+)?(?:{_NOUN}|number)\s+(?:no\.\s*|#)?(?P<place>\d{{1,2}})\b", re.I),
    re.compile(rf"\b{_NOUN_VI}\s+(?:thứ\s+|số\s+)?{_PLACE_VI}\b", re.I),
)
_NUMBERED = re.compile(r"^ {0,3}(?:\*\*)?(\d{1,2})[.)]\s+(\S.*)$")
_BULLET = re.compile(r"^ {0,1}[-*+\u2022]\s+(\S.*)$")
_MARKS = re.compile(r"[*_`]+|\[([^\]\[]*)\]\([^()\s]*\)")


@dataclass(frozen=True, slots=True)
class Ordinal:
    """ "The second one", as it stands in a text. `number` counts from 1; -1 is the last."""

    text: str
    number: int


def leans_on_conversation(text: str) -> bool:
    """Whether it holds a word that stands for something said before, so that it says less without that."""
    reading = Reading(text)
    return find_ordinal(reading.text) is not None or has_reference(reading) or goes_on(reading)


def goes_on(reading: Reading) -> bool:
    return len(reading.words) <= GOING_ON_MAX_WORDS and words.GOING_ON.open(reading)


def has_reference(reading: Reading) -> bool:
    return first_reference(reading) is not None


def first_reference(reading: Reading) -> str | None:
    """The first phrase of the message that stands for something, in lower case."""
    for sentence in reading.sentences:
        place = 0
        while place < len(sentence):
            if empty := words.EMPTY_IT.at(reading, sentence, place):
                place += empty
                continue
            length = words.REFERENCE.at(reading, sentence, place) or _pointer_at(reading, sentence, place)
            if length:
                return " ".join(sentence[place : place + length])
            place += 1
    return None


def find_ordinal(text: str) -> Ordinal | None:
    found = next((match for pattern in _ORDINALS if (match := pattern.search(text))), None)
    if found is None:
        return None
    place = " ".join(found["place"].lower().split())
    digits = re.match(r"\d+", place)
    number = int(digits[0]) if digits else -1 if place in _LAST else _NUMBERS[place]
    return Ordinal(found[0], number) if number else None


def list_items(answer: str) -> list[str]:
    """What the last list of an answer names, each item by its beginning: numbered ones before bullets."""
    numbered: list[str] = []
    bullets: list[str] = []
    was_bullet = False
    for line in answer[:EXAMINED_ANSWER_CHARS].splitlines():
        if match := _NUMBERED.match(line):
            if match[1] == "1":
                numbered = []
            numbered.append(_lead(match[2]))
        is_bullet = _BULLET.match(line)
        if is_bullet:
            if not was_bullet:
                bullets = []
            bullets.append(_lead(is_bullet[1]))
        if line.strip() and not line.startswith("  "):
            was_bullet = is_bullet is not None
    return [item for item in numbered or bullets if item]


def item_of(ordinal: Ordinal, items: list[str]) -> str | None:
    if ordinal.number == -1:
        return items[-1] if items else None
    return items[ordinal.number - 1] if ordinal.number <= len(items) else None


def _pointer_at(reading: Reading, sentence: tuple[str, ...], place: int) -> int:
    length = words.POINTER.at(reading, sentence, place)
    is_used = place == 0 or words.BEFORE_POINTER.at(reading, sentence, place - 1)
    return length if length and is_used else 0


def _lead(item: str) -> str:
    """An item's name: what stands in bold or before a colon or a dash, without Markdown."""
    bold = re.match(r"\*\*([^*]{1,200})\*\*|__([^_]{1,200})__", item)
    plain = _MARKS.sub(r"\1", (bold[1] or bold[2]) if bold else item).strip()
    name = re.split(r":\s|\s[-\u2013\u2014]\s|:$", plain, maxsplit=1)[0].strip(" :.")
    if len(name) <= ITEM_MAX_CHARS:
        return name
    cut = name[:ITEM_MAX_CHARS]
    return cut[: max(cut.rfind(" "), ITEM_MAX_CHARS // 2)].rstrip()
