"""Money as people read it: the ledger's whole nano-dollars in words."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.translation import gettext as _

register = template.Library()

NANODOLLARS = Decimal(1_000_000_000)
SMALLEST_SHOWN_NANOUSD = 100_000


@register.filter
def usd(nanousd: int | None) -> str:
    """None is a price that isn't known, which is not zero."""
    if nanousd is None:
        return _("unknown")
    if 0 < nanousd < SMALLEST_SHOWN_NANOUSD:
        return "<$0.0001"
    dollars = nanousd / NANODOLLARS
    return f"${dollars:,.2f}" if nanousd == 0 or abs(dollars) >= 1 else f"${dollars:.4f}"
