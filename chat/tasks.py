"""Celery's entry points. They call actions and say in the log what was done."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import shared_task

from chat.actions import titles

logger = logging.getLogger(__name__)


@shared_task(
    autoretry_for=(titles.TitleFailed,), retry_backoff=5, retry_backoff_max=300, max_retries=3, soft_time_limit=60
)
def make_title(conversation_id: str) -> None:
    made = titles.title_conversation(UUID(conversation_id))
    logger.info("make_title %s: %s", conversation_id, "made" if made else "nothing to do")


@shared_task
def sweep_missing_titles() -> None:
    """Queue the titles whose message a broker forgot."""
    missing = titles.untitled_conversations()
    for conversation_id in missing:
        make_title.delay(str(conversation_id))
    logger.info("sweep_missing_titles: %d queued", len(missing))
