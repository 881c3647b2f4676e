"""Open WebUI's export: chats whose `history` is a tree of messages by id."""

from __future__ import annotations

import html
import re
from base64 import b64decode
from typing import Any

from chat.imports.conversation import (
    ImportedConversation,
    ImportedFile,
    ImportedMessage,
    text_file,
    text_parts,
)
from chat.imports.values import count_in, id_in, moment_in, object_in, objects_in, ranks_of, text_in, texts_in

FEEDBACK = {1: "good", -1: "bad"}
_QUOTE = re.compile(r"^> ?", re.MULTILINE)
# What a model thought, and what a tool said, stand within the text.
_BEGIN, _END = '<details type="', "</details>"


def is_one(document: dict[str, Any]) -> bool:
    return isinstance(object_in(object_in(document.get("chat")).get("history")).get("messages"), dict)


def read(document: dict[str, Any]) -> ImportedConversation:
    chat = object_in(document["chat"])
    history = object_in(chat["history"])
    said = {name: object_in(one) for name, one in history["messages"].items()}
    ranks = ranks_of(one.get("childrenIds") for one in said.values())
    active_at = moment_in(document.get("updated_at"))
    return ImportedConversation(
        source_id=id_in(document.get("id")) or id_in(chat.get("id")) or "",
        title=text_in(document.get("title")) or text_in(chat.get("title")),
        messages=[_message(name, said[name]) for name in sorted(said, key=lambda name: ranks.get(name, 0))],
        active_leaf=id_in(history.get("currentId")),
        created_at=moment_in(document.get("created_at")) or moment_in(chat.get("timestamp")),
        active_at=active_at,
        archived_at=active_at if document.get("archived") is True else None,
        is_pinned=document.get("pinned") is True,
        tags=texts_in(object_in(document.get("meta")).get("tags")),
    )


def _message(name: str, said: dict[str, Any]) -> ImportedMessage:
    role, content = text_in(said.get("role")), text_in(said.get("content"))
    is_answer = role == "assistant"
    thoughts, text = _apart(content) if is_answer else ("", content)
    rating = object_in(said.get("annotation")).get("rating")
    return ImportedMessage(
        id=name,
        parent=id_in(said.get("parentId")),
        role=role,
        parts=text_parts(text, reasoning=thoughts),
        files=[] if is_answer else [_file(one) for one in objects_in(said.get("files"))],
        model=text_in(said.get("model"))[:200] if is_answer else "",
        status="stopped" if said.get("done") is False else "complete",
        feedback=FEEDBACK.get(rating, "") if isinstance(rating, int) else "",
        created_at=moment_in(said.get("timestamp")),
    )


def _file(said: dict[str, Any]) -> ImportedFile:
    """Pictures stand in it whole, of documents the text that was found in them."""
    file = object_in(said.get("file"))
    name = text_in(said.get("name")) or text_in(file.get("filename"))
    if said.get("type") == "image":
        head, _mark, data = text_in(said.get("url")).partition(";base64,")
        content = _decoded(data) if head.startswith("data:image/") else None
        return ImportedFile(name or f"image.{head.rpartition('/')[2] or 'png'}"[:40], content=content, is_image=True)
    text = text_in(object_in(file.get("data")).get("content"))
    if text.strip():
        return text_file(name, text)
    return ImportedFile(name, size_bytes=count_in(said.get("size")) or 0)


def _decoded(data: str) -> bytes | None:
    try:
        return b64decode(data, validate=True) or None
    except ValueError:
        return None


def _apart(content: str) -> tuple[str, str]:
    """What was thought, and what was said. Found, not matched: a pattern would look for each end anew."""
    thoughts, said, at = [], [], 0
    while (begin := content.find(_BEGIN, at)) >= 0 and (end := content.find(_END, begin)) >= 0:
        said.append(content[at:begin])
        head, _mark, body = content[begin:end].partition(">")
        if head.startswith(f'{_BEGIN}reasoning"'):
            summary, _mark, rest = body.partition("</summary>")
            thoughts.append(_QUOTE.sub("", html.unescape(rest or summary).strip()))
        at = end + len(_END)
    return "\n\n".join(thoughts), "".join([*said, content[at:]]).strip("\n")
