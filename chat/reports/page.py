"""What the page of reports shows for a period: figures, charts and tables, ready to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.feedback import Votes, votes_by_model
from chat.reports.charts import MAX_SERIES, Chart, bars
from chat.reports.contents import breakdown_table, cost_value, per_request, preference_table, table_of_savings
from chat.reports.elo import standings
from chat.reports.tables import AtLeast, Column, ShownTable, Table, shown
from chat.worth import WorthReport, worth_report
from convoscope.numbers import number, percent
from providers.money import usd
from providers.reports.breakdown import Breakdown, model_name
from providers.reports.figures import Figures
from providers.reports.months import MonthSummary, month_summary
from providers.reports.period import Period
from providers.reports.savings import savings_of
from providers.reports.totals import Groups, Key, Usage

TABLE_ROWS = 50


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure of a summary; `note` says in a few words what else is to be known of it."""

    label: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ShownChart:
    chart: Chart
    table: ShownTable


@dataclass(frozen=True, slots=True)
class ReportPage:
    """`readings`, `charts`, `table` and savings are of the period, `month` of the current month, `preferences` of all
    time."""

    period: Period
    readings: list[Reading]
    charts: list[ShownChart]
    table: ShownTable | None
    month: list[Reading]
    month_name: str
    forecast_days: int
    savings: list[Reading]
    routing: ShownTable | None
    preferences: ShownTable | None
    worth: list[Reading]
    unpriced_calls: int
    left_out: int

    @property
    def is_empty(self) -> bool:
        return self.table is None


def report_page(period: Period, *, by: Breakdown, today: date) -> ReportPage:
    usage = Usage(period)
    groups = usage.by("day", "endpoint", "model")
    total = sum(groups.values(), Figures())
    votes = votes_by_model(period)
    savings = savings_of(usage)
    month = month_summary(today=today)
    has_routing = bool(total.calls and savings.models)
    return ReportPage(
        period=period,
        readings=_total_readings(total),
        charts=_charts(usage, groups, total) if total.calls else [],
        table=breakdown_table(usage, by).on_page(TABLE_ROWS) if total.calls else None,
        month=_month_readings(month),
        month_name=capfirst(date_format(today, "YEAR_MONTH_FORMAT")),
        forecast_days=month.forecast.days if month.forecast else 0,
        savings=[
            Reading(_("From the cache"), usd(savings.cache_nanousd)),
            Reading(_("By shared calls"), usd(savings.shared_nanousd)),
            *(
                [Reading(_("By cheaper models"), usd(savings.routing_nanousd), _("than %s") % savings.premium)]
                if has_routing
                else []
            ),
        ],
        routing=table_of_savings(savings, votes).on_page(TABLE_ROWS) if has_routing else None,
        preferences=preference_table(ranking).on_page(TABLE_ROWS) if (ranking := standings()) else None,
        worth=_worth_readings(worth_report(period, total=total, votes=sum(votes.values(), Votes()))),
        unpriced_calls=total.unpriced_calls,
        left_out=savings.left_out,
    )


def _total_readings(total: Figures) -> list[Reading]:
    calls = ngettext("%(count)s call", "%(count)s calls", total.calls) % {"count": number(total.calls)}
    return [
        Reading(_("Cost"), shown(cost_value(total))),
        Reading(_("Requests"), number(total.requests), calls),
        Reading(_("Per request"), shown(per_request(total))),
        Reading(_("Input tokens"), number(total.input_tokens), _("%s of them cached") % number(total.cached_tokens)),
        Reading(
            _("Output tokens"), number(total.output_tokens), _("%s of them reasoning") % number(total.reasoning_tokens)
        ),
    ]


def _month_readings(summary: MonthSummary) -> list[Reading]:
    forecast = summary.forecast
    readings = [Reading(_("So far"), shown(cost_value(summary.so_far)))]
    if forecast is not None:
        readings.append(
            Reading(
                _("Expected by its end"),
                usd(forecast.expected),
                f"{usd(forecast.low)} \N{EN DASH} {usd(forecast.high)}",
            )
        )
    readings.append(Reading(_("The month before"), shown(cost_value(summary.before))))
    return readings


def _worth_readings(report: WorthReport) -> list[Reading]:
    """Value, cost, return, cost per request and what people say, side by side."""
    total, votes = report.total, report.votes
    readings = [Reading(_("Resolved conversations"), number(report.resolved))]
    if report.worth is not None:
        each = _("%s each") % usd(report.worth.per_resolution_nanousd)
        readings.append(Reading(_("Value"), usd(report.value_nanousd), each))
    readings.append(Reading(_("Cost"), shown(cost_value(total))))
    if report.return_percent is not None:
        returned = _signed(report.return_percent)
        readings.append(Reading(_("Return"), _("at most %s") % returned if total.unpriced_calls else returned))
    readings.append(Reading(_("Cost per request"), shown(per_request(total))))
    if votes.good_share is not None:
        rated = ngettext("of %(count)d rating", "of %(count)d ratings", votes.count) % {"count": votes.count}
        readings.append(Reading(_("Called good"), percent(votes.good_share), rated))
    return readings


def _charts(usage: Usage, groups: Groups, total: Figures) -> list[ShownChart]:
    charts = []
    if total.cost_nanousd:
        costs = _costs_of_top_models(groups)
        chart = bars(
            _("Cost per day"),
            usage.period,
            [(label, {day: one.cost_nanousd for day, one in by_day.items()}) for label, by_day in costs],
            shown=usd,
            partial={label: {day for day, one in by_day.items() if one.unpriced_calls} for label, by_day in costs},
            shown_partial=lambda nanousd: shown(AtLeast(nanousd)),
        )
        charts.append(ShownChart(chart, _days_of(usage.period, costs)))
    tokens = bars(_("Tokens per day"), usage.period, _tokens(groups), shown=compact)
    charts.append(ShownChart(tokens, breakdown_table(usage, "day").on_page(len(usage.period))))
    return charts


def _days_of(period: Period, costs: Sequence[tuple[str, Mapping[date, Figures]]]) -> ShownTable:
    """What the chart of costs shows. Its download tells apart the models that are joined here."""
    table = Table(
        name="model-day",
        title=_("Cost per day"),
        columns=(Column("day", _("Day"), "text"), *(Column(label, label, "money") for label, _by_day in costs)),
        rows=[
            (day.isoformat(), *(cost_value(by_day.get(day, Figures())) for _label, by_day in costs)) for day in period
        ],
        total=(_("All"), *(cost_value(sum(by_day.values(), Figures())) for _label, by_day in costs)),
    )
    return table.on_page(len(period))


def _costs_of_top_models(groups: Groups) -> list[tuple[str, dict[date, Figures]]]:
    """The dearest models by themselves, and the others together. Models of unknown price come last, yet are there."""
    by_model: dict[Key, dict[date, Figures]] = {}
    for (day, *model), figures in groups.items():
        by_model.setdefault(tuple(model), {})[day] = figures
    totals = {model: sum(by_day.values(), Figures()) for model, by_day in by_model.items()}
    ordered = sorted(
        (model for model, total in totals.items() if total.cost != 0),
        key=lambda model: (-totals[model].cost_nanousd, model),
    )
    series = [(model_name(model), by_model[model]) for model in ordered[:MAX_SERIES]]
    others = ordered[MAX_SERIES:]
    if others:
        joined: dict[date, Figures] = {}
        for day, figures in (one for model in others for one in by_model[model].items()):
            joined[day] = joined.get(day, Figures()) + figures
        label = ngettext("%(count)d other", "%(count)d others", len(others)) % {"count": len(others)}
        series.append((label, joined))
    return series


def _tokens(groups: Groups) -> list[tuple[str, dict[date, int]]]:
    inputs: dict[date, int] = {}
    outputs: dict[date, int] = {}
    for (day, *_model), figures in groups.items():
        inputs[day] = inputs.get(day, 0) + figures.input_tokens
        outputs[day] = outputs.get(day, 0) + figures.output_tokens
    return [(_("Input"), inputs), (_("Output"), outputs)]


def compact(count: int) -> str:
    """Three digits and a letter: 950, 1.23k, 45.6M."""
    for letter, size in (("B", 10**9), ("M", 10**6), ("k", 10**3)):
        # From where three digits would be rounded up to it.
        if count >= 0.9995 * size:
            return f"{number(float(f'{count / size:.3g}'))}{letter}"
    return str(count)


def _signed(value: float) -> str:
    """In percent, with its sign: `+12 %`."""
    sign = "+" if value >= 0 else "\N{MINUS SIGN}"
    return f"{sign}{number(abs(value), 0)} %"
