"""Writes the ledger: one line for each call, with the price that holds when it ends. Nothing changes a line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

from providers.catalog import Price
from providers.contract import Feature, Payer, Source, Usage
from providers.models import PriceVersion, UsageRecord
from providers.prices import price_in_force

NANODOLLARS_PER_DOLLAR_PER_MILLION = Decimal(1000)


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


def write_lines(lines: Iterable[LedgerLine]) -> None:
    """Append the lines; one that is there already (same request, call and kind) stays as it is.

    The caller's transaction decides whether they may be written at all.
    """
    rows = [_row(line) for line in lines]
    if rows:
        UsageRecord.objects.bulk_create(rows, ignore_conflicts=True)


def cost_nanousd(usage: Usage, price: Price | PriceVersion) -> int:
    """Whole nano-dollars, rounded once, half to even.

    Cached tokens cost their own price where there is one, as do tokens written to the provider's cache; the rest of the
    input costs that of input.
    """
    cached_usd = price.input_usd if price.cached_usd is None else price.cached_usd
    write_usd = price.input_usd if price.cache_write_usd is None else price.cache_write_usd
    cached = min(usage.cached_tokens, usage.input_tokens)
    written = min(usage.cache_write_tokens, usage.input_tokens - cached)
    total = (
        (usage.input_tokens - cached - written) * price.input_usd
        + cached * cached_usd
        + written * write_usd
        + usage.output_tokens * price.output_usd
    )
    return int((total * NANODOLLARS_PER_DOLLAR_PER_MILLION).to_integral_value(rounding=ROUND_HALF_EVEN))


def _row(line: LedgerLine) -> UsageRecord:
    price = price_in_force(f"{line.endpoint}/{line.model}")
    # Nothing used costs nothing, also where nobody knows the price.
    unpriced = 0 if not (line.usage.input_tokens or line.usage.output_tokens) else None
    full = unpriced if price is None else cost_nanousd(line.usage, price)
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
