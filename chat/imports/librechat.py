"""LibreChat's export of a conversation: a list of messages with their parents, or nested in each other."""

from __future__ import annotations

from typing import Any

from chat.imports.conversation import (
    ImportedConversation,
    ImportedFile,
    ImportedMessage,
    text_file,
    text_parts,
)
from chat.imports.values import count_in, id_in, moment_in, object_in, objects_in, text_in

FEEDBACK = {"thumbsUp": "good", "thumbsDown": "bad"}
# What it says of a message that nothing is above
ROOT = "00000000-0000-0000-0000-000000000000"


def is_one(document: dict[str, Any]) -> bool:
    return "conversationId" in document and isinstance(_messages(document), list)


def read(document: dict[str, Any]) -> ImportedConversation:
    options = object_in(document.get("options"))
    model = text_in(options.get("model"))
    said = _flat(objects_in(_messages(document)))
    return ImportedConversation(
        source_id=id_in(document.get("conversationId")) or "",
        title=text_in(document.get("title")),
        messages=[_message(one, parent, place, model) for place, (one, parent) in enumerate(said)],
        created_at=moment_in(document.get("createdAt")),
        active_at=moment_in(document.get("updatedAt")),
    )


def _messages(document: dict[str, Any]) -> object:
    return document.get("messages", document.get("messagesTree"))


def _flat(roots: list[dict[str, Any]]) -> list[tuple[dict[str, Any], str | None]]:
    """Each with its parent, a parent before its children."""
    found: list[tuple[dict[str, Any], str | None]] = []
    waiting: list[tuple[dict[str, Any], str | None]] = [(one, None) for one in reversed(roots)]
    while waiting:
        one, above = waiting.pop()
        found.append((one, id_in(one.get("parentMessageId")) or above))
        below = objects_in(one.get("children"))
        waiting.extend((child, id_in(one.get("messageId"))) for child in reversed(below))
    return found


def _message(said: dict[str, Any], parent: str | None, place: int, model: str) -> ImportedMessage:
    is_question = said.get("isCreatedByUser") is True
    blocks = objects_in(said.get("content"))
    texts = (_text(one.get("text")) for one in blocks if one.get("type") == "text")
    thoughts = (_text(one.get("think")) for one in blocks if one.get("type") == "think")
    text = text_in(said.get("text")) or "\n\n".join(one for one in texts if one.strip())
    return ImportedMessage(
        id=id_in(said.get("messageId")) or f"#{place}",
        parent=None if parent == ROOT else parent,
        role="user" if is_question else "assistant",
        parts=text_parts(text, reasoning="\n\n".join(thoughts)),
        files=[_file(one) for one in objects_in(said.get("files"))] if is_question else [],
        model="" if is_question else (text_in(said.get("model")) or model)[:200],
        status=_status(said),
        feedback=FEEDBACK.get(text_in(object_in(said.get("feedback")).get("rating")), ""),
        created_at=moment_in(said.get("createdAt")),
    )


def _file(said: dict[str, Any]) -> ImportedFile:
    """The export has their names, and of some the text that was found in them."""
    name, text = text_in(said.get("filename")), text_in(said.get("text"))
    if text.strip():
        return text_file(name, text)
    is_image = text_in(said.get("type")).startswith("image/")
    return ImportedFile(name, is_image=is_image, size_bytes=count_in(said.get("bytes")) or 0)


def _text(value: object) -> str:
    return text_in(value) or text_in(object_in(value).get("value"))


def _status(said: dict[str, Any]) -> str:
    if said.get("error") is True:
        return "failed"
    return "stopped" if said.get("unfinished") is True else "complete"
