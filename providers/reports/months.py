"""A month in one line, and what the current one will have cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from providers.reports.figures import Figures
from providers.reports.forecast import Forecast, forecast_month, history_needed
from providers.reports.period import ONE_DAY, Period
from providers.reports.totals import Usage, first_day


@dataclass(frozen=True, slots=True)
class MonthSummary:
    """The current month so far, the one before it as a whole, and a forecast where there are days enough for one."""

    month: Period
    so_far: Figures
    before: Figures
    forecast: Forecast | None


def month_summary(*, today: date) -> MonthSummary:
    month = Period.month_of(today)
    before = Period.month_of(month.first - ONE_DAY)
    # From the beginning of last month, or of what the forecast looks at where that is earlier.
    usage = Usage(Period(min(before.first, history_needed(today).first), today))
    by_day = {key[0]: figures for key, figures in usage.by("day").items()}
    began = first_day()
    costs = {day: figures.cost_nanousd for day, figures in by_day.items()}
    return MonthSummary(
        month=month,
        so_far=sum((by_day[day] for day in month if day in by_day), Figures()),
        before=sum((by_day[day] for day in before if day in by_day), Figures()),
        forecast=forecast_month(costs, today=today, began=began) if began else None,
    )
