"""Whether a number can be called: by the numbering plans of the world, from libphonenumber's data."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata

# Where numbers are looked for that are written as at home, by what they begin with.
WITH_ZERO = ("GB", "DE", "FR", "VN", "IT", "NL", "IN", "JP", "KR", "CN", "AU")
WITHOUT_ZERO = ("US", "ES", "IN", "IT", "PL", "PT", "BR", "CN", "VN", "RU")
# Part of the number there, not dialled in front of it.
_KEEPS_ZERO = "IT"
_TRUNK = {"US": "1", "RU": "8"}
# Digits that were asked about lately: in rows of numbers each is met with several before and after it.
KEPT_NUMBERS = 4_096
_NANP = re.compile(
    r"(?P<strict>(?:1[-. ])?\([2-9][0-9]{2}\) ?[2-9][0-9]{2}[-. ][0-9]{4}|(?:1-)?[2-9][0-9]{2}-[2-9][0-9]{2}-[0-9]{4})"
    r"|[2-9][0-9]{2}([. ])[2-9][0-9]{2}\2[0-9]{4}"
)
_DATE = re.compile(r"(?:[12][0-9]{3}([-./])[01]?[0-9]\1[0-3]?[0-9]|[0-3]?[0-9]([-./])[01]?[0-9]\2[12][0-9]{3})\b")
# Decimal numbers, numbers in code, columns of a table, a half of a bracket
_NO_PHONE = re.compile(r"[0-9]+\.[0-9]+\Z|.*(?:[0-9]_[0-9]|\. | {3}|\.\.|\\)|[^(]*\)|[^)]*\([^)]*\Z", re.DOTALL)
_MARKUP = re.compile(r"[*_`\\\s]+")


def phone_score(written: str, digits: str, shape: tuple[int, ...]) -> float:
    """How sure, by its shape alone; 0 if it is none."""
    if _NO_PHONE.match(written):
        return 0
    if written.lstrip("(").startswith("+"):
        return _international_score(_MARKUP.sub(" ", written))
    if digits.startswith("00") and len(digits) > 10:
        return _international_score(f"+{digits[2:]}")
    if _DATE.match(written) or "+" in written or digits == "0123456789":
        return 0
    nanp = _NANP.fullmatch(written)
    if nanp is not None:
        return (0.6 if nanp["strict"] else 0.4) if _is_american(digits) else 0.2
    if digits.startswith("0"):
        if _is_called_with_zero(digits):
            return 0.5 if len(shape) > 2 and len(digits) in (10, 11) and len(set(shape)) < 3 else 0.35
        return 0.15 if 9 <= len(digits) <= 11 else 0
    return 0.3 if _is_called_without_zero(digits) else 0


def _is_american(digits: str) -> bool:
    """With the 1 before it, or without."""
    return _plans(("US",)).fullmatch(digits.removeprefix("1") if len(digits) == 11 else digits) is not None


@lru_cache(maxsize=KEPT_NUMBERS)
def _is_called_with_zero(digits: str) -> bool:
    others = tuple(region for region in WITH_ZERO if region != _KEEPS_ZERO)
    return bool(_plans(others).fullmatch(digits[1:]) or _plans((_KEEPS_ZERO,)).fullmatch(digits))


@lru_cache(maxsize=KEPT_NUMBERS)
def _is_called_without_zero(digits: str) -> bool:
    if _plans(WITHOUT_ZERO).fullmatch(digits):
        return True
    return len(digits) == 11 and any(
        digits.startswith(trunk) and _plans((region,)).fullmatch(digits[1:]) for region, trunk in _TRUNK.items()
    )


def _international_score(written: str) -> float:
    try:
        number = phonenumbers.parse(written)
    except phonenumbers.NumberParseException:
        return 0
    if phonenumbers.is_valid_number(number):
        return 0.9
    return 0.45 if phonenumbers.is_possible_number(number) else 0


@cache
def _plans(regions: tuple[str, ...]) -> re.Pattern[str]:
    """Every number of these regions, all at once. Asking the library about each takes fifty times as long."""
    patterns: list[str] = []
    for region in regions:
        metadata = PhoneMetadata.metadata_for_region(region)
        if metadata is None:
            raise LookupError(region)
        kinds = (
            metadata.fixed_line,
            metadata.mobile,
            metadata.toll_free,
            metadata.premium_rate,
            metadata.shared_cost,
            metadata.personal_number,
            metadata.voip,
            metadata.uan,
        )
        found = [kind.national_number_pattern for kind in kinds if kind is not None]
        patterns += [pattern for pattern in found if pattern]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
