"""Celery's entry points. They call functions of ours and say in the log what was done."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import DatabaseError
from django.utils import timezone

from providers.actions import checks, roll_up
from providers.actions.budgets import release_expired
from providers.actions.wire_requests import forget_old_requests
from providers.cache import bounds

logger = logging.getLogger(__name__)


@shared_task
def sweep_cached_responses() -> None:
    logger.info("sweep_cached_responses: %d removed", bounds.sweep())


@shared_task
def sweep_reservations() -> None:
    """Give back what requests that nobody works on any more still hold of budgets."""
    logger.info("sweep_reservations: %d requests", release_expired())


@shared_task
def sweep_wire_requests() -> None:
    logger.info("sweep_wire_requests: %d forgotten", forget_old_requests())


@shared_task(
    autoretry_for=(DatabaseError,), retry_backoff=30, retry_backoff_max=300, max_retries=3, soft_time_limit=1800
)
def roll_up_usage() -> None:
    """Roll up the days that closed, and those that got lines since they were."""
    days = roll_up.roll_up_usage(now=timezone.now())
    logger.info("roll_up_usage: %s", ", ".join(str(day) for day in days) or "nothing to do")


@shared_task
def check_idle_endpoints() -> None:
    looks = checks.check_idle_endpoints()
    failed = [look.name for look in looks if look.failure]
    logger.info("check_idle_endpoints: %d checked, failed: %s", len(looks), ", ".join(failed) or "none")
