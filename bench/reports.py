"""How long reports over a large ledger take: `python -m bench.reports [--lines N] [--spread]`.

Fills a database of its own with 90 days of lines, of 200 people and 12 models, rolls it up and asks for each part of
the page of reports. It is SQLite in a temporary folder, or the empty database that DATABASE_URL names. With `--spread`
every line's person, model, feature and outcome are drawn evenly, so that rolling up hardly makes the ledger shorter;
else people have models they prefer, as people do.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from uuid_utils.compat import uuid7

if TYPE_CHECKING:
    from providers.actions.ledger import LedgerLine
    from providers.contract import Feature, Source

DAYS, PEOPLE, TEAMS, MODELS, REPEAT = 90, 200, 10, 12, 5
BATCH_LINES = 1_000
FEATURES: list[Feature] = ["chat", "title", "summary"]
SOURCES: list[Source] = ["provider", "cache", "shared"]


def main(arguments: argparse.Namespace) -> None:
    from django.core.management import call_command

    from providers.actions.roll_up import roll_up_usage
    from providers.reports.totals import ROLLED_TABLES

    call_command("migrate", interactive=False, verbosity=0)
    now = datetime.now(UTC)
    show("filled", taken(lambda: fill(arguments.lines, now, spread=arguments.spread)))
    show("everything summed from its lines", taken(lambda: totals_of_all(now)))
    show("rolled up", taken(lambda: roll_up_usage(now=now)))
    tidy()
    for table in ROLLED_TABLES:
        print(f"{table.__name__ + ', rows':<34} {table.objects.count():>10,}")
    show("roll-up with nothing to do", median(lambda: roll_up_usage(now=now)))
    for name, part in parts(now).items():
        show(name, median(part))


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
    from accounts.models import User
    from providers.actions.ledger import write_lines

    people = [User.objects.create_user(email=f"person-{number}@example.org") for number in range(PEOPLE)]
    teams = [people[number].teams.create(name=f"Team {number}").id for number in range(TEAMS)]
    teams_of = {person.id: random.choice(teams) for person in people}
    made = made_up_lines(lines, now, teams_of, spread=spread)
    while batch := list(islice(made, BATCH_LINES)):
        write_lines(batch)


def made_up_lines(lines: int, now: datetime, teams_of: dict[UUID, UUID], *, spread: bool) -> Iterator[LedgerLine]:
    """In the order of time, as a ledger is."""
    from providers.actions.ledger import LedgerLine
    from providers.catalog import load_catalog
    from providers.contract import Payer, Usage

    models = [
        (entry.model.endpoint, entry.model.id)
        for entry in load_catalog().entries.values()
        if entry.model.endpoint != "offline"
    ][:MODELS]
    people = list(teams_of)
    preferred = {person: random.sample(models, 3) for person in people}
    weights = [1 / (rank + 1) for rank in range(len(people))]
    begin = now - timedelta(days=DAYS - 1, hours=now.hour, minutes=now.minute)
    for number in range(lines):
        [person] = random.choices(people) if spread else random.choices(people, weights)
        feature = random.choices(FEATURES, None if spread else [70, 20, 10])[0]
        if spread:
            endpoint, model = random.choice(models)
        else:
            endpoint, model = models[0] if feature != "chat" else random.choices(preferred[person], [70, 20, 10])[0]
        yield LedgerLine(
            request_id=uuid7(),
            call_number=1,
            payer=Payer(user_id=person, team_id=teams_of[person]),
            subject_id=None,
            feature=feature,
            source=random.choices(SOURCES, None if spread else [92, 6, 2])[0],
            endpoint=endpoint,
            model=model,
            outcome=random.choices(["complete", "failed", "stopped"], None if spread else [94, 3, 3])[0],
            usage=Usage(random.randrange(50, 8_000), random.randrange(10, 1_500)),
            is_estimated=False,
            first_token_ms=400,
            duration_ms=4_000,
            ended_at=begin + (now - begin) * number / lines,
        )


def tidy() -> None:
    """What the servers do by themselves sooner or later."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def taken(function: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of this process's own work: on a busy machine the first says little."""
    begin, work = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - begin, time.process_time() - work


def median(function: Callable[[], object]) -> tuple[float, float]:
    return sorted(taken(function) for _ in range(REPEAT))[REPEAT // 2]


def show(name: str, figures: tuple[float, float]) -> None:
    print(f"{name:<34} {1000 * figures[0]:>10,.0f} ms {1000 * figures[1]:>10,.0f} ms of its own work", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--spread", action="store_true")
    given = parser.parse_args()
    random.seed(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"APP_DOTENV": "/dev/null", "APP_VAR_DIR": folder}
        os.environ["DJANGO_SETTINGS_MODULE"] = "convoscope.settings.current"
        import django

        django.setup()
        main(given)
