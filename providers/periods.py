"""The days and months that budgets run over. They begin at midnight UTC for everybody, wherever they are."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta


def period_start(period: str, moment: datetime) -> date:
    """The first day of the period that a moment lies in."""
    day = moment.astimezone(UTC).date()
    return day if period == "day" else day.replace(day=1)


def next_start(period: str, starts_on: date) -> date:
    """The first day of the period after the one that starts then."""
    if period == "day":
        return starts_on + timedelta(days=1)
    # A month has fewer than 32 days, and 32 days after its first lie in the next.
    return (starts_on.replace(day=1) + timedelta(days=32)).replace(day=1)


def at_midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
