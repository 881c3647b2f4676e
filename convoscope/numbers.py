"""Numbers for people, by the language in force: 1,234.5 in English, 1.234,5 in Vietnamese."""

from __future__ import annotations

import re
from decimal import Decimal

from django.utils.formats import get_format, number_format


def number(value: float | Decimal, decimals: int | None = None) -> str:
    """With its digits grouped, and so many decimals; without `decimals` as many as it has."""
    if decimals is not None:
        # Django cuts off what it doesn't show.
        value = Decimal(f"{value:.{decimals}f}")
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(number_format(value, decimals, force_grouping=True))


def percent(share: float) -> str:
    """Of 1, in whole percents."""
    return f"{number(share * 100, 0)}%"


def plain(typed: str) -> str:
    """What somebody typed, as programs write it: `1.250,5` is 1250.5 in Vietnamese. What isn't a number of the language
    stays as it is."""
    group, point = re.escape(get_format("THOUSAND_SEPARATOR")), re.escape(get_format("DECIMAL_SEPARATOR"))
    found = re.fullmatch(rf"([1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+|[0-9]*)(?:{point}([0-9]+))?", typed)
    if found is None:
        return typed
    whole = re.sub(r"[^0-9]", "", found[1])
    return whole if found[2] is None else f"{whole}.{found[2]}"
