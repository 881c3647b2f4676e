"""Lengths of time for people. That of a stream is in `chat/templatetags/figures.py`."""

from __future__ import annotations

from django.utils.translation import ngettext

from convoscope.numbers import number

YEAR, MONTH = 365, 30


def days_in_words(days: int) -> str:
    """Long ones in whole years, or in whole months beyond a year, and the others as the days they are.

    Units: a year is 365 days, a month beyond whole years 30.
    """
    years, rest = divmod(days, YEAR)
    if years and not rest:
        return ngettext("%(count)s year", "%(count)s years", years) % {"count": number(years)}
    if years and not rest % MONTH and rest // MONTH < 12:
        months = 12 * years + rest // MONTH
        return ngettext("%(count)s month", "%(count)s months", months) % {"count": number(months)}
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": number(days)}
