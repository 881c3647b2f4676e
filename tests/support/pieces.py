"""Long conversations, and what is done to them in several transactions: looked at from elsewhere, and cut short."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import User
from chat.models import Attachment, Conversation, Message


class Killed(Exception):
    pass


def make_long(owner: User, ids: Sequence[UUID], **fields: object) -> list[Message]:
    """A conversation of a path of messages, the last of which has a file."""
    conversation = Conversation.objects.create(owner=owner, title="Of pools", **{"active_at": timezone.now()} | fields)
    made = Message.objects.bulk_create(
        Message(
            id=one,
            conversation=conversation,
            parent_id=ids[number - 1] if number else None,
            role="assistant" if number % 2 else "user",
            text=f"Said {number}",
            parts=[{"type": "text", "text": f"Said {number}"}],
        )
        for number, one in enumerate(ids)
    )
    Conversation.objects.filter(id=conversation.id).update(active_leaf=made[-1])
    file = default_storage.save(f"attachments/{owner.id}/notes", ContentFile(b"a file"))
    Attachment.objects.create(owner=owner, message=made[-1], name="notes.txt", kind="document", file=file)
    found = Message.objects.select_related("conversation").in_bulk(ids)
    return [found[one] for one in ids]


@contextmanager
def before_each_piece(statement: str, act: Callable[[int], None]) -> Iterator[None]:
    """Act in each transaction that has such a statement, before the first of these, given the transaction's number."""
    counted, is_open = 0, False

    def close() -> None:
        nonlocal is_open
        is_open = False

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        nonlocal counted, is_open
        if sql.startswith(statement) and not is_open:
            counted, is_open = counted + 1, True
            transaction.on_commit(close)
            act(counted)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        yield


def elsewhere(look: Callable[[], object]) -> object:
    """What another connection sees now."""

    def see() -> object:
        try:
            return look()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(see).result()
