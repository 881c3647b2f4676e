"""Claude's export, `conversations.json`: messages in the order they were written, in newer files with their parents."""

from __future__ import annotations

from typing import Any

from django.utils.translation import ngettext

from chat.imports.conversation import ImportedConversation, ImportedMessage, text_parts
from chat.imports.values import id_in, moment_in, objects_in, text_in

ROLES = {"human": "user", "assistant": "assistant"}
# What it says of a message that nothing is above
ROOT = "00000000-0000-4000-8000-000000000000"


def is_one(document: dict[str, Any]) -> bool:
    return isinstance(document.get("chat_messages"), list)


def read(document: dict[str, Any]) -> ImportedConversation:
    said = objects_in(document["chat_messages"])
    has_parents = any("parent_message_uuid" in one for one in said)
    model = text_in(document.get("model"))[:200]
    messages: list[ImportedMessage] = []
    for place, one in enumerate(said):
        above = messages[-1].id if messages else None
        parent = id_in(one.get("parent_message_uuid")) if has_parents else above
        messages.append(_message(one, place, None if parent == ROOT else parent, model))
    files = sum(bool(objects_in(one.get("attachments")) or objects_in(one.get("files"))) for one in said)
    return ImportedConversation(
        source_id=id_in(document.get("uuid")) or "",
        title=text_in(document.get("name")),
        messages=messages,
        active_leaf=id_in(document.get("current_leaf_message_uuid")),
        created_at=moment_in(document.get("created_at")),
        active_at=moment_in(document.get("updated_at")),
        is_pinned=document.get("is_starred") is True,
        notes=_notes(files),
    )


def _notes(count: int) -> list[str]:
    words = ngettext("Files of %(count)s message were left out.", "Files of %(count)s messages were left out.", count)
    return [words % {"count": count}] if count else []


def _message(said: dict[str, Any], place: int, parent: str | None, model: str) -> ImportedMessage:
    sender = text_in(said.get("sender"))
    blocks = objects_in(said.get("content"))
    texts = (text_in(one.get("text")) for one in blocks if one.get("type") == "text")
    thoughts = (text_in(one.get("thinking")) for one in blocks if one.get("type") == "thinking")
    # The blocks hold the text without what it says of tools in the middle of it.
    text = "\n\n".join(one for one in texts if one.strip()) or text_in(said.get("text"))
    is_answer = sender == "assistant"
    return ImportedMessage(
        id=id_in(said.get("uuid")) or f"#{place}",
        parent=parent,
        role=ROLES.get(sender, sender),
        parts=text_parts(text, reasoning="\n\n".join(thoughts)),
        model=model if is_answer else "",
        provider="anthropic" if is_answer else "",
        created_at=moment_in(said.get("created_at")),
    )
