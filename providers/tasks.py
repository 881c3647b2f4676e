"""Celery's entry points. They call functions of ours and say in the log what was done."""

from __future__ import annotations

import logging

from celery import shared_task

from providers.actions.budgets import release_expired
from providers.cache import bounds

logger = logging.getLogger(__name__)


@shared_task
def sweep_cached_responses() -> None:
    logger.info("sweep_cached_responses: %d removed", bounds.sweep())


@shared_task
def sweep_reservations() -> None:
    """Give back what requests that nobody works on any more still hold of budgets."""
    logger.info("sweep_reservations: %d requests", release_expired())
