"""Amounts of money between people, who write dollars, and the ledger, which counts whole nano-dollars."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from convoscope.numbers import number, plain

NANODOLLARS_PER_DOLLAR = 1_000_000_000
AMOUNT_MAX_CHARS = 25
# Up to four decimals below a dollar, two from there on: what a turn costs and what a month does are both told apart.
_SMALL_STEP = Decimal("0.0001")
_CENT = Decimal("0.01")
# A true minus sign, as wide as the figures it stands before.
_MINUS = "\N{MINUS SIGN}"


def usd(nanousd: int | None, *, is_partly_known: bool = False) -> str:
    """`$0.0043`, `<$0.0001`, `$1,234.56`; "unknown" for None, which is not zero.

    A sum that `is_partly_known` leaves out what has no known price: `at least $0.0043`, and "unknown" where nothing is
    left that could be shown.
    """
    if nanousd is None:
        return _("unknown")
    sign = _MINUS if nanousd < 0 else ""
    amount = usd_decimal(abs(nanousd))
    if is_partly_known:
        return _("unknown") if amount < _SMALL_STEP else _("at least %(amount)s") % {"amount": usd(nanousd)}
    if not amount:
        return f"${number(amount, 2)}"
    if amount < _SMALL_STEP:
        return f"{sign}<${number(_SMALL_STEP)}"
    small = amount.quantize(_SMALL_STEP, rounding=ROUND_HALF_EVEN)
    if small < 1:
        return f"{sign}${typed_usd(small)}"
    return f"{sign}${number(amount.quantize(_CENT, rounding=ROUND_HALF_EVEN))}"


def price_usd(price: Decimal | str) -> str:
    """A price, which is exact where a sum is rounded: `$2.50`, `$0.0375`."""
    return f"${typed_usd(Decimal(price))}"


def typed_usd(amount: Decimal) -> str:
    """As a field holds it: with cents, or as many digits as it has if those are more, none grouped. Saving it changes
    nothing."""
    cents = amount.quantize(_CENT)
    return str(number_format(cents if cents == amount else amount.normalize()))


def usd_decimal(nanousd: int) -> Decimal:
    """The exact amount in US dollars, for what calculates on outside."""
    return Decimal(nanousd) / NANODOLLARS_PER_DOLLAR


def parse_usd(text: str) -> int | None:
    """Nano-dollars of what somebody typed, such as `$1,250.50`; None for what is no amount, or finer than one."""
    amount = plain(text.strip().removeprefix("$"))
    if len(amount) > AMOUNT_MAX_CHARS or not re.fullmatch(r"[0-9]+(\.[0-9]{1,9})?|\.[0-9]{1,9}", amount):
        return None
    return int(Decimal(amount) * NANODOLLARS_PER_DOLLAR)
