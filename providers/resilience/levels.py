"""How much of the service there is: full, degraded (stand-ins answer), minimal (stored answers only), offline."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never, cast

from django.utils.translation import gettext as _

from providers.errors import ServiceReduced
from providers.models import LevelPin
from providers.resilience.breaker import Breakers

Level: TypeAlias = Literal["full", "degraded", "minimal", "offline"]

SHOWN_DECISIONS = 20


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


def read_decisions() -> list[LevelPin]:
    """The latest first, with who made them."""
    return list(LevelPin.objects.select_related("by").order_by("-created_at", "-id")[:SHOWN_DECISIONS])


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


def level_words(level: Level) -> str:
    """The level as the page of the status says it."""
    return {
        "full": _("Full: the models that people choose answer."),
        "degraded": _("Degraded: stand-in models answer."),
        "minimal": _("Minimal: only stored answers are given."),
        "offline": _("Offline: nothing is answered."),
    }[level]


def level_notice(level: Level, pin: Pin) -> str:
    """What every page says above it; "" while all is as it should be and nobody decided otherwise."""
    match level:
        case "full":
            return _("An administrator keeps the service at its full level.") if pin.level else ""
        case "degraded":
            return _("Stand-in models answer at the moment.")
        case "minimal":
            return _("Only stored answers at the moment.")
        case "offline":
            if pin.offline_text:
                return pin.offline_text
            if pin.level:
                return _("Answers are switched off at the moment. What you write is kept; try later.")
            return _("No provider answers at the moment. What you write is kept; try again in a minute.")
        case _:
            assert_never(level)
