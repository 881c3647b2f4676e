"""Celery's entry points. They call actions and return what was done, which the log and the page of the tasks say."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from celery import Task

from chat.actions import (
    attachments,
    branches,
    entities,
    exports,
    follow_ups,
    imports,
    keywords,
    lifecycle,
    prompts,
    purging,
    shares,
    stray_files,
    summaries,
    titles,
)
from convoscope.background import background_task
from providers.task_model import built_in_model

logger = logging.getLogger(__name__)


@background_task(limit_s=300)
def make_title(conversation_id: str) -> str:
    try:
        made = titles.title_conversation(UUID(conversation_id))
    except Exception:
        # Left as it is, the sweep would meet the same fault, and perhaps pay for it, each minute.
        logger.exception("make_title %s: failed by a fault of ours, the built-in model makes it", conversation_id)
        made = titles.title_conversation(UUID(conversation_id), models=[built_in_model()])
    return "made" if made else "nothing to do"


@background_task(limit_s=300)
def update_summary(conversation_id: str) -> str:
    steps = summaries.summarise_conversation(UUID(conversation_id))
    return f"{steps} steps" if steps else "nothing to do"


@background_task(limit_s=300)
def extract_entities(conversation_id: str) -> str:
    steps = entities.extract_entities(UUID(conversation_id))
    return f"{steps} steps" if steps else "nothing to do"


@background_task(limit_s=60)
def sweep_missing_titles() -> str:
    """Queue the titles whose message a broker forgot."""
    return _queue_each(make_title, titles.untitled_conversations())


@background_task(limit_s=300)
def purge_deleted_messages() -> str:
    """Remove the messages that can't be brought back any more, and the files that were attached and never sent."""
    return f"{branches.purge_deleted_messages()} messages, {attachments.purge_waiting()} unsent files"


@background_task(limit_s=300)
def purge_trash() -> str:
    """Remove what was deleted for good, what lay in the trash long enough, and temporary chats that are over."""
    conversations, folders = purging.purge_conversations(), purging.purge_folders()
    return f"{conversations} conversations and {folders} folders removed"


@background_task(limit_s=300)
def complete_conversation(conversation_id: str) -> str:
    steps = lifecycle.complete_conversation(UUID(conversation_id))
    return f"{steps} steps" if steps else "nothing to do"


@background_task(limit_s=60)
def sweep_completions() -> str:
    """Queue the final summaries whose message a broker forgot."""
    return _queue_each(complete_conversation, lifecycle.lost_completions())


@background_task(limit_s=240)
def pause_idle() -> str:
    return f"{lifecycle.pause_idle()} paused"


@background_task(limit_s=600)
def expire_old() -> str:
    announced, expired = lifecycle.announce_expiry(), lifecycle.expire_old()
    return f"{announced} announced, {expired} expired"


@background_task(limit_s=1800)
def build_export(export_id: str) -> str:
    try:
        return exports.build_export(UUID(export_id))
    except Exception:
        logger.exception("build_export %s: failed by a fault of ours", export_id)
        exports.fail_export(UUID(export_id))
        return "failed by a fault of ours"


@background_task(limit_s=60)
def sweep_exports() -> str:
    """Queue the archives whose message a broker forgot, or whose process died, and delete those that expired."""
    lost = exports.lost_exports()
    for export_id in lost:
        build_export.delay(str(export_id))
    return f"{len(lost)} queued, {exports.purge_exports()} deleted"


@background_task(limit_s=1800)
def work_on_import(import_id: str) -> str:
    try:
        return imports.work_on_import(UUID(import_id))
    except Exception:
        logger.exception("work_on_import %s: failed by a fault of ours", import_id)
        imports.fail_import(UUID(import_id))
        return "failed by a fault of ours"


@background_task(limit_s=60)
def sweep_imports() -> str:
    """Queue the imports whose message a broker forgot, or whose process died, and delete those that expired."""
    lost = imports.lost_imports()
    for import_id in lost:
        work_on_import.delay(str(import_id))
    return f"{len(lost)} queued, {imports.purge_imports()} deleted"


@background_task(limit_s=300)
def purge_stray_files() -> str:
    return f"{stray_files.purge_stray_files()} files"


@background_task(limit_s=60)
def purge_expired_shares() -> str:
    return f"{shares.purge_expired_shares()} links"


@background_task(limit_s=60)
def purge_deleted_prompts() -> str:
    return f"{prompts.purge_deleted_prompts()} prompts"


@background_task(limit_s=150)
def suggest_follow_ups(message_id: str) -> str:
    made = follow_ups.suggest_for(UUID(message_id))
    return f"{made} suggested" if made else "nothing to suggest"


@background_task(limit_s=60)
def check_keywords(message_id: str) -> str:
    made = keywords.check_message(UUID(message_id))
    return f"{made} flags" if made else "nothing found"


@background_task(limit_s=60)
def sweep_keyword_checks() -> str:
    """Queue the checks whose message a broker forgot."""
    return _queue_each(check_keywords, keywords.lost_checks())


def _queue_each(task: Task, ids: Sequence[UUID]) -> str:
    for one in ids:
        task.delay(str(one))
    return f"{len(ids)} queued"
