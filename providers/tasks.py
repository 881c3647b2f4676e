"""Celery's entry points. They call actions and say in the log what was done."""

from __future__ import annotations

import logging

from celery import shared_task

from providers.actions import checks

logger = logging.getLogger(__name__)


@shared_task
def check_idle_endpoints() -> None:
    looks = checks.check_idle_endpoints()
    failed = [look.name for look in looks if look.failure]
    logger.info("check_idle_endpoints: %d checked, failed: %s", len(looks), ", ".join(failed) or "none")
