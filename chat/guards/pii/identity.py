"""Numbers that a state gives its people: which digits and letters can be one, and how it is written."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stdnum.br import cpf
from stdnum.cn import ric
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.in_ import aadhaar, pan
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.us import ssn

from chat.guards.contract import Finding
from chat.guards.pii import context
from chat.guards.pii.window import WINDOW_CHARS, Waiting, stands_alone

DIGIT = re.compile("[0-9]")
# Provinces and cities of Vietnam, as the first three digits of a citizen's number name them.
# Source: Circular 59/2021/TT-BCA, and the codes of Decision 124/2004/QD-TTg.
# fmt: off
_VN_PROVINCES = frozenset((
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40, 42, 44,
    45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86, 87, 89,
    91, 92, 93, 94, 95, 96,
))
# fmt: on
# Of those born from 2000 on; the last two digits of the year follow the digit of century and sex.
_VN_LAST_YEAR = 39


@dataclass(frozen=True, slots=True)
class DigitId:
    """One written in one way; `score`: how sure it is then."""

    rule: str
    is_valid: Callable[[str], bool]
    score: float


def is_cccd(digits: str) -> bool:
    century = int(digits[3])
    born = int(digits[4:6])
    return int(digits[:3]) in _VN_PROVINCES and (century < 2 or (century < 4 and born <= _VN_LAST_YEAR))


def is_cmnd(digits: str) -> bool:
    """The older number, of nine digits: the first two name the province."""
    return digits[0] in "0123"


# With 9 for each digit.
_WAYS: tuple[tuple[str, Callable[[str], bool], dict[str, float]], ...] = (
    ("us_ssn", ssn.is_valid, {"999-99-9999": 0.75, "999 99 9999": 0.3, "999999999": 0.15}),
    ("vn_cmnd", is_cmnd, {"999999999": 0.1, "999 999 999": 0.1}),
    ("nl_bsn", bsn.is_valid, {"999999999": 0.2, "9999.99.999": 0.3, "9999 99 999": 0.3}),
    ("gb_nhs", nhs.is_valid, {"999 999 9999": 0.2, "9999999999": 0.15}),
    ("de_idnr", idnr.is_valid, {"99 999 999 999": 0.45, "99999999999": 0.25}),
    ("pl_pesel", pesel.is_valid, {"99999999999": 0.25}),
    ("br_cpf", cpf.is_valid, {"999.999.999-99": 0.8, "99999999999": 0.2}),
    ("vn_cccd", is_cccd, {"999999999999": 0.25, "9999 9999 9999": 0.2, "999 999 999 999": 0.2}),
    ("in_aadhaar", aadhaar.is_valid, {"9999 9999 9999": 0.4, "9999-9999-9999": 0.4, "999999999999": 0.3}),
    ("kr_rrn", rrn.is_valid, {"999999-9999999": 0.7, "9999999999999": 0.2}),
    ("fr_nir", nir.is_valid, {"9 99 99 99 999 999 99": 0.85, "999999999999999": 0.6}),
    ("cn_ric", ric.is_valid, {"999999999999999999": 0.85}),
)
DIGIT_IDS: dict[str, list[DigitId]] = defaultdict(list)
for _rule, _is_valid, _shapes in _WAYS:
    for _shape, _score in _shapes.items():
        DIGIT_IDS[_shape].append(DigitId(_rule, _is_valid, _score))

_LETTERED: dict[str, tuple[str, Callable[[str], bool] | None, float]] = {
    "gb_nino": (r"(?!BG|GB|NK|KN|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?(?:[0-9]{2} ?){3}[A-D]", None, 0.6),
    "es_nie": (r"[XYZ][ -]?[0-9]{7}[ -]?[A-Z]", nie.is_valid, 0.7),
    "es_dni": (r"[0-9]{8}[ -]?[A-Z]", dni.is_valid, 0.55),
    "it_cf": (r"[A-Z]{6}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]", codicefiscale.is_valid, 0.9),
    "in_pan": (r"[A-Z]{3}[ABCFGHLJPT][A-Z][0-9]{4}[A-Z]", pan.is_valid, 0.55),
    "cn_ric_x": (r"[0-9]{17}X", ric.is_valid, 0.85),
    "fr_nir_corsica": (r"[12] ?[0-9]{2} ?[0-9]{2} ?2[AB] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}", nir.is_valid, 0.85),
}
# Each within a look ahead, so that what turns out to be none hides nothing that begins in it.
_LETTERED_BEGIN = re.compile(
    rf"(?=[A-Z0-9])(?:{'|'.join(f'(?=(?P<{rule}>{pattern}))' for rule, (pattern, _, _) in _LETTERED.items())})"
)
WORDS_SCORE = 0.3


def find_lettered_ids(text: str, begin: int, end: int, final: bool) -> Iterator[Finding | Waiting]:
    for match in _LETTERED_BEGIN.finditer(text, begin, min(len(text), end + WINDOW_CHARS)):
        rule = match.lastgroup
        if rule is None or match.start() >= end:
            continue
        start, stop = match.span(rule)
        _, is_valid, score = _LETTERED[rule]
        if not stands_alone(text, start, stop) or (is_valid is not None and not is_valid(match[rule])):
            continue
        score += WORDS_SCORE * context.weight(context.before(text, start), "id")
        yield Finding(start, stop, "national_id", round(score, 2), rule)
