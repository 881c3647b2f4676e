"""How much of the service there is: full, degraded (stand-ins answer), minimal (stored answers only), offline."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from django.utils.translation import gettext as _

from providers.errors import ServiceReduced
from providers.models import LevelPin
from providers.resilience.breaker import Breakers

Level: TypeAlias = Literal["full", "degraded", "minimal", "offline"]


@dataclass(frozen=True, slots=True)
class Pin:
    """What an administrator decided: a `level` of None leaves it to the providers. `offline_text` is said instead of an
    answer."""

    level: Level | None = None
    offline_text: str = ""


def read_pin() -> Pin:
    """The latest decision."""
    row = LevelPin.objects.order_by("-created_at", "-id").first()
    return Pin() if row is None else Pin(cast(Level, row.level) if row.level else None, row.offline_text)


def level_now(pin: Pin, breakers: Breakers, *, endpoints: Collection[str], primary: str, has_cache: bool) -> Level:
    """The level in force. `endpoints` are those that are on but the built-in one; `primary` is that of the site's
    default model."""
    if pin.level is not None:
        return pin.level
    if not endpoints or breakers.state(primary) == "closed":
        return "full"
    if any(breakers.state(name) == "closed" for name in endpoints):
        return "degraded"
    return "minimal" if has_cache else "offline"


def reduced(pin: Pin) -> ServiceReduced:
    """Why nothing new is answered."""
    words = pin.offline_text or _("Answers are switched off at the moment. Your question is kept; try later.")
    return ServiceReduced(words, detail=f"pinned to {pin.level}")
