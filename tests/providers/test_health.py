"""How an endpoint does: what goes before what, and the figures that calls add up to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from providers.models import Attempt
from providers.resilience.breaker import State
from providers.resilience.health import MAX_CALLS, Health, HealthState, health_words, read_health, read_last_failures

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SOONER, LATER = NOON - timedelta(minutes=1), NOON + timedelta(minutes=1)
GOOD = Health(calls=11, error_rate=1 / 11, last_call_at=NOON)
BAD = Health(calls=10, error_rate=0.1, last_call_at=NOON)


def passed(health: Health, at: datetime = LATER) -> Health:
    return replace(health, check_ms=200, checked_at=at)


def failed(health: Health, at: datetime = LATER) -> Health:
    return replace(health, check_failure="HTTP 503", checked_at=at)


TABLE: list[tuple[Health, State, HealthState, str]] = [
    (Health(), "closed", "unknown", "nobody asked it lately"),
    (GOOD, "closed", "well", "Well"),
    (BAD, "closed", "unsteady", "1 of the last 10 calls failed"),
    (GOOD, "open", "resting", "Not asked for 42 s more"),
    (GOOD, "half_open", "trying", "Being tried"),
    (passed(Health()), "closed", "well", "by its last check"),
    (failed(Health()), "closed", "unsteady", "the last check failed"),
    (Health(checked_at=LATER), "closed", "unknown", "nobody asked it lately"),
    (passed(BAD), "closed", "unsteady", "1 of the last 10 calls failed"),
    (failed(GOOD), "closed", "unsteady", "the last check failed"),
    (failed(GOOD, SOONER), "closed", "well", "Well"),
    (failed(Health()), "open", "resting", "Not asked"),
    (passed(Health()), "half_open", "trying", "Being tried"),
]


@pytest.mark.parametrize(("health", "breaker", "state", "said"), TABLE)
def test_the_words(health: Health, breaker: State, state: HealthState, said: str) -> None:
    found, words = health_words(health, breaker, opens_in_s=41.2)
    assert found == state
    assert said in words


def test_a_rest_of_unknown_length() -> None:
    assert health_words(Health(), "open") == ("resting", "Not asked just now: it failed repeatedly")


@pytest.mark.django_db
def test_the_figures_of_twenty_calls() -> None:
    now = timezone.now()
    for ms in range(100, 2100, 100):
        _call(now, first_token_ms=ms)
    _call(now, outcome="running")
    health = read_health(["openai", "groq"])
    assert (health["openai"].calls, health["openai"].error_rate) == (20, 0.0)
    assert (health["openai"].first_token_p50_ms, health["openai"].first_token_p95_ms) == (1000, 1900)
    assert health["groq"] == Health()


@pytest.mark.django_db
def test_of_the_busiest_the_newest_are_read() -> None:
    now = timezone.now()
    old = [_made(now - timedelta(minutes=2), outcome="failed") for _ in range(10)]
    new = [_made(now, first_token_ms=1) for _ in range(MAX_CALLS)]
    Attempt.objects.bulk_create([*old, *new])
    health = read_health(["openai"])["openai"]
    assert (health.calls, health.error_rate) == (MAX_CALLS, 0.0)


@pytest.mark.django_db
@pytest.mark.parametrize("source", ["cache", "shared", "own_key"])
def test_only_calls_with_the_sites_key_tell_how_an_endpoint_does(source: str) -> None:
    now = timezone.now()
    _call(now, first_token_ms=900)
    for outcome in ("complete", "failed"):
        _call(now, outcome=outcome, first_token_ms=1, source=source, error_detail="a key of theirs")
    health = read_health(["openai"])["openai"]
    assert (health.calls, health.error_rate, health.first_token_p50_ms) == (1, 0.0, 900)
    assert read_last_failures(["openai"]) == {}


@pytest.mark.django_db
def test_what_an_administrator_tests_does_not_tell_how_an_endpoint_does() -> None:
    now = timezone.now()
    _call(now, outcome="failed", reason="test", error_code="LLM_PROVIDER_ERROR", error_detail="a mistyped key")
    assert read_health(["openai"])["openai"] == Health()
    assert read_last_failures(["openai"]) == {}


def _call(at: datetime, **fields: object) -> None:
    _made(at, **fields).save()


def _made(at: datetime, **fields: object) -> Attempt:
    given: dict[str, Any] = {"endpoint": "openai", "model": "m", "outcome": "complete", "call_number": 1} | fields
    return Attempt(request_id=uuid4(), started_at=at, **given)
