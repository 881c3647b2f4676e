"""Files brought, looked through and imported, as a person would with the tasks behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from django.core.files.base import ContentFile

from accounts.models import User
from chat.actions.imports import confirm_import, request_import, work_on_import
from chat.exports.document import conversation_json
from chat.models import Conversation, ConversationImport
from tests.chat.exports.test_document import AT

FILES = Path(__file__).parent / "files"


def bring(owner: User, content: bytes, name: str = "conversations.json") -> ConversationImport:
    """Uploaded and looked through."""
    brought = request_import(owner=owner, upload=ContentFile(content, name=name))
    work_on_import(brought.id)
    brought.refresh_from_db()
    return brought


def imported(owner: User, content: bytes, name: str = "conversations.json") -> ConversationImport:
    brought = bring(owner, content, name)
    assert brought.status == "previewed", brought.error
    confirm_import(brought=brought)
    work_on_import(brought.id)
    brought.refresh_from_db()
    assert brought.status == "ready", brought.error
    return brought


def exported(conversation: Conversation) -> bytes:
    conversation.refresh_from_db()
    return b"".join(conversation_json(conversation, exported_at=AT))


def without_ids(content: bytes) -> Any:
    """An export whose ids are the places of messages, and which says nothing of runs."""
    document = orjson.loads(content)
    places = {one["id"]: place for place, one in enumerate(document["messages"])}
    said = document["conversation"]
    del said["id"]
    for name in ("active_leaf", "summary_leaf", "entities_leaf"):
        said[name] = places.get(said[name])
    names = {one["id"]: one["name"] for one in said["entities"]}
    for one in said["entities"]:
        one["id"] = names[one["id"]]
    for one in said["relations"]:
        one |= {"id": "", "source": names[one["source"]], "target": names[one["target"]]}
    for one in document["messages"]:
        one |= {"id": places[one["id"]], "parent": places.get(one["parent"]), "runs": []}
    return document
