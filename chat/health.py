"""How the service does, as its pages say it: each provider's state, the site's level, the line above every page.

What is in memory comes from the engine of this process; without one, rows alone tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chat.inspect.masking import mask_keys
from chat.runs.engine import current_engine
from providers.configured import configured_endpoints
from providers.gateway import Gateway
from providers.registry import OFFLINE
from providers.resilience.health import (
    MAX_CALLS,
    Health,
    HealthState,
    health_words,
    read_health,
    read_last_failures,
)
from providers.resilience.levels import Level, Pin, level_notice, level_words, read_pin


@dataclass(frozen=True, slots=True)
class EndpointState:
    """`state` chooses the dot, `words` say the same."""

    state: HealthState
    words: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One endpoint on the page of the status. `failure` is the provider's own last error, for administrators."""

    name: str
    label: str
    now: EndpointState
    health: Health
    last_failed_at: datetime | None = None
    failure: str = ""

    @property
    def calls(self) -> str:
        """Of the busiest only the newest are read."""
        return f"{MAX_CALLS}+" if self.health.calls == MAX_CALLS else str(self.health.calls)

    @property
    def check_failure(self) -> str:
        """The provider's own error, for administrators."""
        return mask_keys(self.health.check_failure)

    @property
    def failed_percent(self) -> float:
        return 100 * self.health.error_rate


@dataclass(frozen=True, slots=True)
class SiteStatus:
    level: Level
    words: str
    pin: Pin
    readings: tuple[Reading, ...]


def endpoint_states() -> Mapping[str, EndpointState]:
    """The state of each endpoint that is on, without a query; empty where this process has no engine."""
    engine = current_engine()
    if engine is None:
        return {}
    gateway = engine.gateway
    return {name: _state(name, gateway.health.get(name, Health()), gateway) for name in gateway.endpoint_names()}


def site_status() -> SiteStatus:
    """The level and every endpoint that is on but the built-in one, by the rows as they are now."""
    pin = read_pin()
    gateway = _gateway()
    level: Level = pin.level or "full"
    if gateway is not None:
        # A decision that another process took holds here from the moment that its page is looked at.
        gateway.pin = pin
        level = gateway.level()
    labels = {endpoint.name: endpoint.label for endpoint in configured_endpoints() if endpoint.name != OFFLINE.name}
    health, failures = read_health(list(labels)), read_last_failures(list(labels))
    readings = []
    for name, label in labels.items():
        last = failures.get(name)
        readings.append(
            Reading(
                name,
                label or name,
                _state(name, health[name], gateway),
                health[name],
                last.at if last else None,
                mask_keys(last.detail) if last else "",
            )
        )
    return SiteStatus(level, level_words(level), pin, tuple(readings))


def service_notice() -> str:
    """The line above every page, without a query; "" while there is nothing to say."""
    gateway = _gateway()
    return level_notice(gateway.level(), gateway.pin) if gateway else ""


def _gateway() -> Gateway | None:
    engine = current_engine()
    return engine.gateway if engine else None


def _state(name: str, health: Health, gateway: Gateway | None) -> EndpointState:
    if gateway is None:
        return EndpointState(*health_words(health, "closed"))
    breaker = gateway.breakers.state(name)
    opens_in_s = gateway.breakers.opens_in_s(name) if breaker == "open" else 0.0
    return EndpointState(*health_words(health, breaker, opens_in_s=opens_in_s))
