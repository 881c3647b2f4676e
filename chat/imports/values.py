"""A foreign file's values, each taken as what it should be; one of another kind counts as absent."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from providers.storable import MAX_COUNT, storable_text

# Deeper than any setting or metadata of ours
MAX_DEPTH = 20
# What stands for no time in other products, such as the year 1, is before it; there a day's zone leads out of the
# calendar, and no list of conversations could be shown.
FIRST_MOMENT = datetime(1970, 1, 2, tzinfo=UTC)


def text_in(value: object) -> str:
    return storable_text(value) if isinstance(value, str) else ""


def one_of(value: object, choices: list[str], default: str) -> str:
    return value if isinstance(value, str) and value in choices else default


def object_in(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def list_in(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def objects_in(value: object) -> list[dict[str, Any]]:
    return [one for one in list_in(value) if isinstance(one, dict)]


def texts_in(value: object) -> list[str]:
    return [storable_text(one) for one in list_in(value) if isinstance(one, str)]


def id_in(value: object) -> str | None:
    """An id is a text or a number; an empty one is none."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return text_in(str(value) if is_number else value) or None


def uuid_in(value: object) -> str | None:
    try:
        return str(UUID(text_in(value)))
    except ValueError:
        return None


def count_in(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT
    return value if is_count else None  # type: ignore[return-value]  # an int, then


def moment_in(value: object) -> datetime | None:
    """RFC 3339, or seconds or milliseconds since 1970. A time to come is none, since it would stay on top of every
    list, nor is one before FIRST_MOMENT."""
    moment = None
    try:
        if isinstance(value, str):
            moment = parse_datetime(value)
        elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            moment = datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
        if moment is None:
            return None
        # One without an offset is taken for UTC; one at the ends of the calendar has none.
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if FIRST_MOMENT <= moment < timezone.now() + timedelta(days=1) else None


def plain(value: object, depth: int = 0) -> Any:
    """JSON that every database can hold; what it can't, or what is too deep, is null."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth >= MAX_DEPTH:
        return None
    if isinstance(value, dict):
        return {storable_text(name): plain(one, depth + 1) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one, depth + 1) for one in value]
    return value


def ranks_of(children: Iterable[object]) -> dict[str, int]:
    """By the lists of children that messages have, the place of each among its siblings."""
    return {str(child): rank for below in children for rank, child in enumerate(list_in(below))}
