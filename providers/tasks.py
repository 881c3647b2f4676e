"""Celery's entry points. They call functions of ours and return what was done, which the log and the page of the tasks
say."""

from __future__ import annotations

from django.utils import timezone

from convoscope.background import background_task
from providers.actions import checks, roll_up
from providers.actions.budgets import release_expired
from providers.actions.wire_requests import forget_old_requests
from providers.cache import bounds


@background_task(limit_s=300)
def sweep_cached_responses() -> str:
    return f"{bounds.sweep()} removed"


@background_task(limit_s=60)
def sweep_reservations() -> str:
    """Give back what requests that nobody works on any more still hold of budgets."""
    return f"{release_expired()} requests"


@background_task(limit_s=300)
def sweep_wire_requests() -> str:
    return f"{forget_old_requests()} forgotten"


@background_task(limit_s=1800)
def roll_up_usage() -> str:
    """Roll up the days that closed, and those that got lines since they were."""
    days = roll_up.roll_up_usage(now=timezone.now())
    return ", ".join(str(day) for day in days) or "nothing to do"


@background_task(limit_s=60)
def check_idle_endpoints() -> str:
    looks = checks.check_idle_endpoints()
    failed = [look.name for look in looks if look.failure]
    return f"{len(looks)} checked, failed: {', '.join(failed) or 'none'}"
