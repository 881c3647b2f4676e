"""What the gateway kept of a request, as an inspection shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chat.inspect.masking import mask_keys
from chat.inspect.parts import (
    Candidate,
    InspectedAttempt,
    InspectedCost,
    InspectedUnderstanding,
    LineOfLedger,
    PriceUsed,
    Routing,
)
from chat.inspect.words import kept_words
from providers.catalog import current_catalog
from providers.models import Attempt, PriceVersion, RoutingDecision, UsageRecord
from providers.records import Records


def inspected_attempts(records: Records, begun_at: datetime) -> tuple[InspectedAttempt, ...]:
    judging = {line.call_number for line in records.lines if line.feature == "clarify"}
    return tuple(
        _attempt(
            attempt,
            begun_at,
            reason="clarify" if attempt.call_number in judging else attempt.reason,
            has_request=attempt.call_number in records.with_request,
        )
        for attempt in records.attempts
    )


def _attempt(attempt: Attempt, begun_at: datetime, *, reason: str, has_request: bool) -> InspectedAttempt:
    known = current_catalog().endpoints.get(attempt.endpoint)
    return InspectedAttempt(
        number=attempt.call_number,
        endpoint=attempt.endpoint,
        provider=known.shown_label if known else attempt.endpoint,
        model=attempt.model,
        reason=reason,
        outcome=attempt.outcome,
        started_at=attempt.started_at,
        start_ms=since_ms(begun_at, attempt.started_at),
        wait_ms=attempt.wait_ms,
        first_token_ms=attempt.first_token_ms,
        duration_ms=attempt.duration_ms,
        finish_reason=attempt.finish_reason,
        input_tokens=attempt.input_tokens,
        output_tokens=attempt.output_tokens,
        cached_tokens=attempt.cached_tokens,
        reasoning_tokens=attempt.reasoning_tokens,
        skipped_chunks=attempt.skipped_chunks,
        error_code=attempt.error_code,
        # Adapters take their own key out; a provider's words may still repeat one that somebody pasted.
        error_detail=mask_keys(attempt.error_detail),
        has_request=has_request,
    )


def understanding_of(kept: dict[str, Any]) -> InspectedUnderstanding | None:
    """Without the words of a clarifying question, which are the owner's."""
    if not kept:
        return None
    return InspectedUnderstanding(
        intent=str(kept.get("intent", "")),
        decided_by=str(kept.get("decided_by", "")),
        doubt=str(kept.get("doubt", "")),
        has_asked_back=bool(kept.get("asked_back")),
    )


def routing_of(decision: RoutingDecision | None, attempts: Sequence[InspectedAttempt]) -> Routing | None:
    if decision is None:
        return None
    candidates = tuple(
        Candidate(
            full_id=str(one.get("full_id", "")),
            why=kept_words(str(one.get("why", ""))),
            excluded=kept_words(str(one.get("excluded", ""))),
            calls=tuple(attempt.number for attempt in attempts if attempt.full_id == one.get("full_id")),
        )
        for one in decision.considered
        if isinstance(one, dict)
    )
    return Routing(
        asked=decision.asked, reason=decision.reason, cache=kept_words(decision.cache), candidates=candidates
    )


def line_of_ledger(line: UsageRecord) -> LineOfLedger:
    return LineOfLedger(
        call_number=line.call_number,
        kind=line.kind,
        feature=line.feature,
        source=line.source,
        full_id=f"{line.endpoint}/{line.model}",
        outcome=line.outcome,
        input_tokens=line.input_tokens,
        output_tokens=line.output_tokens,
        cached_tokens=line.cached_tokens,
        reasoning_tokens=line.reasoning_tokens,
        cache_write_tokens=line.cache_write_tokens,
        is_estimated=line.is_estimated,
        cost_nanousd=line.cost_nanousd,
        saved_nanousd=line.saved_nanousd,
        price=_price(line.price) if line.price else None,
    )


def _price(price: PriceVersion) -> PriceUsed:
    def text(name: str) -> str:
        value = getattr(price, name)
        return "" if value is None else f"{value.normalize():f}"

    return PriceUsed(
        version=price.pk,
        valid_from=price.valid_from,
        input_usd=text("input_usd"),
        output_usd=text("output_usd"),
        cached_usd=text("cached_usd"),
        cache_write_usd=text("cache_write_usd"),
    )


def cost_of(lines: Sequence[UsageRecord]) -> InspectedCost:
    known = [line.cost_nanousd for line in lines if line.cost_nanousd is not None]
    return InspectedCost(nanousd=sum(known), lines=len(lines), unknown_lines=len(lines) - len(known))


def since_ms(begun_at: datetime, moment: datetime) -> int:
    """Milliseconds; 0 where two clocks disagree about what came first."""
    return max(0, round((moment - begun_at).total_seconds() * 1000))
