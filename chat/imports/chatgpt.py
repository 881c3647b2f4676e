"""ChatGPT's export, `conversations.json`: a tree of nodes under `mapping`, some of which it doesn't show itself."""

from __future__ import annotations

from typing import Any

from django.utils.translation import ngettext

from chat.imports.conversation import HIDDEN, ImportedConversation, ImportedFile, ImportedMessage, text_parts
from chat.imports.values import count_in, id_in, list_in, moment_in, object_in, objects_in, ranks_of, text_in

UNFINISHED = ("in_progress", "finished_partial_completion")


def is_one(document: dict[str, Any]) -> bool:
    return isinstance(document.get("mapping"), dict)


def read(document: dict[str, Any]) -> ImportedConversation:
    nodes = {name: object_in(node) for name, node in document["mapping"].items()}
    # Nodes stand in any order; a node's children in that of siblings.
    ranks = ranks_of(node.get("children") for node in nodes.values())
    messages = [_message(name, nodes[name]) for name in sorted(nodes, key=lambda name: ranks.get(name, 0))]
    media = sum(_has_media(node) and _role(node) != "user" for node in nodes.values())
    return ImportedConversation(
        source_id=id_in(document.get("conversation_id")) or id_in(document.get("id")) or "",
        title=text_in(document.get("title")),
        messages=messages,
        active_leaf=id_in(document.get("current_node")),
        created_at=moment_in(document.get("create_time")),
        active_at=moment_in(document.get("update_time")),
        archived_at=moment_in(document.get("update_time")) if document.get("is_archived") is True else None,
        is_pinned=document.get("is_starred") is True,
        notes=_notes(media),
    )


def _notes(count: int) -> list[str]:
    words = ngettext(
        "Pictures of %(count)s answer were left out.", "Pictures of %(count)s answers were left out.", count
    )
    return [words % {"count": count}] if count else []


def _message(name: str, node: dict[str, Any]) -> ImportedMessage:
    said = object_in(node.get("message"))
    role = _role(node)
    metadata, parts = object_in(said.get("metadata")), _parts(object_in(said.get("content")))
    files = _files(said) if role == "user" else []
    is_shown = (parts or files) and metadata.get("is_visually_hidden_from_conversation") is not True
    # What the model writes to a tool isn't its answer.
    to_tool = role == "assistant" and said.get("recipient") not in (None, "all")
    return ImportedMessage(
        id=name,
        parent=id_in(node.get("parent")),
        role=("tool" if to_tool else role) if is_shown else HIDDEN,
        parts=parts,
        files=files,
        model=text_in(metadata.get("model_slug"))[:200],
        provider="openai" if role == "assistant" else "",
        status="stopped" if said.get("status") in UNFINISHED else "complete",
        created_at=moment_in(said.get("create_time")),
    )


def _parts(content: dict[str, Any]) -> list[dict[str, Any]]:
    kind = content.get("content_type")
    if kind in ("text", "multimodal_text"):
        pieces = [_piece(one) for one in list_in(content.get("parts"))]
        return text_parts("\n\n".join(one for one in pieces if one.strip()))
    if kind == "code":
        return text_parts(f"```\n{text_in(content.get('text'))}\n```")
    if kind == "thoughts":
        thoughts = (text_in(one.get("content")) for one in objects_in(content.get("thoughts")))
        return text_parts("", reasoning="\n\n".join(thoughts))
    return []


def _piece(piece: object) -> str:
    """Text, or what was understood of something spoken."""
    said = object_in(piece)
    return text_in(said.get("text")) if said.get("content_type") == "audio_transcription" else text_in(piece)


def _role(node: dict[str, Any]) -> str:
    return text_in(object_in(object_in(node.get("message")).get("author")).get("role"))


def _files(said: dict[str, Any]) -> list[ImportedFile]:
    """Pictures, by the ids in their addresses, and documents; both are in the ZIP file under names that begin with the
    id."""
    named = {
        text_in(one.get("id")): ImportedFile(
            name=text_in(one.get("name")),
            member=text_in(one.get("id")),
            is_image=text_in(one.get("mime_type")).startswith("image/"),
            size_bytes=count_in(one.get("size")) or 0,
        )
        for one in objects_in(object_in(said.get("metadata")).get("attachments"))
    }
    for part in objects_in(object_in(said.get("content")).get("parts")):
        if part.get("content_type") == "image_asset_pointer":
            asset = text_in(part.get("asset_pointer")).rpartition("//")[2]
            size_bytes = count_in(part.get("size_bytes")) or 0
            named.setdefault(asset, ImportedFile("", asset, is_image=True, size_bytes=size_bytes))
    return [one for asset, one in named.items() if asset]


def _has_media(node: dict[str, Any]) -> bool:
    content = object_in(object_in(node.get("message")).get("content"))
    return any("asset_pointer" in one for one in objects_in(content.get("parts")))
