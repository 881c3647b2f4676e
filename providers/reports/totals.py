"""Sums of the ledger for any days, grouped by anything: exact, and quick because closed days are read rolled up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date
from typing import Any, Literal, TypeAlias

from django.db.models import DateField, Func, Min, QuerySet

from providers.models import RolledDay, UsageDay, UsageDayByCall, UsageDayByPayer, UsageRecord
from providers.reports.figures import OF_DAYS, OF_LINES, Figures, figures_of
from providers.reports.period import Period, spans

Dimension: TypeAlias = Literal["day", "user_id", "team_id", "feature", "source", "endpoint", "model", "outcome"]
# The values of some dimensions, in the order they were asked for.
Key: TypeAlias = tuple[Any, ...]
Groups: TypeAlias = dict[Key, Figures]
RolledTable: TypeAlias = type[UsageDay] | type[UsageDayByCall] | type[UsageDayByPayer]

# The outcome of a call that answered.
COMPLETE = "complete"

PAYER: tuple[Dimension, ...] = ("user_id", "team_id")
CALL: tuple[Dimension, ...] = ("feature", "source", "endpoint", "model", "outcome")
# The tables of rolled days with what each tells apart besides the day, the shortest first.
ROLLED_TABLES: Mapping[RolledTable, tuple[Dimension, ...]] = {
    UsageDayByCall: CALL,
    UsageDayByPayer: PAYER,
    UsageDay: (*PAYER, *CALL),
}


class UtcDay(Func):
    """The day of a time. Django's own truncation calls Python for each row on SQLite, where times are texts in UTC."""

    function = "DATE"
    output_field = DateField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(%(expressions)s AT TIME ZONE 'UTC')::date", **context)


class Usage:
    """What the ledger says of a period. Which of its days are rolled up is looked up once, at the beginning.

    A day's sums are read rolled up where it has got no lines since, and are summed from its lines where it has, or was
    never rolled up: the result is that of adding up every line. What was asked for once is not read again.
    """

    def __init__(self, period: Period) -> None:
        self.period = period
        within = since_first_day(period)
        fresh = fresh_days(within) if within else set()
        self._rolled = spans(sorted(fresh))
        self._live = spans(day for day in within or () if day not in fresh)
        self._found: dict[tuple[Dimension, ...], Groups] = {}

    def by(self, *dimensions: Dimension) -> Groups:
        """The sums of each group that has lines; without a dimension, of `()` alone."""
        if dimensions not in self._found:
            finer = next((found for found in self._found if {*dimensions} <= {*found}), None)
            self._found[dimensions] = (
                self._read(dimensions) if finer is None else shortened(self._found[finer], finer, dimensions)
            )
        return self._found[dimensions]

    def total(self) -> Figures:
        return self.by().get((), Figures())

    def _read(self, by: tuple[Dimension, ...]) -> Groups:
        return added([*self._of_rolled(by), *self._of_lines(by)])

    def _of_rolled(self, by: tuple[Dimension, ...]) -> Iterator[tuple[Key, Figures]]:
        wanted = {*by} - {"day"}
        table = next(table for table, dimensions in ROLLED_TABLES.items() if wanted <= {*dimensions})
        for span in self._rolled:
            yield from grouped(table.objects.filter(day__range=(span.first, span.last)), by, OF_DAYS)

    def _of_lines(self, by: tuple[Dimension, ...]) -> Iterator[tuple[Key, Figures]]:
        for span in self._live:
            lines = lines_of(span)
            yield from grouped(lines.annotate(day=UtcDay("created_at")) if "day" in by else lines, by, OF_LINES)


def first_day() -> date | None:
    """The day of the ledger's first line."""
    first = UsageRecord.objects.aggregate(first=Min("created_at"))["first"]
    return None if first is None else first.astimezone(UTC).date()


def since_first_day(period: Period) -> Period | None:
    """The part of it that can have lines; None if there is none."""
    first = first_day()
    if first is None or first > period.last:
        return None
    return Period(max(first, period.first), period.last)


def line_sums(day: date) -> Groups:
    """One day's lines summed by everything they say, in one statement: `ROLLED_TABLES[UsageDay]` names the keys."""
    return dict(grouped(lines_of(Period(day, day)), ROLLED_TABLES[UsageDay], OF_LINES))


def shortened(sums: Groups, dimensions: tuple[Dimension, ...], fewer: tuple[Dimension, ...]) -> Groups:
    """The sums of groups by `dimensions`, summed by fewer of them."""
    places = [dimensions.index(name) for name in fewer]
    return added((tuple(key[place] for place in places), figures) for key, figures in sums.items())


def added(groups: Iterable[tuple[Key, Figures]]) -> Groups:
    """The figures of each key, which may come more than once."""
    found: Groups = {}
    for key, figures in groups:
        found[key] = found[key] + figures if key in found else figures
    return found


def lines_of(period: Period) -> QuerySet[UsageRecord]:
    return UsageRecord.objects.filter(created_at__gte=period.starts_at, created_at__lt=period.ends_before)


def fresh_days(period: Period) -> set[date]:
    """The days of the period that are rolled up with every line they have."""
    rolled = dict(RolledDay.objects.filter(day__range=(period.first, period.last)).values_list("day", "lines"))
    return {day for span in spans(sorted(rolled)) for day in _fresh(span, rolled)}


def _fresh(span: Period, rolled: dict[date, int]) -> Iterator[date]:
    """Whole ranges are counted at once, and only those that have got lines are looked into: no line ever goes, so equal
    sums are equal in each day."""
    if lines_of(span).count() == sum(rolled[day] for day in span):
        yield from span
    elif len(span) > 1:
        for half in span.halves():
            yield from _fresh(half, rolled)


def grouped(rows: QuerySet[Any], by: tuple[Dimension, ...], sums: Mapping[str, Any]) -> Iterator[tuple[Key, Figures]]:
    if not by:
        figures = figures_of(rows.aggregate(**sums))
        if figures.calls:
            yield (), figures
        return
    for row in rows.order_by().values(*by).annotate(**sums):
        yield tuple(row[name] for name in by), figures_of(row)
