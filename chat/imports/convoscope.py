"""Our own export, `chat/exports/document.py`, from which an identical conversation is made. Runs and what they cost
stay with the server that paid for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from chat.entities.answers import clean_topics
from chat.entities.exported import read_exported_graph
from chat.exports.document import FORMAT, NOT_EXPORTED
from chat.imports.conversation import ImportedConversation, ImportedFile, ImportedMessage
from chat.imports.values import (
    count_in,
    id_in,
    list_in,
    moment_in,
    object_in,
    objects_in,
    one_of,
    plain,
    text_in,
    texts_in,
    uuid_in,
)
from chat.models import Conversation, Message

KEPT_PARTS = ("text", "reasoning", "notice")
METADATA_MAX_CHARS = 16 * 1024


def _is_amount(value: object, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


# A setting of another kind would meet code that trusts what the form let through.
SETTINGS: dict[str, Callable[[Any], bool]] = {
    "model": lambda value: isinstance(value, str) and len(value) <= 250,
    "only_this_model": lambda value: isinstance(value, bool),
    "temperature": lambda value: _is_amount(value, 0, 2),
    "max_output_tokens": lambda value: isinstance(value, int) and _is_amount(value, 1, 1_000_000),
    "system_prompt": lambda value: isinstance(value, str) and len(value) <= 20_000,
}


def is_one(document: dict[str, Any]) -> bool:
    return document.get("format") == FORMAT


def read(document: dict[str, Any]) -> ImportedConversation:
    said = object_in(document.get("conversation"))
    notes: list[str] = []
    if said.get("is_temporary") is True:
        notes.append(_("It was a temporary chat; it is kept now."))
    return ImportedConversation(
        source_id=uuid_in(said.get("id")) or "",
        title=text_in(said.get("title")),
        messages=[_message(one) for one in objects_in(document.get("messages"))],
        active_leaf=id_in(said.get("active_leaf")),
        created_at=moment_in(said.get("created_at")),
        active_at=moment_in(said.get("active_at")),
        archived_at=moment_in(said.get("archived_at")),
        resolved_at=moment_in(said.get("resolved_at")),
        is_pinned=said.get("is_pinned") is True,
        # One that was cut from its question would be taken for one that a model is still to make.
        title_source=one_of(said.get("title_source"), ["model"], "person"),
        status=one_of(said.get("status"), Conversation.Status.values, "active"),
        settings=_settings(object_in(said.get("settings")), notes),
        metadata=_metadata(said.get("metadata"), notes),
        folder=text_in(said.get("folder")),
        tags=texts_in(said.get("tags")),
        memory=one_of(said.get("memory"), Conversation.Memory.values, ""),
        summary=text_in(said.get("summary")),
        summary_leaf=id_in(said.get("summary_leaf")),
        topics=clean_topics(list_in(said.get("topics"))),
        has_own_topics=said.get("has_own_topics") is True,
        graph=read_exported_graph(said),
        entities_leaf=id_in(said.get("entities_leaf")),
        joins_answers=False,
        notes=notes,
    )


def _settings(said: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    kept = {name: plain(value) for name, value in said.items() if name in SETTINGS and SETTINGS[name](value)}
    if len(kept) < len(said):
        notes.append(_("Settings that aren't known here were left out."))
    return kept


def _metadata(said: object, notes: list[str]) -> dict[str, Any]:
    metadata: dict[str, Any] = plain(object_in(said))
    if len(str(metadata)) > METADATA_MAX_CHARS:
        notes.append(_("Its metadata is too long and was left out."))
        return {}
    if "forked_from" in metadata and uuid_in(metadata["forked_from"]) is None:
        del metadata["forked_from"]
    return metadata


def _message(said: dict[str, Any]) -> ImportedMessage:
    status = one_of(said.get("status"), Message.Status.values, "complete")
    return ImportedMessage(
        id=id_in(said.get("id")) or "",
        parent=id_in(said.get("parent")),
        role=text_in(said.get("role")),
        parts=[_part(one) for one in objects_in(said.get("parts")) if one.get("type") in KEPT_PARTS],
        files=[_file(one) for one in objects_in(said.get("attachments"))],
        text=text_in(said["text"]) if isinstance(said.get("text"), str) else None,
        model=text_in(said.get("model"))[:200],
        provider=text_in(said.get("provider"))[:50],
        status="stopped" if status in Message.UNFINISHED else status,
        finish_reason=text_in(said.get("finish_reason"))[:20],
        input_tokens=count_in(said.get("input_tokens")),
        output_tokens=count_in(said.get("output_tokens")),
        feedback=one_of(said.get("feedback"), Message.Feedback.values, ""),
        feedback_comment=text_in(said.get("feedback_comment")),
        feedback_at=moment_in(said.get("feedback_at")),
        metadata={
            name: one for name, one in plain(object_in(said.get("metadata"))).items() if name not in NOT_EXPORTED
        },
        created_at=moment_in(said.get("created_at")),
        finished_at=moment_in(said.get("finished_at")),
    )


def _file(said: dict[str, Any]) -> ImportedFile:
    return ImportedFile(
        name=text_in(said.get("name")),
        member=text_in(said.get("file")),
        is_image=said.get("kind") == "image",
        size_bytes=count_in(said.get("size_bytes")) or 0,
        created_at=moment_in(said.get("created_at")),
    )


def _part(said: dict[str, Any]) -> dict[str, Any]:
    part: dict[str, Any] = {"type": said["type"], "text": text_in(said.get("text"))}
    duration_ms = count_in(said.get("duration_ms"))
    return part if duration_ms is None else part | {"duration_ms": duration_ms}
