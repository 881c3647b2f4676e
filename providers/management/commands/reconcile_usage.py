"""`manage.py reconcile_usage`: proves totals against the ledger's lines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count, Q, Sum

from providers.models import UsageRecord
from providers.money import usd
from providers.reconciliation import find_drift, repair_counters


class Command(BaseCommand):
    help = (
        "Compares budgets, calls and costs with the ledger's lines. Prints what differs, with its ids, and exits with "
        "1 if anything does. It may run while the app does."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", help="leave out what is older than this day, such as 2026-11-01 (UTC)")
        parser.add_argument(
            "--repair-counters", action="store_true", help="set the budgets' counters to what the lines add up to"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        since = _since(options["since"])
        repaired = list(repair_counters(since=since)) if options["repair_counters"] else []
        left = list(find_drift(since=since))
        for drift in (*repaired, *left):
            self.stdout.write(f"{drift.kind}{' (repaired)' if drift.is_repaired else ''}: {drift.what}")
        self.stdout.write(_summary(since))
        if left:
            raise CommandError(f"Differences: {len(left)}", returncode=1)
        self.stdout.write(f"Counters repaired: {len(repaired)}" if repaired else "No differences.")


def _since(value: str | None) -> datetime:
    if not value:
        return datetime(2000, 1, 1, tzinfo=UTC)
    try:
        return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as exc:
        raise CommandError(f"--since takes a day such as 2026-11-01, not {value!r}.") from exc


def _summary(since: datetime) -> str:
    found = UsageRecord.objects.filter(created_at__gte=since).aggregate(
        lines=Count("id"),
        people=Count("user", distinct=True),
        subjects=Count("subject_id", distinct=True),
        cost=Sum("cost_nanousd"),
        unknown=Count("id", filter=Q(cost_nanousd=None)),
    )
    cost = usd(found["cost"] or 0, is_partly_known=bool(found["unknown"]))
    return (
        f"Lines: {found['lines']}, people: {found['people']}, conversations: {found['subjects']}, "
        f"cost: {cost}, lines of unknown price: {found['unknown']}"
    )
