"""What the page of reports is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypedDict

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from providers.forms import DollarField
from providers.models import Worth
from providers.money import NANODOLLARS_PER_DOLLAR, typed_usd, usd_decimal
from providers.reports.period import ONE_DAY, Period

# A chart and a table of days; longer than any ledger is old.
MAX_DAYS = 3_660
LAST_DAYS = (7, 30, 90)
THIS_MONTH, LAST_MONTH = "month", "last-month"
MONEY_MAX_USD = 1_000_000


def range_names() -> dict[str, str]:
    """The ranges that have a name, and those."""
    return {
        THIS_MONTH: _("This month"),
        LAST_MONTH: _("Last month"),
        **{str(days): ngettext("%(count)d day", "%(count)d days", days) % {"count": days} for days in LAST_DAYS},
    }


class PeriodForm(forms.Form):
    """A range by its name, or the days `from` to `to`; anything else asks for this month."""

    range = forms.CharField(required=False, max_length=20)

    def __init__(self, data: Mapping[str, Any], *, today: date) -> None:
        super().__init__(data)
        self.today = today
        invalid = {"invalid": _("Enter a day such as %(day)s.") % {"day": today.isoformat()}}
        for name, label in (("from", _("From")), ("to", _("To"))):
            widget = forms.DateInput(attrs={"type": "date", "max": today.isoformat()}, format="%Y-%m-%d")
            self.fields[name] = forms.DateField(
                label=label, required=False, widget=widget, input_formats=["%Y-%m-%d"], error_messages=invalid
            )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        first, last = data.get("from"), data.get("to")
        if first and last and not self.errors:
            if last < first:
                self.add_error("to", _("This day comes before the first one."))
            elif first > self.today:
                self.add_error("from", _("These days are still to come."))
            elif (min(last, self.today) - first).days >= MAX_DAYS:
                self.add_error("from", _("Choose ten years at most."))
        elif (first or last) and not self.errors:
            self.add_error("to" if first else "from", _("Enter both days."))
        return data

    def period(self) -> Period:
        """What was asked for; this month where it can't be."""
        data = self.cleaned_data if self.is_valid() else {}
        if data.get("from"):
            return Period(data["from"], min(data["to"], self.today))
        return named_period(data.get("range", ""), today=self.today)

    def name(self) -> str:
        """Of the range that is shown; "" if it has none."""
        data = self.cleaned_data if self.is_valid() else {}
        if data.get("from"):
            return ""
        return data["range"] if data.get("range") in range_names() else THIS_MONTH


def named_period(name: str, *, today: date) -> Period:
    if name == LAST_MONTH:
        return Period.month_of(today.replace(day=1) - ONE_DAY)
    if name in map(str, LAST_DAYS):
        return Period.last_days(int(name), today=today)
    return Period(today.replace(day=1), today)


class WorthFields(TypedDict):
    value_nanousd: int | None
    minutes_saved: int | None
    hourly_rate_nanousd: int | None


def _dollars(label: Any) -> DollarField:
    return DollarField(
        label=label,
        required=False,
        min_value=0,
        max_value=MONEY_MAX_USD,
        max_digits=12,
        decimal_places=4,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value", "max_digits", "max_decimal_places", "max_whole_digits"),
            gettext_lazy("Enter an amount of dollars from 0 to 1,000,000, such as 4.50."),
        ),
    )


class WorthForm(forms.Form):
    """The worth of a resolved conversation: an amount, or minutes and an hourly rate. The action says which go
    together."""

    value = _dollars(gettext_lazy("Value of a resolved conversation, in dollars"))
    minutes = forms.IntegerField(
        label=gettext_lazy("Or: minutes it saves"),
        required=False,
        min_value=0,
        max_value=100_000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), gettext_lazy("Enter a whole number of minutes, such as 10.")
        ),
    )
    hourly_rate = _dollars(gettext_lazy("At an hourly rate of, in dollars"))

    def __init__(self, data: Any = None, *, worth: Worth | None) -> None:
        super().__init__(data, initial=_initial(worth) if worth else {})

    def worth(self) -> WorthFields:
        """The fields of `set_worth`."""
        data = self.cleaned_data
        return {
            "value_nanousd": _nanousd(data["value"]),
            "minutes_saved": data["minutes"],
            "hourly_rate_nanousd": _nanousd(data["hourly_rate"]),
        }


def _initial(worth: Worth) -> dict[str, object]:
    return {
        "value": _typed(worth.value_nanousd),
        "minutes": worth.minutes_saved,
        "hourly_rate": _typed(worth.hourly_rate_nanousd),
    }


def _typed(nanousd: int | None) -> str:
    return "" if nanousd is None else typed_usd(usd_decimal(nanousd))


def _nanousd(dollars: Decimal | None) -> int | None:
    return None if dollars is None else int(dollars * NANODOLLARS_PER_DOLLAR)
