"""Writes the ledger: one line for each call, with the price that holds when it ends. Nothing changes what a line says;
whose it was is forgotten when its time is over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from convoscope.background import let_others_write, time_is_up
from providers.actions.budgets import settle
from providers.contract import Feature, Payer, Source, Usage
from providers.models import UsageRecord
from providers.prices import cost_nanousd, cost_or_unknown, price_in_force

__all__ = ["LedgerLine", "cost_nanousd", "forget_payers", "hold_back_lines", "write_lines"]

UNNAMED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """What one call used. `usage` is what the provider counted, or with `is_estimated` what we did."""

    request_id: UUID
    call_number: int
    payer: Payer
    subject_id: UUID | None
    feature: Feature
    source: Source
    endpoint: str
    model: str
    outcome: str
    usage: Usage
    is_estimated: bool
    first_token_ms: int | None
    duration_ms: int | None
    ended_at: datetime
    kind: str = UsageRecord.Kind.COMPLETION


def write_lines(lines: Iterable[LedgerLine]) -> list[UsageRecord]:
    """Append the lines, and count each against its budgets; one that is there already (same request, call and kind)
    stays as it is and counts no second time.

    The caller's transaction decides whether they may be written at all. Budgets' rows are held from here to its end, so
    this belongs near it, and `release` of a request that is over before it.

    Returns: the lines with their prices, those that were there too.
    """
    rows = [_row(line) for line in lines]
    if rows:
        with transaction.atomic(savepoint=False):
            UsageRecord.objects.bulk_create(rows, ignore_conflicts=True)
            settle(rows)
    return rows


def hold_back_lines() -> None:
    """Wait for the lines that are being written now, and let no other be until this transaction ends: what is summed
    then misses none that isn't counted by `settle`."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {UsageRecord._meta.db_table} IN SHARE MODE")


def forget_payers(*, now: datetime) -> int:
    """Take people and their keys out of lines that are older than AUDIT_RETENTION_DAYS; what was used and what it cost
    stays, so that no sum changes. Returns how many lines."""
    before, forgotten = now - timedelta(days=settings.AUDIT_RETENTION_DAYS), 0
    named = UsageRecord.objects.exclude(user=None, api_key=None).filter(created_at__lt=before)
    while not time_is_up() and (ids := list(named.values_list("id", flat=True)[:UNNAMED_AT_ONCE])):
        forgotten += UsageRecord.objects.filter(id__in=ids).update(user=None, api_key=None)
        let_others_write()
    return forgotten


def _row(line: LedgerLine) -> UsageRecord:
    price = price_in_force(f"{line.endpoint}/{line.model}")
    full = cost_or_unknown(line.usage, price)
    is_paid = line.source == "provider"
    return UsageRecord(
        request_id=line.request_id,
        call_number=line.call_number,
        kind=line.kind,
        user_id=line.payer.user_id,
        team_id=line.payer.team_id,
        api_key_id=line.payer.api_key_id,
        subject_id=line.subject_id,
        feature=line.feature,
        source=line.source,
        endpoint=line.endpoint,
        model=line.model,
        outcome=line.outcome,
        input_tokens=line.usage.input_tokens,
        output_tokens=line.usage.output_tokens,
        cached_tokens=line.usage.cached_tokens,
        reasoning_tokens=line.usage.reasoning_tokens,
        cache_write_tokens=line.usage.cache_write_tokens,
        is_estimated=line.is_estimated,
        cost_nanousd=full if is_paid else 0,
        saved_nanousd=0 if is_paid or full is None else full,
        price=price,
        first_token_ms=line.first_token_ms,
        duration_ms=line.duration_ms,
        created_at=line.ended_at,
    )
