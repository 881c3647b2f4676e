"""What the measurements of the ledger and of reports share: a database of their own, made-up people and lines."""

from __future__ import annotations

import gc
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7

if TYPE_CHECKING:
    from providers.actions.ledger import LedgerLine
    from providers.contract import Feature, Source

DAYS, PEOPLE, TEAMS, MODELS = 90, 200, 10, 12
FEATURES: list[Feature] = ["chat", "title", "summary"]
SOURCES: list[Source] = ["provider", "cache", "shared"]


@contextmanager
def database() -> Iterator[None]:
    """SQLite in a temporary folder, or the database that DATABASE_URL names, migrated."""
    random.seed(1)
    with tempfile.TemporaryDirectory(prefix="convoscope-bench-") as folder:
        os.environ |= {"APP_DOTENV": "/dev/null", "APP_VAR_DIR": folder}
        os.environ["DJANGO_SETTINGS_MODULE"] = "convoscope.settings.current"
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
        # As the serving process does.
        gc.collect()
        gc.freeze()
        yield
        connection.close()


def teams_of_people() -> dict[UUID, UUID]:
    """The team of each of new people."""
    from accounts.models import User

    mark = uuid4().hex[:8]
    people = [User.objects.create_user(email=f"{mark}-{number}@example.org") for number in range(PEOPLE)]
    teams = [people[number].teams.create(name=f"Team {mark} {number}").id for number in range(TEAMS)]
    return {person.id: random.choice(teams) for person in people}


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


def taken(function: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of this process's own work: on a busy machine the first says little."""
    begin, work = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - begin, time.process_time() - work


def show(label: str, **figures: object) -> None:
    """One row, a line of JSON, with the database that it is of."""
    from django.db import connection

    print(json.dumps({"label": label, "database": connection.vendor} | figures), flush=True)
