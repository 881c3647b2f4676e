"""Money as people read it. Everywhere else it is whole nano-dollars; None is a cost that nobody knows."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from django import template
from django.utils.translation import gettext as _

from providers.money import NANODOLLARS_PER_DOLLAR

register = template.Library()

# Four decimals below a dollar, two from there on: what a turn costs and what a month does are both told apart.
_SMALL_STEP = Decimal("0.0001")
_STEP = Decimal("0.01")
# A true minus sign, as wide as the figures it stands before.
_MINUS = "\N{MINUS SIGN}"


@register.filter
def usd(nanousd: int | None) -> str:
    """`$0.0043`, `<$0.0001`, `$1,234.56`; "unknown" for None, which is not zero."""
    if nanousd is None:
        return _("unknown")
    sign = _MINUS if nanousd < 0 else ""
    amount = usd_decimal(abs(nanousd))
    if not amount:
        return "$0.00"
    if amount < _SMALL_STEP:
        return f"{sign}<${_SMALL_STEP}"
    small = amount.quantize(_SMALL_STEP, rounding=ROUND_HALF_EVEN)
    shown = small if small < 1 else amount.quantize(_STEP, rounding=ROUND_HALF_EVEN)
    return f"{sign}${shown:,}"


def usd_decimal(nanousd: int) -> Decimal:
    """The exact amount in US dollars, for what calculates on outside."""
    return Decimal(nanousd) / NANODOLLARS_PER_DOLLAR
