"""The keys of UUIDs of version 7 by the moment at which they were made: the order of such rows is that of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What stands below the milliseconds
LOW_BITS = 80
MAX_MS = 2**48 - 1


def least_uuid7(moment: datetime) -> UUID:
    """Below all of that millisecond, above all before it."""
    milliseconds = (moment - EPOCH) // timedelta(milliseconds=1)
    return UUID(int=min(max(milliseconds, 0), MAX_MS) << LOW_BITS)


def moment_of(key: UUID) -> datetime:
    return EPOCH + timedelta(milliseconds=key.int >> LOW_BITS)
