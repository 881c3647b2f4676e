"""Going on with a conversation in a new one, which holds a copy of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.models import User
from chat.actions.attachments import copy_to_messages
from chat.actions.conversations import TITLE_MAX_CHARS, require_open, require_readable
from chat.actions.entities import id_of, kept_entities
from chat.actions.masking import copy_placeholders
from chat.actions.text import clean_line
from chat.entities.graph import Graph, own_part, renamed
from chat.models import Attachment, Conversation, ConversationEntities, Message
from chat.models.attachment import attachment_part
from chat.models.message import MessageQuerySet, path_ids
from convoscope.batches import batched
from convoscope.encrypted_content import unreadable_marked
from convoscope.encrypted_fields import is_marked
from convoscope.errors import ValidationFailed
from convoscope.trees import downwards

# A transaction holds the write lock of SQLite for as long as these take.
COPIED_AT_ONCE = 100
# Until it is whole, the copy is hidden like what was deleted for good, with a moment that is yet to come. Whoever takes
# longer has died.
COPIED_WITHIN = timedelta(hours=1)
# What it says
_SAID = ("parts", "text", "text_tokens", "html", "render_version")
_COPIED = (
    *_SAID,
    "role",
    "status",
    "model",
    "provider",
    "finish_reason",
    "input_tokens",
    "output_tokens",
    "created_at",
    "finished_at",
    "hidden_at",
)


def fork_conversation(*, message: Message, by: User, has_branches: bool) -> Conversation:
    """Copy the path that ends in this message, or with it all branches, into a new conversation of the same settings.
    What is still being written stays behind, and what a hidden message says, until that is restored; runs and what they
    cost stay with the original. The copy of a temporary chat is temporary too.

    A long one is copied in several transactions, and seen nowhere until it is whole; what is deleted meanwhile stays
    behind as well. Of a process that died the purge takes what there is.

    Raises: ValidationFailed if the message itself is still being written, or was deleted or hidden; ConversationLocked.
    """
    if message.is_unfinished:
        raise ValidationFailed(_("This answer is still being written. Stop it first, or wait."))
    source = message.conversation
    with transaction.atomic():
        require_open(Conversation.objects.select_for_update().get(id=source.id))
        require_readable(message)
    originals = _copyable(source)
    if not has_branches:
        originals = originals.on_path_to(message.id)
    parents = dict(originals.order_by("id").values_list("id", "parent_id"))
    fork = Conversation.objects.create(
        owner=by,
        title_source=_title_source(source),
        is_temporary=source.is_temporary,
        settings=source.settings,
        memory=source.memory,
        metadata={"forked_from": str(source.id)},
        active_at=timezone.now(),
        deleted_at=timezone.now() + COPIED_WITHIN,
        version=1,
    )
    new_ids = _copy_messages(source, fork, parents)
    if message.id not in new_ids:
        require_readable(message)
        raise _changed_meanwhile()
    _finish(fork, source, new_ids, shown=source.active_leaf_id if has_branches else None, forked=message)
    return fork


def _title_source(source: Conversation) -> Conversation.TitleSource:
    """No model makes it another one, as it does where it is cut from the question; but it is the person's own only if
    that of the original is."""
    sources = Conversation.TitleSource
    is_cut = source.title_source == sources.QUESTION and not source.is_temporary
    return sources.MODEL if is_cut else sources(source.title_source)


def _copyable(source: Conversation) -> MessageQuerySet:
    return source.messages.present().exclude(status__in=Message.UNFINISHED)


def _copy_messages(source: Conversation, fork: Conversation, parents: Mapping[UUID, UUID | None]) -> dict[UUID, UUID]:
    """Returns the ids of the copies by those of the originals that were still there."""
    # Made in the order of the originals: it is that of siblings.
    new_ids = {one: uuid7() for one in parents}
    copied: set[UUID | None] = {None}
    for ids in batched(downwards(parents), COPIED_AT_ONCE):
        # Read while others may write
        present = _copyable(source).in_bulk(ids)
        pieces = []
        for one in ids:
            # What it hangs on may have been away a moment ago, and be back, or have been purged and left it a root.
            if one in present and present[one].parent_id == parents[one] and parents[one] in copied:
                pieces.append(present[one])
                copied.add(one)
        # What nobody can read is copied as it is stored.
        with transaction.atomic(), unreadable_marked():
            files = copy_to_messages({one.id: new_ids[one.id] for one in pieces if one.hidden_at is None})
            Message.objects.bulk_create(_copy(one.veiled(), fork, new_ids, files) for one in pieces)
            Attachment.objects.bulk_create(one for of_message in files.values() for one in of_message)
    return {one: new_ids[one] for one in parents if one in copied}


def _finish(
    fork: Conversation, source: Conversation, new_ids: dict[UUID, UUID], *, shown: UUID | None, forked: Message
) -> None:
    """Give the copy what depends on its messages, and what else the original has by now, and have it be seen.

    Raises: ValidationFailed if the purge has begun with it, or if what is hidden changed; ConversationLocked.
    """
    path = path_ids(shown) if shown else []
    fork.active_leaf_id = next((new_ids[one] for one in path if one in new_ids), new_ids[forked.id])
    with transaction.atomic(), unreadable_marked():
        # Held: what moderators decide from here on is decided after the copy was made.
        source = Conversation.objects.select_for_update().get(id=source.id)
        require_open(source)
        if not Conversation.objects.select_for_update().filter(id=fork.id, deleted_at__gt=timezone.now()):
            raise _changed_meanwhile()
        if _hidden_in(fork) != {new_ids[one] for one in _hidden_in(source) if one in new_ids}:
            raise _changed_meanwhile()
        if source.summary_leaf_id in new_ids:
            fork.summary, fork.summary_leaf_id = source.summary, new_ids[source.summary_leaf_id]
        fork.title = clean_line(_("%(title)s (fork)") % {"title": source.title}, max_chars=TITLE_MAX_CHARS)
        fork.topics = source.topics
        fork.deleted_at = None
        fork.save(update_fields=["active_leaf", "summary", "summary_leaf", "title", "topics", "deleted_at"])
        _copy_entities(source, fork, new_ids)
        copy_placeholders(source, fork)


def _hidden_in(conversation: Conversation) -> set[UUID]:
    return set(conversation.messages.filter(hidden_at__isnull=False).values_list("id", flat=True))


def fill_hidden_copies(*, original: Message) -> list[Conversation]:
    """Give what it says to the copies that were made while it was hidden, now that it is shown again. For the
    transaction of that. Returns the conversations that they are in."""
    hidden = Message.objects.filter(
        conversation__owner=original.conversation.owner_id,
        conversation__metadata__has_key="forked_from",
        hidden_at__isnull=False,
    )
    # What is hidden in a person's forks is little.
    copies = [
        one for one in hidden.select_related("conversation") if one.metadata.get("copied_from") == str(original.id)
    ]
    for copy in copies:
        files = copy_to_messages({original.id: copy.id}).get(copy.id, [])
        for name in _SAID:
            setattr(copy, name, getattr(original, name))
        copy.parts = _parts(original, files)
        copy.hidden_at = None
        copy.save(update_fields=[*_SAID, "hidden_at"])
        Attachment.objects.bulk_create(files)
    return [copy.conversation for copy in copies]


def _changed_meanwhile() -> ValidationFailed:
    return ValidationFailed(_("This message was changed while it was copied. Fork it again."))


def _copy_entities(source: Conversation, fork: Conversation, new_ids: Mapping[UUID, UUID]) -> None:
    """What was found in messages that aren't copied stays behind; what the person said of names comes with it."""
    kept = kept_entities(source)
    if is_marked(kept.graph):
        return
    leaf_id = new_ids.get(kept.leaf_id) if kept.leaf_id else None
    graph = Graph.of_json(kept.graph)
    graph = renamed(graph if leaf_id else own_part(graph), id_of(fork.id))
    if graph != Graph() or kept.has_own_topics:
        ConversationEntities.objects.create(
            conversation=fork, graph=graph.as_json(), leaf_id=leaf_id, has_own_topics=kept.has_own_topics
        )


def _copy(
    original: Message,
    fork: Conversation,
    new_ids: Mapping[UUID, UUID],
    files: Mapping[UUID, Sequence[Attachment]],
) -> Message:
    """Without what the person thinks of it, and without the name that the page gave to what it sent."""
    copy = Message(
        id=new_ids[original.id],
        conversation=fork,
        parent_id=new_ids[original.parent_id] if original.parent_id else None,
        author_id=original.author_id,
        **{name: getattr(original, name) for name in _COPIED},
    )
    copy.parts = _parts(original, files.get(copy.id, ()))
    if original.hidden_at is not None:
        # By which it is found once that is shown again (`fill_hidden_copies`).
        copy.metadata = {"copied_from": original.metadata.get("copied_from", str(original.id))}
    return copy


def _parts(original: Message, files: Sequence[Attachment]) -> list[dict[str, Any]]:
    """With the copy's own files in the place of the original's."""
    parts: list[dict[str, Any]] = original.parts
    if is_marked(parts):
        return parts
    said = [part for part in parts if part["type"] != "attachment"]
    return [*map(attachment_part, files), *said]
