"""Keeps what the checks of idle endpoints met."""

from __future__ import annotations

from dataclasses import asdict

from django.utils import timezone

from providers.configured import reread_endpoints
from providers.models import EndpointCheck
from providers.resilience.checks import Look, idle_endpoints, look_at


def check_idle_endpoints() -> list[Look]:
    """Check each endpoint that is on and that nobody asked for a while, and keep the outcome in the place of the last.
    What is known of endpoints that are off now is forgotten."""
    endpoints = reread_endpoints()
    EndpointCheck.objects.exclude(name__in=[endpoint.name for endpoint in endpoints]).delete()
    looks = look_at(idle_endpoints(endpoints))
    now = timezone.now()
    EndpointCheck.objects.bulk_create(
        [EndpointCheck(checked_at=now, **asdict(look)) for look in looks],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["checked_at", "failure", "latency_ms"],
    )
    return looks
