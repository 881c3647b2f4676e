"""Lines of the ledger, made straight, for tests of what is read from it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import uuid4

from providers.models import UsageRecord


def line(day: date, *, hour: int = 12, **fields: Any) -> UsageRecord:
    """An unsaved line of that day: an answer of 100 + 50 tokens for a tenth of a cent, unless it says otherwise."""
    values: dict[str, Any] = {
        "request_id": uuid4(),
        "call_number": 1,
        "feature": "chat",
        "endpoint": "openai",
        "model": "gpt-5.6",
        "outcome": "complete",
        "input_tokens": 100,
        "output_tokens": 50,
        "cost_nanousd": 1_000_000,
        "created_at": datetime.combine(day, time(hour), UTC),
    }
    return UsageRecord(**values | fields)


def write(*lines: UsageRecord) -> None:
    UsageRecord.objects.bulk_create(lines)
