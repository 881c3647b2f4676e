"""Celery's entry points. They call actions and return what was done, which the log and the page of the tasks say."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from celery import Task

from chat.actions import (
    attachments,
    branches,
    checks,
    comparisons,
    entities,
    exports,
    follow_ups,
    imports,
    lifecycle,
    prompts,
    purging,
    shares,
    stray_files,
    summaries,
    titles,
)
from convoscope.background import Deeds, background_task
from providers.task_model import built_in_model

logger = logging.getLogger(__name__)


@background_task(limit_s=300)
def make_title(conversation_id: str) -> Deeds:
    try:
        made = titles.title_conversation(UUID(conversation_id))
    except Exception:
        # Left as it is, the sweep would meet the same fault, and perhaps pay for it, each minute.
        logger.exception("make_title %s: failed by a fault of ours, the built-in model makes it", conversation_id)
        made = titles.title_conversation(UUID(conversation_id), models=[built_in_model()])
    return {"made": int(made)}


@background_task(limit_s=300)
def update_summary(conversation_id: str) -> Deeds:
    return {"steps": summaries.summarise_conversation(UUID(conversation_id))}


@background_task(limit_s=300)
def extract_entities(conversation_id: str) -> Deeds:
    return {"steps": entities.extract_entities(UUID(conversation_id))}


@background_task(limit_s=60)
def sweep_missing_titles() -> Deeds:
    """Queue the titles whose message a broker forgot."""
    return _queue_each(make_title, titles.untitled_conversations())


@background_task(limit_s=300)
def purge_deleted_messages() -> Deeds:
    """Remove the messages that can't be brought back any more, and the files that were attached and never sent."""
    return {"messages_removed": branches.purge_deleted_messages(), "files_removed": attachments.purge_waiting()}


@background_task(limit_s=300)
def purge_trash() -> Deeds:
    """Remove what was deleted for good, what lay in the trash long enough, temporary chats that are over, and
    comparisons whose answers are gone."""
    done: Deeds = {"conversations_removed": purging.purge_conversations(), "folders_removed": purging.purge_folders()}
    comparisons.purge_comparisons()
    return done


@background_task(limit_s=300)
def complete_conversation(conversation_id: str) -> Deeds:
    return {"steps": lifecycle.complete_conversation(UUID(conversation_id))}


@background_task(limit_s=60)
def sweep_completions() -> Deeds:
    """Queue the final summaries whose message a broker forgot."""
    return _queue_each(complete_conversation, lifecycle.lost_completions())


@background_task(limit_s=240)
def pause_idle() -> Deeds:
    return {"paused": lifecycle.pause_idle()}


@background_task(limit_s=600)
def expire_old() -> Deeds:
    return {"announced": lifecycle.announce_expiry(), "expired": lifecycle.expire_old()}


@background_task(limit_s=1800)
def build_export(export_id: str) -> Deeds:
    try:
        return exports.build_export(UUID(export_id))
    except Exception:
        logger.exception("build_export %s: failed by a fault of ours", export_id)
        exports.fail_export(UUID(export_id))
        return {"failed_by_our_fault": 1}


@background_task(limit_s=60)
def sweep_exports() -> Deeds:
    """Queue the archives whose message a broker forgot, or whose process died, and delete those that expired."""
    lost = exports.lost_exports()
    for export_id in lost:
        build_export.delay(str(export_id))
    return {"queued": len(lost), "removed": exports.purge_exports()}


@background_task(limit_s=1800)
def work_on_import(import_id: str) -> Deeds:
    try:
        return imports.work_on_import(UUID(import_id))
    except Exception:
        logger.exception("work_on_import %s: failed by a fault of ours", import_id)
        imports.fail_import(UUID(import_id))
        return {"failed_by_our_fault": 1}


@background_task(limit_s=60)
def sweep_imports() -> Deeds:
    """Queue the imports whose message a broker forgot, or whose process died, and delete those that expired."""
    lost = imports.lost_imports()
    for import_id in lost:
        work_on_import.delay(str(import_id))
    return {"queued": len(lost), "removed": imports.purge_imports()}


@background_task(limit_s=300)
def purge_stray_files() -> Deeds:
    return {"files_removed": stray_files.purge_stray_files()}


@background_task(limit_s=60)
def purge_expired_shares() -> Deeds:
    return {"removed": shares.purge_expired_shares()}


@background_task(limit_s=60)
def purge_deleted_prompts() -> Deeds:
    return {"removed": prompts.purge_deleted_prompts()}


@background_task(limit_s=150)
def suggest_follow_ups(message_id: str) -> Deeds:
    return {"suggested": follow_ups.suggest_for(UUID(message_id))}


@background_task(limit_s=120)
def check_message(message_id: str) -> Deeds:
    return {"flagged": checks.check_message(UUID(message_id))}


@background_task(limit_s=60)
def sweep_message_checks() -> Deeds:
    """Queue the checks whose message a broker forgot."""
    return _queue_each(check_message, checks.lost_checks())


def _queue_each(task: Task, ids: Sequence[UUID]) -> Deeds:
    for one in ids:
        task.delay(str(one))
    return {"queued": len(ids)}
