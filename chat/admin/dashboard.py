"""The admin's first page: what waits, and for administrators and analysts how the installation did of late.

Every figure comes from sums by day, or from an index that holds nothing else: it takes as long over a million calls as
over a hundred.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.admin.large_tables.moments import least_uuid7
from accounts.models import Role, User
from accounts.roles import has_role
from chat.admin.waiting import waiting_for
from chat.models import Flag
from chat.reports.charts import bars
from chat.reports.contents import cost_value
from chat.reports.forms import LAST_DAYS, range_names
from chat.reports.page import Reading, ShownChart
from chat.reports.tables import AtLeast, Column, Kind, ShownTable, Table, Value, shown
from convoscope.numbers import number, percent
from providers.models import Attempt
from providers.models.attempt import FALLBACK
from providers.money import usd
from providers.reports.figures import Figures
from providers.reports.period import Period
from providers.reports.totals import Usage, UtcDay

DEFAULT_DAYS = 30
STYLES = ("css/utilities.css", "css/chart.css", "css/reports.css", "css/dashboard.css")
ByDay = Mapping[date, int]


@dataclass(frozen=True, slots=True)
class Days:
    """What a period's days were, each by what it is about."""

    period: Period
    total: Figures
    messages: ByDay
    people: ByDay
    all_people: int
    failed: ByDay
    fallbacks: ByDay
    flags: ByDay
    figures: Mapping[date, Figures]


@dataclass(frozen=True, slots=True)
class Dashboard:
    days: int
    ranges: list[tuple[int, str]]
    readings: list[Reading]
    charts: list[ShownChart]


def dashboard_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    person = request.user
    # The site lets nobody else in.
    assert isinstance(person, User)
    may_see = has_role(person, Role.ANALYST)
    found = {
        "title": _("Overview"),
        "waiting": waiting_for(person),
        "dashboard": dashboard(request.GET.get("days", "")) if may_see else None,
        "dashboard_styles": STYLES,
    }
    return context | found


def dashboard(asked: str) -> Dashboard:
    """Of the last days; of the usual number of them where something else was asked for."""
    days = next((one for one in LAST_DAYS if str(one) == asked), DEFAULT_DAYS)
    found = read_days(Period.last_days(days, today=timezone.now().date()))
    names = range_names()
    return Dashboard(days, [(one, names[str(one)]) for one in LAST_DAYS], _readings(found), _charts(found))


def read_days(period: Period) -> Days:
    usage = Usage(period)
    figures: defaultdict[date, Figures] = defaultdict(Figures)
    messages: Counter[date] = Counter()
    failed: Counter[date] = Counter()
    for (day, feature, outcome), one in usage.by("day", "feature", "outcome").items():
        figures[day] += one
        messages[day] += one.requests if feature == "chat" else 0
        failed[day] += one.calls if outcome == Attempt.Outcome.FAILED else 0
    active = [(day, user_id) for day, user_id in usage.by("day", "user_id") if user_id is not None]
    fallbacks = (
        Attempt.objects.filter(reason=FALLBACK, started_at__gte=period.starts_at, started_at__lt=period.ends_before)
        .order_by()
        .values_list(UtcDay("started_at"))
        .annotate(count=Count("pk"))
    )
    return Days(
        period=period,
        total=sum(figures.values(), Figures()),
        messages=messages,
        people=Counter(day for day, _user_id in active),
        all_people=len({user_id for _day, user_id in active}),
        failed=failed,
        fallbacks=dict(fallbacks),
        flags=_flags_by_day(period),
        figures=figures,
    )


def _flags_by_day(period: Period) -> ByDay:
    """By their ids, which are in the order of time and have an index."""
    flags = Flag.objects.filter(id__gte=least_uuid7(period.starts_at), id__lt=least_uuid7(period.ends_before))
    return dict(flags.order_by().values_list(UtcDay("created_at")).annotate(count=Count("pk")))


def _readings(days: Days) -> list[Reading]:
    total, failed, fallbacks = days.total, sum(days.failed.values()), sum(days.fallbacks.values())
    return [
        Reading(_("Messages"), number(sum(days.messages.values()))),
        Reading(_("Active people"), number(days.all_people)),
        Reading(_("Error rate"), _share(failed, total.calls), _of_calls(failed, total.calls)),
        Reading(_("Fallback rate"), _share(fallbacks, total.calls), _of_calls(fallbacks, total.calls)),
        Reading(_("Flags"), number(sum(days.flags.values()))),
        Reading(_("Cost"), shown(cost_value(total))),
        Reading(_("To the first word"), _ms(total.mean_first_token_ms)),
    ]


def _charts(days: Days) -> list[ShownChart]:
    costs = {day: one.cost_nanousd for day, one in days.figures.items()}
    latency = {day: one.mean_first_token_ms or 0 for day, one in days.figures.items()}
    unpriced = {day for day, one in days.figures.items() if one.unpriced_calls}
    errors = [(_("Failed calls"), days.failed), (_("Fallbacks"), days.fallbacks)]
    cost = bars(
        _("Cost per day"),
        days.period,
        [(_("Cost"), costs)],
        shown=usd,
        partial={_("Cost"): unpriced},
        shown_partial=lambda nanousd: shown(AtLeast(nanousd)),
    )
    return [
        _counted(_("Messages per day"), days.period, [(_("Messages"), days.messages)]),
        _counted(_("Active people per day"), days.period, [(_("Active people"), days.people)], adds_up=False),
        _counted(_("Failed calls and fallbacks per day"), days.period, errors),
        _counted(_("Flags per day"), days.period, [(_("Flags"), days.flags)]),
        ShownChart(cost, _table(_("Cost per day"), days.period, [(_("Cost"), costs)], "money")),
        ShownChart(
            bars(
                _("Time to the first word, by day"),
                days.period,
                [(_("To the first word"), latency)],
                shown=_ms,
                adds_up=False,
            ),
            _table(_("Time to the first word, by day"), days.period, [(_("Milliseconds"), latency)], "count"),
        ),
    ]


def _counted(title: str, period: Period, series: Sequence[tuple[str, ByDay]], *, adds_up: bool = True) -> ShownChart:
    return ShownChart(
        bars(title, period, series, shown=number, adds_up=adds_up), _table(title, period, series, "count")
    )


def _table(title: str, period: Period, series: Sequence[tuple[str, ByDay]], kind: Kind) -> ShownTable:
    columns = (Column("day", _("Day"), "text"), *(Column(label, label, kind) for label, _by_day in series))
    rows: list[tuple[Value, ...]] = [
        (day.isoformat(), *(by_day.get(day, 0) for _label, by_day in series)) for day in period
    ]
    return Table(name="dashboard", title=title, columns=columns, rows=rows).on_page(len(period))


def _share(part: int, whole: int) -> str:
    return f"{number(100 * part / whole, 1)}%" if whole else percent(0)


def _of_calls(part: int, calls: int) -> str:
    return _("%(part)s of %(calls)s calls") % {"part": number(part), "calls": number(calls)}


def _ms(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "\N{EN DASH}"
    return _("%s s") % number(milliseconds / 1000, 2) if milliseconds >= 1000 else _("%s ms") % number(milliseconds)
