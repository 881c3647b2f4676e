"""Money in templates, in the words of `providers/money.py`."""

from __future__ import annotations

from django import template

from providers.money import price_usd, usd

register = template.Library()
register.filter("usd", usd)
register.filter("price_usd", price_usd)
