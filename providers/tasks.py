"""Celery's entry points. They call functions of ours and return what was done, which the log and the page of the tasks
say."""

from __future__ import annotations

from django.utils import timezone

from convoscope.background import Deeds, background_task
from providers.actions import checks, ledger, roll_up
from providers.actions.budgets import release_expired
from providers.actions.wire_requests import forget_old_requests
from providers.cache import bounds


@background_task(limit_s=300)
def sweep_cached_responses() -> Deeds:
    return {"removed": bounds.sweep()}


@background_task(limit_s=60)
def sweep_reservations() -> Deeds:
    """Give back what requests that nobody works on any more still hold of budgets."""
    return {"released": release_expired()}


@background_task(limit_s=300)
def sweep_wire_requests() -> Deeds:
    return {"removed": forget_old_requests()}


@background_task(limit_s=1800)
def roll_up_usage() -> Deeds:
    """Roll up the days that closed, and those that got lines since they were."""
    return {"days_rolled_up": len(roll_up.roll_up_usage(now=timezone.now()))}


@background_task(limit_s=300)
def forget_payers() -> Deeds:
    now = timezone.now()
    return {"days_unnamed": roll_up.forget_payers(now=now), "lines_unnamed": ledger.forget_payers(now=now)}


@background_task(limit_s=60)
def check_idle_endpoints() -> Deeds:
    looks = checks.check_idle_endpoints()
    return {"checked": len(looks), "not_reached": sum(1 for look in looks if look.failure)}
