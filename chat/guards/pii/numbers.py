"""What is made of digits in groups: cards, telephone numbers and numbers of identity, told from each other and from all
the other numbers in the world by their checksums, their shapes, and the words around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

from stdnum import luhn

from chat.guards.contract import Finding
from chat.guards.pii import context
from chat.guards.pii.addresses import ipv4_at
from chat.guards.pii.identity import DIGIT, DIGIT_IDS
from chat.guards.pii.phones import phone_score
from chat.guards.pii.window import WINDOW_CHARS, Waiting, is_word

FOUND_SCORE = 0.5
# What words around it add, or, where they speak of another kind of number, take away.
WORDS_SCORE = 0.4
# What is less sure of a number to call when another one stands right before it
CONTINUED_SCORE = 0.2
# Spaces, dashes, and the Markdown that a number may be set in, also across lines.
SEPARATORS = " \t\r\n\u00a0\u2009\u202f\u2010\u2011\u2012\u2013*_`.\\/()-"
_BETWEEN = "[" + re.escape(SEPARATORS) + "]{1,5}"
_NUMBER = re.compile(rf"[+(]{{0,2}}[0-9]+(?:{_BETWEEN}[0-9]+)*")
_BEGIN = re.compile(r"[0-9]+")
_GROUP = re.compile(r"[0-9]+")
_LEAST_DIGITS = 7
# Directly before a number: of a time, a decimal number, a longer number.
_INSIDE = frozenset(".,:-/")
# Directly after it, with a digit or letter: its end is elsewhere.
_GOES_ON = frozenset(".,:-/@%_=\\")
_LEAST_DIFFERENT_DIGITS = 2
MOST_GROUPS = 7
CARD_SHAPES = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (13,), (14,), (15,), (16,), (19,)}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a number may be, and how sure without a word about it."""

    finding: Finding
    subject: context.Subject


def find_numbers(text: str, begin: int, end: int, final: bool) -> Iterator[Finding | Waiting]:
    for match in _BEGIN.finditer(text, begin, min(len(text), end + 2)):
        start = match.start()
        before = text[start - 1] if start else ""
        if before and (is_word(before) or (before in _INSIDE and text[max(0, start - 2) : start - 1].isdigit())):
            continue
        if before == "_" and start > 1 and is_word(text[start - 2]):
            continue
        if text.startswith(".", match.end()) and begin <= start < end:
            address = ipv4_at(text, start)
            if address is not None:
                yield address
                continue
        while start and text[start - 1] in "+(" and match.start() - start < 2:
            start -= 1
        if begin <= start < end:
            yield from _number_at(text, start, final)


def _number_at(text: str, start: int, final: bool) -> Iterator[Finding | Waiting]:
    groups = _groups(text, start)
    totals = list(accumulate(end - begin for begin, end in groups))
    if not totals or totals[-1] < _LEAST_DIGITS:
        return
    # In rows of numbers one begins at each: what has too few digits, or too many groups for them, isn't even read.
    counts = [
        count for count, total in enumerate(totals[:MOST_GROUPS], 1) if total >= max(_LEAST_DIGITS, 2 * count - 1)
    ]
    if not counts:
        return
    digits = "".join(text[one:other] for one, other in groups[: counts[-1]])
    written = DIGIT.sub("9", text[start : groups[counts[-1] - 1][1]])
    readings = [
        one
        for count in reversed(counts)
        for one in _readings(text, start, groups[:count], digits[: totals[count - 1]], written)
    ]
    if not readings:
        return
    words = context.before(text, start)
    found = _best(readings, words)
    if found is None and any(one.finding.score + WORDS_SCORE >= FOUND_SCORE for one in readings):
        if len(text) < start + WINDOW_CHARS and not final:
            yield Waiting(start)
            return
        for stop in sorted({one.finding.end for one in readings}, reverse=True):
            after = context.after(text, stop, start + WINDOW_CHARS)
            found = _best([one for one in readings if one.finding.end == stop], words | after)
            if found is not None:
                break
    if found is not None:
        yield found


def _groups(text: str, start: int) -> list[tuple[int, int]]:
    """Of digits, as far as a decision may look."""
    last = start + WINDOW_CHARS - 1
    number = _NUMBER.match(text, start, last)
    if number is None:
        return []
    groups = [match.span() for match in _GROUP.finditer(text, start, number.end())]
    if number.end() == last and text[last : last + 1].isdigit():
        groups.pop()
    return groups


def _readings(text: str, start: int, groups: list[tuple[int, int]], digits: str, written: str) -> Iterator[Reading]:
    """`written`: with 9 for each digit, and perhaps more behind it."""
    end = groups[-1][1]
    if _goes_on(text, end, start + WINDOW_CHARS) or len(set(digits)) < _LEAST_DIFFERENT_DIGITS:
        return
    shape = tuple(other - one for one, other in groups)
    is_plain = text[start] not in "+("
    if is_plain and 13 <= len(digits) <= 19 and _is_issued(digits) and luhn.is_valid(digits):
        score = 0.8 if shape in CARD_SHAPES else 0.3
        yield Reading(Finding(start, end, "card", score, "card"), "card")
    if is_plain:
        for kind in DIGIT_IDS.get(written[: end - start], ()):
            if kind.is_valid(digits):
                yield Reading(Finding(start, end, "national_id", kind.score, kind.rule), "id")
    if len(digits) <= 15:
        score = phone_score(text[start:end], digits, shape)
        if score and is_plain and text[max(0, start - 2) : start - 1].isdigit():
            score -= CONTINUED_SCORE
        if score > 0:
            yield Reading(Finding(start, end, "phone", score, "phone"), "phone")


def _goes_on(text: str, end: int, last: int) -> bool:
    after = text[end : end + 1]
    if not after or after not in _GOES_ON:
        return bool(after) and is_word(after)
    return end + 1 < last and text[end + 1 : end + 2].isalnum()


def _best(readings: list[Reading], words: context.Spoken) -> Finding | None:
    scored = []
    for one in readings:
        weight = context.weight(words, one.subject)
        score = one.finding.score + WORDS_SCORE * weight
        if score >= FOUND_SCORE:
            found = replace(one.finding, score=min(1.0, round(score, 2)))
            scored.append((found.score, words.get(one.subject, -1), found.end, found))
    return max(scored)[-1] if scored else None


def _is_issued(digits: str) -> bool:
    """By the ranges of the networks. Source: ISO/IEC 7812, and what each network publishes."""
    first2, first3, first4, first6 = (int(digits[:count]) for count in (2, 3, 4, 6))
    match len(digits):
        case 14:
            return first2 in (36, 38, 39) or 300 <= first3 <= 305
        case 15:
            return first2 in (34, 37)
        case 16 | 19 if digits[0] == "4" or first2 in (62, 65) or first4 == 6011 or 644 <= first3 <= 649:
            return True
        case 16:
            return 51 <= first2 <= 55 or 2221 <= first4 <= 2720 or 3528 <= first4 <= 3589 or 622126 <= first6 <= 622925
        case 13:
            return digits[0] == "4"
    return False
