"""Names and dates in a sentence, with what they name as far as the words around them tell. What nothing tells is left
out: better a name too few than a wrong one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

DEFAULT_WORDS = (2, 3)
# What tells what a name names stands beside it. A text without an end of a sentence has thousands of names.
NEAR_CHARS = 100
_TOKEN = re.compile(r"[^\W_]+(?:[.&/-][^\W_]+)*")
_INNER_LIST = "of de del der van von la le du da di al bin &"
_INNER = frozenset(_INNER_LIST.split())
_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_CALENDAR = frozenset(f"{_MONTHS} {_DAYS} I".split())
# Capitals that begin no name: what sentences begin with, languages and peoples.
_NO_NAMES_LIST = (
    "I'm I'd I'll A An The This That These Those My Your His Her Its Our Their He She It We They You Who What When "
    "Where Why How Which In On At To From By For With Of And But Or If So As Is Are Was Were Do Does Did Can Could "
    "Will Would Should May Might Must Yes No Not Please Thanks Hi Hello Dear Ok Okay Also Then There Here Because "
    "While After Before Since Until Now Today Tomorrow Yesterday Note Step Example Both Each Every Some All Let "
    "English German French Spanish Italian Dutch Chinese Japanese Korean Russian Vietnamese American British "
    "European Mr Mrs Ms Dr Prof Sir Tôi Mình Bạn Anh Chị Em Ông Bà Cô Chú Bác Nó Họ Chúng Đây Đó Khi Nếu Và Nhưng "
    "Vì Là Có Không Ở Tại Từ Đến Với Cho Của Các Những Một Ngày Tháng Năm Hôm Ai Gì Xin Hãy Công Đại Trường Ngân "
    "Tập Bệnh Thành Tỉnh Quận Huyện Sông"
)
_NO_NAMES = frozenset(_NO_NAMES_LIST.split())
_ORGANISATIONS_LIST = (
    "inc ltd llc plc gmbh ag corp corporation company university institute bank foundation ministry agency school "
    "hospital college group association committee council department union"
)
_ORGANISATION_WORDS = frozenset(_ORGANISATIONS_LIST.split())
_PLACES_LIST = "city street river lake mountain island county province valley park airport road avenue"
_PLACE_WORDS = frozenset(_PLACES_LIST.split())
_SURNAMES_LIST = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Trương"
_SURNAMES = frozenset(_SURNAMES_LIST.split())
_KIN = "sister|brother|wife|husband|mother|father|son|daughter|child|friend|colleague|boss|cousin|uncle|aunt|partner"
# What stands before a name, up to it.
_BEFORE: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "organisation",
        re.compile(
            r"\b(?:work(?:s|ed|ing)? (?:for|at)|employed (?:by|at)|joined|founded|client|customer|supplier|company|"
            r"firm|công ty|tập đoàn|ngân hàng|đại học|trường|bệnh viện|làm (?:việc )?(?:cho|tại))"
            r"(?: is| called| named|,)? $",
            re.I,
        ),
    ),
    (
        "place",
        re.compile(
            r"\b(?:(?:liv(?:e|es|ed|ing)|born|based|located|grew up|stay(?:s|ed|ing)?|arrived?|offices?|home|branch|"
            r"house)(?: (?:is|are))? (?:in|at|near|from)|(?:mov(?:e|es|ed|ing)|travel(?:s|led|ling)?"
            r"|fl(?:y|ies|ew|ying)|went|go|going|trip|drive|drove) (?:back )?to|"
            r"(?:city|town|village|country|capital) (?:of|is)|from|ở|tại|"
            r"thành phố|tỉnh|quận|huyện|sông|đường|phố|sống ở|sinh (?:ra )?ở) $",
            re.I,
        ),
    ),
    (
        "person",
        re.compile(
            r"\b(?:mrs?|ms|dr|prof|sir|ông|bà|anh|chị|cô|chú|bác|em|thầy|(?:my|your|his|her|our|their)"
            r"(?: [a-z]+)? [a-z]+(?: is| was|,)? (?:called|named)|"
            r"(?:my|your|his|her|our|their)(?: [a-z]+)? (?:mum|mom|dad|"
            rf"manager|doctor|teacher|neighbour|neighbor|{_KIN})(?: is| was|,)?|"
            r"(?:i am|i'm|called|named|name is|name's|tên(?: là)?)|"
            r"(?:gái|trai|vợ|chồng|mẹ|bố|bạn)(?: của)?(?: tôi| mình)?(?: tên)?(?: là)?)\.? $",
            re.I,
        ),
    ),
    (
        "product",
        re.compile(
            r"\b(?:us(?:e|es|ed|ing)|install(?:s|ed|ing)?|upgrad(?:e|ed|ing)(?: to)?|software|app|tool|library|"
            r"framework|version of|phần mềm|ứng dụng|dùng|cài(?: đặt)?|sử dụng) $",
            re.I,
        ),
    ),
)
_PERSON_AFTER = re.compile(
    r" (?:said|says|told|thinks|wants|lives|lived|works|worked|was born|asked|wrote|loves|likes|is my|was my|"
    rf"is married|is \w+'s (?:{_KIN})|nói|bảo|sống|làm việc|sinh)\b|'s (?:{_KIN})\b"
)
_PLACE_AFTER = re.compile(
    r" (?:is|was|là) (?:the |a |an )?(?:\w+ )?(?:capital|city|town|village|country|thủ đô|thành phố)\b"
)
_NAMED_AFTER = re.compile(r"(?:'s| is| was| said| là| của)\b")
_PREFIX = re.compile(
    r"(?P<organisation>\b(?:công ty|tập đoàn|ngân hàng|đại học|bệnh viện) )$|(?P<place>\b(?:sông|hồ) )$", re.I
)
_VERSION = re.compile(r"^[vV]?\d+(?:\.\d+)*$")
_MONTH = _MONTHS.replace(" ", "|")
_DATE = re.compile(
    rf"\b\d{{4}}-\d{{2}}-\d{{2}}\b|\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})(?:,? \d{{4}})?\b"
    rf"|\b(?:{_MONTH}) \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?\b|\b\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{4}}\b"
    r"|\bngày \d{1,2}(?: tháng |/)\d{1,2}(?:(?: năm |/)\d{4})?|\btháng \d{1,2} năm \d{4}",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name at its place in a sentence."""

    start: int
    end: int
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known while a text is read: types by names in lower case, the words that it has in small letters, and
    whether it is the person's, who names people without saying that they are some."""

    types: Mapping[str, str]
    small: Collection[str]
    is_persons: bool


def beside(sentence: str, start: int, end: int) -> tuple[str, str]:
    """What stands before a place in it, and after."""
    return sentence[max(0, start - NEAR_CHARS) : start], sentence[end : end + 2 * NEAR_CHARS]


def names_in(sentence: str, reading: Reading) -> list[Name]:
    """In their order, dates among them."""
    dates = [Name(found.start(), found.end(), found[0], "date") for found in _DATE.finditer(sentence)]
    taken = [range(one.start, one.end) for one in dates]
    names = [one for one in _names(sentence, reading) if not any(one.start in span for span in taken)]
    return sorted((*dates, *names), key=lambda one: one.start)


def _names(sentence: str, reading: Reading) -> Iterator[Name]:
    before = None
    for run in _runs(sentence):
        start, end = run[0].start(), run[-1].end()
        prefix = _PREFIX.search(sentence, max(0, start - NEAR_CHARS), start)
        kind = prefix.lastgroup if prefix else _type_of(sentence, run, reading)
        if not kind and before and before.type == "organisation" and sentence[before.end : start] in (" in ", " ở "):
            kind = "place"
        if kind:
            start = prefix.start() if prefix else start
            before = Name(start, end, sentence[start:end], kind)
            yield before


def _runs(sentence: str) -> Iterator[list[re.Match[str]]]:
    """Words with capitals that follow one another, with small ones such as “of” between them, and a version after."""
    run: list[re.Match[str]] = []
    for token in _TOKEN.finditer(sentence):
        follows = bool(run) and sentence[run[-1].end() : token.start()] == " "
        is_name = _has_capital(token[0]) and token[0] not in _CALENDAR and (follows or token[0] not in _NO_NAMES)
        if run and follows and (is_name or token[0] in _INNER or _VERSION.match(token[0])):
            run.append(token)
            continue
        yield from _trimmed(run)
        run = [token] if is_name else []
    yield from _trimmed(run)


def _trimmed(run: list[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    while run and run[-1][0] in _INNER:
        run.pop()
    if run:
        yield run


def _has_capital(word: str) -> bool:
    """Also within it: iPhone."""
    return word[0].isupper() or (word[0].isalpha() and word.lower() != word)


def _type_of(sentence: str, run: list[re.Match[str]], reading: Reading) -> str:
    """Blank where nothing tells."""
    words = [token[0] for token in run]
    before, after = beside(sentence, run[0].start(), run[-1].end())
    if known := reading.types.get(sentence[run[0].start() : run[-1].end()].lower()):
        return known
    lower = {word.lower() for word in words}
    if lower & _ORGANISATION_WORDS and len(words) > 1:
        return "organisation"
    if lower & _PLACE_WORDS and len(words) > 1:
        return "place"
    if words[0] in _SURNAMES and len(words) > 1:
        return "person"
    told = next((kind for kind, pattern in _BEFORE if pattern.search(before)), "")
    if told:
        return told
    if _PLACE_AFTER.match(after):
        return "place"
    if _PERSON_AFTER.match(after) and not _is_common(words, reading):
        return "person"
    is_mixed = any(word[1:].lower() != word[1:] and not word.isupper() for word in words)
    if is_mixed or (before.strip() and len(words) > 1 and _VERSION.match(words[-1])):
        return "product"
    return "person" if _looks_like_a_person(words, before, after, reading) else ""


def _is_common(words: list[str], reading: Reading) -> bool:
    return len(words) == 1 and words[0].lower() in reading.small


def _looks_like_a_person(words: list[str], before: str, after: str, reading: Reading) -> bool:
    """Two or three words with capitals, where the person writes and a sentence doesn't merely begin with them."""
    is_plain = all(word.isalpha() and word[1:].islower() and word.lower() not in reading.small for word in words)
    is_meant = bool(before.strip()) or _NAMED_AFTER.match(after) is not None
    return reading.is_persons and len(words) in DEFAULT_WORDS and is_plain and is_meant
