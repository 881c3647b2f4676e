"""How long reports over a large ledger take: `python -m bench.reports [--lines N] [--spread]`.

Fills a database of its own with 90 days of lines, of 200 people and 12 models, rolls it up and asks for each part of
the page of reports. It is SQLite in a temporary folder, or the empty database that DATABASE_URL names. With `--spread`
every line's person, model, feature and outcome are drawn evenly, so that rolling up hardly makes the ledger shorter;
else people have models they prefer, as people do.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice

from bench.books import DAYS, database, made_up_lines, show, taken, teams_of_people

REPEAT = 5
BATCH_LINES = 1_000


def main(lines: int, *, spread: bool) -> None:
    from providers.actions.roll_up import roll_up_usage
    from providers.reports.totals import ROLLED_TABLES

    def told(name: str, seconds: tuple[float, float]) -> None:
        show(f"reports: {name}", lines=lines, ms=round(1000 * seconds[0]), own_cpu_ms=round(1000 * seconds[1]))

    now = datetime.now(UTC)
    told("filled", taken(lambda: fill(lines, now, spread=spread)))
    told("everything summed from its lines", taken(lambda: totals_of_all(now)))
    told("rolled up", taken(lambda: roll_up_usage(now=now)))
    tidy()
    for table in ROLLED_TABLES:
        show(f"reports: rows of {table.__name__}", lines=lines, rows=table.objects.count())
    told("roll-up with nothing to do", median(lambda: roll_up_usage(now=now)))
    for name, part in parts(now).items():
        told(name, median(part))


def parts(now: datetime) -> dict[str, Callable[[], object]]:
    from chat.reports.contents import BREAKDOWNS, model_day_table
    from chat.reports.page import report_page
    from providers.reports.breakdown import break_down
    from providers.reports.months import month_summary
    from providers.reports.period import Period
    from providers.reports.savings import savings_of
    from providers.reports.totals import Usage, fresh_days

    period = Period.last_days(DAYS, today=now.date())
    return {
        "which days are fresh": lambda: fresh_days(period),
        **{f"by {one}": lambda one=one: break_down(Usage(period), one) for one in BREAKDOWNS},  # type: ignore[misc]  # a default stands for each
        "by day and model": lambda: model_day_table(Usage(period)),
        "a year, which began before the ledger": lambda: report_page(
            Period.last_days(365, today=now.date()), by="model", today=now.date()
        ),
        "saved": lambda: savings_of(Usage(period)),
        "month and forecast": lambda: month_summary(today=now.date()),
        "the whole page, by model": lambda: report_page(period, by="model", today=now.date()),
        "the whole page, by person": lambda: report_page(period, by="user", today=now.date()),
    }


def totals_of_all(now: datetime) -> object:
    from providers.reports.period import Period
    from providers.reports.totals import Usage

    return Usage(Period.last_days(DAYS, today=now.date())).by("endpoint", "model")


def fill(lines: int, now: datetime, *, spread: bool) -> None:
    from providers.actions.ledger import write_lines

    made = made_up_lines(lines, now, teams_of_people(), spread=spread)
    while batch := list(islice(made, BATCH_LINES)):
        write_lines(batch)


def tidy() -> None:
    """What the servers do by themselves sooner or later."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def median(function: Callable[[], object]) -> tuple[float, float]:
    return sorted(taken(function) for _ in range(REPEAT))[REPEAT // 2]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--spread", action="store_true")
    given = parser.parse_args()
    with database():
        main(given.lines, spread=given.spread)
