"""A conversation as JSON from which an identical one can be made. What is in it say `schema.json` and
`docs/export.md`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings

from chat.actions.entities import kept_entities
from chat.context.attached import read_attached
from chat.entities.graph import Graph
from chat.exports.reading import parts_so_far, runs_of, text_of, tree_of
from chat.models import Attachment, Conversation, Message, Run
from chat.shelves import labels_of
from providers.ledger import Cost, costs_of
from providers.money import usd_decimal
from providers.records import count_attempts

FORMAT = "convoscope.conversation"
VERSION = 1
# The digest tells a repeated submit from another one; what is suggested was said by nobody.
NOT_EXPORTED = ("digest", "follow_ups")


def conversation_json(conversation: Conversation, *, exported_at: datetime) -> Iterator[bytes]:
    """A line for the conversation, then one for each message. Attached files stand beside it, under `member_of`."""
    head = document_head(FORMAT, VERSION, exported_at) | {"conversation": _conversation(conversation)}
    yield encode(head).removesuffix(b"}") + b',"messages":['
    separator = b"\n"
    for batch in tree_of(conversation):
        runs = runs_of(batch)
        run_ids = [run.id for message in batch for run in runs[message.id]]
        costs, attempts = costs_of(run_ids), count_attempts(run_ids)
        files = read_attached([message.id for message in batch])
        lines = (
            encode(
                _message(message, runs[message.id], costs, attempts)
                | {"attachments": [_attachment(one) for one in files.get(message.id, ())]}
            )
            for message in batch
        )
        yield separator + b",\n".join(lines)
        separator = b",\n"
    yield b"\n]}\n"


def document_head(name: str, version: int, exported_at: datetime) -> dict[str, Any]:
    return {"format": name, "version": version, "exported_at": exported_at, "app_version": settings.APP_VERSION}


def encode(document: dict[str, Any]) -> bytes:
    """In the order of its keys."""
    try:
        return orjson.dumps(document, option=orjson.OPT_UTC_Z)
    except TypeError:
        # A setting or metadata may hold what UTF-8 or 64 bits can't; written as escapes and digits, JSON can.
        return json.dumps(document, default=_moment_or_id, separators=(",", ":")).encode("ascii")


def _moment_or_id(value: datetime | UUID) -> str:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def _conversation(conversation: Conversation) -> dict[str, Any]:
    labels = labels_of(conversation)
    return {
        "id": conversation.id,
        "title": conversation.title,
        "title_source": conversation.title_source,
        "status": conversation.status,
        "is_pinned": conversation.is_pinned,
        "is_temporary": conversation.is_temporary,
        "archived_at": conversation.archived_at,
        "resolved_at": conversation.resolved_at,
        "created_at": conversation.created_at,
        "active_at": conversation.active_at,
        "active_leaf": conversation.active_leaf_id,
        "settings": conversation.settings,
        "metadata": conversation.metadata,
        "folder": labels.folder.name if labels.folder else None,
        "tags": [tag.name for tag in labels.tags],
        "memory": conversation.memory,
        "summary": conversation.summary,
        "summary_leaf": conversation.summary_leaf_id,
        "topics": conversation.topic_list,
    } | _entities(conversation)


def _entities(conversation: Conversation) -> dict[str, Any]:
    """What the person doesn't want found again stands with it, so that it holds wherever it is read in."""
    kept = kept_entities(conversation)
    graph = Graph.of_json(kept.graph)
    return {
        "has_own_topics": kept.has_own_topics,
        "entities": [asdict(one) | {"attributes": dict(one.attributes)} for one in graph.entities],
        "relations": [asdict(one) for one in graph.relations],
        "entities_leaf": kept.leaf_id,
        "removed_entities": graph.removed,
        "removed_relations": [
            {"source": source, "kind": kind, "target": target} for source, kind, target in graph.removed_relations
        ],
    }


def _message(
    message: Message, runs: list[Run], costs: Mapping[UUID, Cost], attempts: Mapping[UUID, int]
) -> dict[str, Any]:
    parts = parts_so_far(message, runs)
    return {
        "id": message.id,
        "parent": message.parent_id,
        "role": message.role,
        "status": message.status,
        "parts": parts,
        "text": None if message.is_unfinished or text_of(parts) == message.text else message.text,
        "model": message.model,
        "provider": message.provider,
        "finish_reason": message.finish_reason,
        "input_tokens": message.input_tokens,
        "output_tokens": message.output_tokens,
        "feedback": message.feedback,
        "feedback_comment": message.feedback_comment,
        "feedback_at": message.feedback_at,
        "metadata": {name: value for name, value in message.metadata.items() if name not in NOT_EXPORTED},
        "created_at": message.created_at,
        "finished_at": message.finished_at,
        "hidden_at": message.hidden_at,
        "runs": [_run(run, costs.get(run.id), attempts.get(run.id, 0)) for run in runs],
    }


def member_of(attachment: Attachment) -> str:
    """Where its content stands in the ZIP file, once for all that have the same."""
    return f"attachments/{attachment.sha256}"


def _attachment(attachment: Attachment) -> dict[str, Any]:
    return {
        "id": attachment.id,
        "name": attachment.name,
        "kind": attachment.kind,
        "media_type": attachment.media_type,
        "size_bytes": attachment.size_bytes,
        "sha256": attachment.sha256,
        "file": member_of(attachment) if attachment.has_file else None,
        "created_at": attachment.created_at,
    }


def _run(run: Run, cost: Cost | None, attempts: int) -> dict[str, Any]:
    return {
        "id": run.id,
        "kind": run.kind,
        "status": run.status,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "attempts": attempts,
        "error_code": run.error_code,
        "cost": None if cost is None else _cost(cost),
    }


def _cost(cost: Cost) -> dict[str, Any]:
    return {"nanousd": cost.nanousd, "usd": f"{usd_decimal(cost.nanousd):f}", "has_unknown": cost.has_unknown}
