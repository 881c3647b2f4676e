"""Amounts of money between people, who write dollars, and the ledger, which counts whole nano-dollars."""

from __future__ import annotations

import re
from decimal import Decimal

from django.utils.translation import gettext as _

NANODOLLARS_PER_DOLLAR = 1_000_000_000
CENT_NANOUSD = NANODOLLARS_PER_DOLLAR // 100
AMOUNT_MAX_CHARS = 25


def shown_usd(nanousd: int | None) -> str:
    """Dollars and cents; what is less than a cent with two digits that say something. Unknown is said, never 0."""
    if nanousd is None:
        return _("unknown")
    dollars = Decimal(nanousd) / NANODOLLARS_PER_DOLLAR
    if nanousd == 0 or abs(nanousd) >= CENT_NANOUSD:
        return f"${dollars:,.2f}"
    return f"${dollars.quantize(Decimal(1).scaleb(dollars.adjusted() - 1)):f}"


def parse_usd(text: str) -> int | None:
    """Nano-dollars of what somebody typed, such as `$1,250.50`; None for what is no amount, or finer than one."""
    amount = text.strip().removeprefix("$").replace(",", "")
    if len(amount) > AMOUNT_MAX_CHARS or not re.fullmatch(r"[0-9]+(\.[0-9]{1,9})?|\.[0-9]{1,9}", amount):
        return None
    return int(Decimal(amount) * NANODOLLARS_PER_DOLLAR)
