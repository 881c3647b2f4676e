"""Celery's entry points. They call actions and say in the log what was done."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import shared_task

from chat.actions import branches, exports, imports, prompts, purging, summaries, titles
from providers.task_model import built_in_model

logger = logging.getLogger(__name__)


@shared_task
def make_title(conversation_id: str) -> None:
    try:
        made = titles.title_conversation(UUID(conversation_id))
    except Exception:
        # Left as it is, the sweep would meet the same fault, and perhaps pay for it, each minute.
        logger.exception("make_title %s: failed by a fault of ours, the built-in model makes it", conversation_id)
        made = titles.title_conversation(UUID(conversation_id), models=[built_in_model()])
    logger.info("make_title %s: %s", conversation_id, "made" if made else "nothing to do")


@shared_task
def update_summary(conversation_id: str) -> None:
    steps = summaries.summarise_conversation(UUID(conversation_id))
    logger.info("update_summary %s: %s", conversation_id, f"{steps} steps" if steps else "nothing to do")


@shared_task
def sweep_missing_titles() -> None:
    """Queue the titles whose message a broker forgot."""
    missing = titles.untitled_conversations()
    for conversation_id in missing:
        make_title.delay(str(conversation_id))
    logger.info("sweep_missing_titles: %d queued", len(missing))


@shared_task
def purge_deleted_messages() -> None:
    logger.info("purge_deleted_messages: %d messages", branches.purge_deleted_messages())


@shared_task
def purge_trash() -> None:
    """Remove what was deleted for good, what lay in the trash long enough, and temporary chats that are over."""
    conversations, folders = purging.purge_conversations(), purging.purge_folders()
    logger.info("purge_trash: %d conversations and %d folders removed", conversations, folders)


@shared_task
def build_export(export_id: str) -> None:
    try:
        outcome = exports.build_export(UUID(export_id))
    except Exception:
        logger.exception("build_export %s: failed by a fault of ours", export_id)
        exports.fail_export(UUID(export_id))
    else:
        logger.info("build_export %s: %s", export_id, outcome)


@shared_task
def sweep_exports() -> None:
    """Queue the archives whose message a broker forgot, or whose process died, and delete those that expired."""
    lost = exports.lost_exports()
    for export_id in lost:
        build_export.delay(str(export_id))
    logger.info("sweep_exports: %d queued, %d deleted", len(lost), exports.purge_exports())


@shared_task
def work_on_import(import_id: str) -> None:
    try:
        outcome = imports.work_on_import(UUID(import_id))
    except Exception:
        logger.exception("work_on_import %s: failed by a fault of ours", import_id)
        imports.fail_import(UUID(import_id))
    else:
        logger.info("work_on_import %s: %s", import_id, outcome)


@shared_task
def sweep_imports() -> None:
    """Queue the imports whose message a broker forgot, or whose process died, and delete those that expired."""
    lost = imports.lost_imports()
    for import_id in lost:
        work_on_import.delay(str(import_id))
    logger.info("sweep_imports: %d queued, %d deleted", len(lost), imports.purge_imports())


@shared_task
def purge_deleted_prompts() -> None:
    logger.info("purge_deleted_prompts: %d prompts", prompts.purge_deleted_prompts())
