"""For the tasks of conversations."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import orjson
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import User
from chat.actions.entities import kept_entities
from chat.actions.imports import confirm_import, request_import, work_on_import
from chat.actions.shares import share_conversation
from chat.entities.graph import Graph
from chat.models import (
    Attachment,
    Comparison,
    Conversation,
    ConversationExport,
    ConversationImport,
    Folder,
    ImportedSource,
    Message,
    Prompt,
    Share,
)
from providers.models import BudgetPeriod, Reservation
from tests.chat.lifecycle.conftest import ago
from tests.chat.test_entities import SISTER
from tests.chat.test_summaries import talk
from tests.support.answers import make_plain
from tests.support.due.kind import Due
from tests.support.spending import make_budget

EACH = 2
# Of what is asked for, so that a file made of it is the same each time.
ASKED_AT = datetime(2026, 3, 1, tzinfo=UTC)


def talks(owner: User, turns: int, **kinds: dict[str, object]) -> list[Conversation]:
    """Some of each kind, by the name that their titles begin with."""
    made = []
    for name, fields in kinds.items():
        for number in range(EACH):
            conversation = talk(owner, turns, first=SISTER)
            Conversation.objects.filter(id=conversation.id).update(title=f"{name} {number}", **fields)
            made.append(conversation)
    return made


def conversations() -> object:
    return [
        (
            conversation.title if conversation.title_source == "person" else conversation.title_source,
            conversation.title,
            conversation.status,
            conversation.summary,
            conversation.topics,
            entities_of(conversation),
            conversation.active_leaf_id is None,
            [(message.text, message.deleted_at is None) for message in conversation.messages.order_by("id")],
            [(one.revoked_at is None, bool(one.snapshot)) for one in conversation.shares.order_by("id")],
        )
        for conversation in Conversation.objects.order_by("title", "title_source")
    ]


def entities_of(conversation: Conversation) -> list[tuple[str, ...]]:
    """By names alone: ids are made of the conversation's, which is another each time."""
    graph = Graph.of_json(kept_entities(conversation).graph)
    names = {one.id: one.name for one in graph.entities}
    found = [(one.name, one.type, str(one.attributes)) for one in graph.entities]
    return [*found, *((names[one.source], one.kind, names[one.target]) for one in graph.relations)]


def files() -> list[str]:
    """What is in them."""
    kept = (path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())
    return sorted(sha256(path.read_bytes()).hexdigest() for path in kept)


# Conversations


def deleted_messages(owner: User) -> tuple[str, ...]:
    for conversation in talks(owner, 3, deleted={}, kept={}):
        last = Message.objects.filter(conversation=conversation).order_by("-id")[:2].values_list("id", flat=True)
        is_over = Conversation.objects.filter(id=conversation.id, title__startswith="deleted").exists()
        Message.objects.filter(id__in=list(last)).update(deleted_at=ago(hours=1) if is_over else timezone.now())
    for number, age in enumerate((ago(days=2), ago(days=3), timezone.now())):
        name = default_storage.save(f"attachments/{owner.id}/{number}", ContentFile(b"file %d" % number))
        Attachment.objects.create(owner=owner, name=f"{number}", kind="document", file=name, created_at=age)
    return ()


def deleted_messages_state() -> object:
    return conversations(), sorted(Attachment.objects.values_list("name", flat=True)), files()


def trash(owner: User) -> tuple[str, ...]:
    talks(
        owner,
        2,
        trashed={"trashed_at": ago(days=31)},
        gone={"trashed_at": ago(days=1), "deleted_at": ago(minutes=1)},
        temporary={"is_temporary": True, "active_at": ago(days=2)},
        kept={"trashed_at": ago(days=1)},
    )
    for name, deleted_at in (("over", ago(days=1)), ("new", timezone.now()), ("kept", None)):
        Folder.objects.create(owner=owner, name=name, key=name, deleted_at=deleted_at)
    for message in Message.objects.filter(role="assistant"):
        message.comparison = Comparison.objects.create()
        message.save(update_fields=["comparison"])
    return ()


def trash_state() -> object:
    return conversations(), sorted(Folder.objects.values_list("name", flat=True)), Comparison.objects.count()


def idle(owner: User) -> tuple[str, ...]:
    talks(owner, 4, idle={"active_at": ago(hours=1)}, kept={"active_at": timezone.now()})
    return ()


def expiring(owner: User) -> tuple[str, ...]:
    over = {"status": "completed", "resolved_at": ago(days=91), "title_source": "person"}
    for one in talks(
        owner, 4, over=over | {"expiry_announced_at": ago(days=15)}, near=over | {"resolved_at": ago(days=80)}, kept={}
    ):
        share_conversation(conversation=one, expires_at=None)
    return ()


def expiring_state() -> object:
    announced = Conversation.objects.exclude(expiry_announced_at=None).values_list("title", flat=True)
    return conversations(), sorted(announced)


def paid_for() -> object:
    """Whether anything is still held of budgets: what killed calls held is given back."""
    return Reservation.objects.exists(), sum(BudgetPeriod.objects.values_list("reserved", flat=True))


def untitled(owner: User) -> tuple[str, ...]:
    make_budget(scope="site", limit="1000000")
    [first, *_] = talks(owner, 1, untitled={"title_source": "question"}, named={"title_source": "person"})
    return (str(first.id),)


def answered(owner: User) -> tuple[str, ...]:
    """What suggestions are due for: a list, of which each item can be asked about."""
    run = make_plain(owner)
    text = "- **Pools**: how many\n- **Queues**: how long"
    Message.objects.filter(id=run.message_id).update(text=text, parts=[{"type": "text", "text": text}])
    return (str(run.message_id),)


def suggestions() -> object:
    return list(Message.objects.order_by("id").values_list("text", "metadata"))


def all_untitled(owner: User) -> tuple[str, ...]:
    untitled(owner)
    return ()


def long_talk(**fields: object) -> Callable[[User], tuple[str, ...]]:
    def make(owner: User) -> tuple[str, ...]:
        make_budget(scope="site", limit="1000000")
        [first, *_] = talks(owner, 8, long=fields)
        return (str(first.id),)

    return make


def resolved(owner: User) -> tuple[str, ...]:
    over = {"status": "completed", "resolved_at": ago(hours=1)}
    [first, *_] = talks(owner, 8, long=over, kept={})
    return (str(first.id),)


def all_resolved(owner: User) -> tuple[str, ...]:
    resolved(owner)
    return ()


def paid_state() -> object:
    return conversations(), paid_for()


# Exports


def asked_export(owner: User, *, format: str = "markdown", **fields: Any) -> ConversationExport:
    return ConversationExport.objects.create(owner=owner, format=format, requested_at=ASKED_AT, **fields)


def same_conversations(owner: User) -> None:
    """What is in an archive is the same each time, ids and times too."""
    if not Conversation.objects.filter(owner=owner, title__startswith="archived").exists():
        talks(owner, 2, archived={})


def export(owner: User) -> tuple[str, ...]:
    same_conversations(owner)
    return (str(asked_export(owner).id),)


def all_exports(owner: User) -> tuple[str, ...]:
    """One whose message was lost, and some whose time is over."""
    same_conversations(owner)
    asked_export(owner)
    for number in range(EACH):
        name = default_storage.save(f"exports/{owner.id}/{number}.zip", ContentFile(b"old"))
        asked_export(owner, status="ready", file=name, expires_at=ago(days=1))
    return ()


def exports_state() -> object:
    rows = ConversationExport.objects.order_by("id")
    return list(rows.values_list("status", "done", "total", "size_bytes", "error")), files()


# Imports


def a_file() -> bytes:
    """A ZIP file of a product's conversations, some of them with a folder and tags of ours."""
    told = [
        {
            "id": f"conversation-{number}",
            "title": f"Imported {number}",
            "create_time": 1_700_000_000 + number,
            "current_node": "answer",
            "mapping": {
                "question": node("question", None, "user", f"What is {number}?"),
                "answer": node("answer", "question", "assistant", f"It is {number}."),
            },
        }
        for number in range(3)
    ]
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr(ZipInfo("conversations.json"), orjson.dumps(told))
    return packed.getvalue()


def node(node_id: str, parent: str | None, role: str, text: str) -> dict[str, Any]:
    content = {"content_type": "text", "parts": [text]}
    message = {"id": node_id, "author": {"role": role}, "content": content, "create_time": 1_700_000_000}
    children = ["answer"] if parent is None else []
    return {"id": node_id, "parent": parent, "children": children, "message": message}


def brought(owner: User) -> ConversationImport:
    one = request_import(owner=owner, upload=ContentFile(a_file(), name="mine.zip"))
    ConversationImport.objects.filter(id=one.id).update(created_at=ASKED_AT)
    return one


def uploaded(owner: User) -> tuple[str, ...]:
    return (str(brought(owner).id),)


def confirmed(owner: User) -> tuple[str, ...]:
    one = brought(owner)
    work_on_import(one.id)
    confirm_import(brought=ConversationImport.objects.get(id=one.id))
    return (str(one.id),)


def all_imports(owner: User) -> tuple[str, ...]:
    """One whose message was lost, and some whose time is over."""
    uploaded(owner)
    for number in range(EACH):
        name = default_storage.save(f"imports/{owner.id}/{number}", ContentFile(b"old"))
        ConversationImport.objects.create(
            owner=owner, name="old", file=name, size_bytes=3, status="failed", expires_at=ago(days=1)
        )
    return ()


def imports_state() -> object:
    rows = ConversationImport.objects.order_by("id")
    sources = ImportedSource.objects.order_by("source_id").values_list("source_id", "conversation__title")
    return (
        list(rows.values_list("status", "done", "total", "report", "error")),
        list(sources),
        conversations(),
        files(),
    )


# Prompts


def prompts(owner: User) -> tuple[str, ...]:
    for name, deleted_at in (("a", ago(hours=1)), ("b", ago(hours=2)), ("new", timezone.now()), ("kept", None)):
        Prompt.objects.create(owner=owner, name=name, title=name, text="Hello", deleted_at=deleted_at)
    return ()


def expired_shares(owner: User) -> tuple[str, ...]:
    [one, *_rest] = talks(owner, 1, shared={})
    for name, expires_at in (("a", ago(days=8)), ("b", ago(days=9)), ("new", ago(days=1)), ("kept", None)):
        share_conversation(conversation=one, expires_at=expires_at)
        Share.objects.filter(title="Talk").update(title=name)
    return ()


def shares_state() -> object:
    return [(one.title, bool(one.snapshot)) for one in Share.objects.order_by("title")]


def stray(owner: User) -> tuple[str, ...]:
    """Files that no row names, and some that one does."""
    for number in range(EACH):
        for folder in ("exports", "imports", "attachments"):
            name = default_storage.save(f"{folder}/{owner.id}/stray {number}", ContentFile(b"stray"))
            os.utime(default_storage.path(name), (0, 0))
    asked_export(owner, status="ready", file=default_storage.save(f"exports/{owner.id}/kept", ContentFile(b"kept")))
    os.utime(default_storage.path(f"exports/{owner.id}/kept"), (0, 0))
    return ()


def prompts_state() -> object:
    return sorted(Prompt.objects.values_list("name", flat=True))


def forget() -> None:
    """What was made for an entry above is gone, but for the conversations that archives are made of."""
    for model in (Attachment, Comparison, ConversationExport, ConversationImport, Prompt, Folder, Share):
        model.objects.all().delete()
    Conversation.objects.exclude(title__startswith="archived").delete()


PURGED = ("chat.tasks.purge_deleted_messages", "chat.tasks.purge_stray_files")
SWEPT_TITLE = ("chat.tasks.sweep_missing_titles", "providers.tasks.sweep_reservations")
SWEPT_COMPLETION = ("chat.tasks.sweep_completions",)
SWEPT_EXPORT = ("chat.tasks.sweep_exports", "chat.tasks.purge_stray_files")
# What a killed import left of a conversation is purged.
SWEPT_IMPORT = ("chat.tasks.sweep_imports", "chat.tasks.purge_stray_files", "chat.tasks.purge_trash")
DUE: tuple[Due, ...] = (
    Due("chat.tasks.make_title", untitled, paid_state, again=SWEPT_TITLE),
    Due("chat.tasks.sweep_missing_titles", all_untitled, paid_state, again=SWEPT_TITLE),
    Due("chat.tasks.update_summary", long_talk(), conversations),
    Due("chat.tasks.extract_entities", long_talk(), conversations),
    Due("chat.tasks.complete_conversation", resolved, conversations, again=SWEPT_COMPLETION),
    Due("chat.tasks.sweep_completions", all_resolved, conversations, again=SWEPT_COMPLETION),
    Due("chat.tasks.suggest_follow_ups", answered, suggestions),
    Due("chat.tasks.purge_deleted_messages", deleted_messages, deleted_messages_state, again=PURGED),
    Due("chat.tasks.purge_trash", trash, trash_state),
    Due("chat.tasks.pause_idle", idle, conversations),
    Due("chat.tasks.expire_old", expiring, expiring_state, again=("chat.tasks.expire_old", *PURGED)),
    Due("chat.tasks.build_export", export, exports_state, again=SWEPT_EXPORT),
    Due("chat.tasks.sweep_exports", all_exports, exports_state, again=SWEPT_EXPORT),
    Due("chat.tasks.work_on_import", uploaded, imports_state, about="looking", again=SWEPT_IMPORT),
    Due("chat.tasks.work_on_import", confirmed, imports_state, about="storing", again=SWEPT_IMPORT),
    Due("chat.tasks.sweep_imports", all_imports, imports_state, again=SWEPT_IMPORT),
    Due("chat.tasks.purge_stray_files", stray, files),
    Due("chat.tasks.purge_expired_shares", expired_shares, shares_state),
    Due("chat.tasks.purge_deleted_prompts", prompts, prompts_state),
)
