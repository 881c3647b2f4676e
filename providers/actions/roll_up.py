"""Rolls closed days of the ledger up for reports. Running it again, or twice at once, changes nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from convoscope.background import time_is_up
from providers.models import RolledDay, UsageDay, UsageDayByPayer
from providers.reports.figures import NAMES
from providers.reports.period import ONE_DAY, Period
from providers.reports.totals import ROLLED_TABLES, Groups, RolledTable, first_day, fresh_days, line_sums, shortened

BATCH_ROWS = 500


def roll_up_usage(*, now: datetime) -> list[date]:
    """Compute every closed day anew that isn't rolled up, or that has got lines since. Says which those were.

    A day closes at midnight UTC. One without lines is rolled up too, so that the days form a single range.
    """
    first = first_day()
    yesterday = now.astimezone(UTC).date() - ONE_DAY
    if first is None or first > yesterday:
        return []
    closed = Period(first, yesterday)
    fresh = fresh_days(closed)
    due = [day for day in closed if day not in fresh]
    done = []
    for day in due:
        if time_is_up():
            break
        roll_up_day(day=day)
        done.append(day)
    return done


def roll_up_day(*, day: date) -> None:
    """Compute a day's sums anew from its lines, and put them in the place of the old ones in one transaction.

    They are read before it, so that on SQLite nobody waits meanwhile: lines written since make the day one that has
    more than it was rolled up with.
    """
    sums = line_sums(day)
    lines = sum(figures.calls for figures in sums.values())
    with transaction.atomic():
        rolled, _created = RolledDay.objects.select_for_update().get_or_create(day=day)
        if rolled.lines > lines:
            # Another process is at it too, and has seen more.
            return
        for table in ROLLED_TABLES:
            _write(table, day, sums)
        rolled.lines = lines
        rolled.save()


def forget_payers(*, now: datetime) -> int:
    """Take people out of sums that are older than ANALYTICS_RETENTION_DAYS; the sums stay. Returns how many rows."""
    before, forgotten = now.astimezone(UTC).date() - timedelta(days=settings.ANALYTICS_RETENTION_DAYS), 0
    for table in (UsageDay, UsageDayByPayer):
        old = table.objects.filter(day__lt=before, user__isnull=False)
        while not time_is_up() and (ids := list(old.values_list("id", flat=True)[:BATCH_ROWS])):
            forgotten += table.objects.filter(id__in=ids).update(user=None)
    return forgotten


def _write(table: RolledTable, day: date, sums: Groups) -> None:
    dimensions = ROLLED_TABLES[table]
    table.objects.filter(day=day).delete()
    rows = [
        table(
            day=day,
            **dict(zip(dimensions, key, strict=True)),
            **{name: getattr(figures, name) for name in NAMES},
        )
        for key, figures in shortened(sums, ROLLED_TABLES[UsageDay], dimensions).items()
    ]
    table.objects.bulk_create(rows, batch_size=BATCH_ROWS)  # type: ignore[arg-type]  # of the one table or the other
