"""A conversation's messages as an export reads them: in batches, so that none is too long for the memory. Each batch is
read whole, since the next one may be asked for on another thread. Hidden messages come without what they say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage

from accounts.models import User
from chat.models import Attachment, Conversation, Message, Run
from chat.models.message import path_ids
from chat.runs.load import joined, saved_so_far
from chat.shares.shown import shows_image
from convoscope.batches import batched

BATCH_MESSAGES = 100


def tree_of(conversation: Conversation) -> Iterator[list[Message]]:
    """All messages that weren't deleted, in the order of their ids, which is that of siblings."""
    present = conversation.messages.present().defer("html").order_by("id")
    batch = list(present[:BATCH_MESSAGES])
    while batch:
        yield [message.veiled() for message in batch]
        batch = list(present.filter(id__gt=batch[-1].id)[:BATCH_MESSAGES])


def path_of(conversation: Conversation) -> Iterator[Message]:
    """The path that is shown, oldest first."""
    return path_to(conversation.active_leaf_id)


def path_to(leaf_id: UUID | None) -> Iterator[Message]:
    """The path that ends in this message, oldest first; nothing for None."""
    if leaf_id is None:
        return
    for ids in batched(reversed(path_ids(leaf_id)), BATCH_MESSAGES):
        found = Message.objects.present().in_bulk(ids)
        yield from (found[message_id].veiled() for message_id in ids if message_id in found)


def attachments_in(conversation: Conversation) -> Iterator[Attachment]:
    """All that have a file, of messages that weren't deleted or hidden, in batches as messages are."""
    of_messages = conversation.messages.readable()
    there = Attachment.objects.filter(message__in=of_messages).exclude(file="")
    there = there.defer("text").order_by("id")
    batch = list(there[:BATCH_MESSAGES])
    while batch:
        yield from batch
        batch = list(there.filter(id__gt=batch[-1].id)[:BATCH_MESSAGES])


def waiting_of(owner: User) -> Iterator[Attachment]:
    """The files of no message: those that wait in a composer, and those that a link shows."""
    there = Attachment.objects.filter(owner=owner, message=None).exclude(file="").select_related("share")
    for one in there.defer("text", "share__snapshot").order_by("id").iterator(BATCH_MESSAGES):
        if one.share is None or shows_image(one.share, one.id):
            yield one


def content_of(attachment: Attachment, made: str = "") -> Iterator[bytes]:
    """Of its file, or of what was made of it."""
    with default_storage.open(attachment.file + made) as file:
        yield from file.chunks()


def runs_of(messages: list[Message]) -> defaultdict[UUID, list[Run]]:
    """By message, the oldest first."""
    runs: defaultdict[UUID, list[Run]] = defaultdict(list)
    for run in Run.objects.filter(message__in=messages).order_by("created_at", "id"):
        runs[run.message_id].append(run)
    return runs


def parts_so_far(message: Message, runs: list[Run]) -> list[dict[str, Any]]:
    """A message's parts; of an answer that is being written, with what is saved of it."""
    parts: list[dict[str, Any]] = message.parts
    if not message.is_unfinished or not runs:
        return parts
    saved, reasoning = saved_so_far(runs[-1])
    so_far = (("reasoning", reasoning), ("text", "".join(joined(runs[-1], message.text, saved))))
    others = [part for part in parts if part["type"] != "text"]
    return [*others, *({"type": kind, "text": said} for kind, said in so_far if said)]


def text_so_far(message: Message) -> str:
    if not message.is_unfinished or not (runs := runs_of([message])[message.id]):
        return message.text
    return "".join(joined(runs[-1], message.text, saved_so_far(runs[-1])[0]))


def text_of(parts: list[dict[str, Any]]) -> str:
    return "".join(part["text"] for part in parts if part.get("type") == "text")
