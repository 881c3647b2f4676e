"""Going on with a conversation in a new one, which holds a copy of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.models import User
from chat.actions.attachments import copy_to_messages
from chat.actions.conversations import TITLE_MAX_CHARS, require_open, require_readable
from chat.actions.entities import id_of, kept_entities
from chat.actions.text import clean_line
from chat.entities.graph import Graph, own_part, renamed
from chat.models import Attachment, Conversation, ConversationEntities, Message
from chat.models.attachment import attachment_part
from chat.models.message import path_ids
from convoscope.batches import batched
from convoscope.errors import ValidationFailed

COPIED_AT_ONCE = 500
_COPIED = (
    "role",
    "status",
    "parts",
    "text",
    "text_tokens",
    "html",
    "render_version",
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
    What is still being written stays behind, and what a hidden message says; runs and what they cost stay with the
    original. The copy of a temporary chat is temporary too.

    Raises: ValidationFailed if the message itself is still being written, or was deleted or hidden; ConversationLocked.
    """
    if message.is_unfinished:
        raise ValidationFailed(_("This answer is still being written. Stop it first, or wait."))
    source = message.conversation
    with transaction.atomic():
        require_open(Conversation.objects.select_for_update().get(id=source.id))
        require_readable(message)
        fork = Conversation.objects.create(
            owner=by,
            title=clean_line(_("%(title)s (fork)") % {"title": source.title}, max_chars=TITLE_MAX_CHARS),
            title_source=source.title_source if source.is_temporary else Conversation.TitleSource.PERSON,
            is_temporary=source.is_temporary,
            settings=source.settings,
            memory=source.memory,
            topics=source.topics,
            metadata={"forked_from": str(source.id)},
            active_at=timezone.now(),
            version=1,
        )
        originals = source.messages.present().exclude(status__in=Message.UNFINISHED).order_by("id")
        if not has_branches:
            originals = originals.on_path_to(message.id)
        # Made in the order of the originals: it is that of siblings.
        new_ids = {one: uuid7() for one in originals.values_list("id", flat=True)}
        for ids in batched(new_ids, COPIED_AT_ONCE):
            readable = originals.filter(id__in=ids, hidden_at=None).values_list("id", flat=True)
            files = copy_to_messages({one: new_ids[one] for one in readable})
            copied = (one.veiled() for one in originals.filter(id__in=ids))
            Message.objects.bulk_create(_copy(one, fork, new_ids, files) for one in copied)
            Attachment.objects.bulk_create(one for of_message in files.values() for one in of_message)
        shown = source.active_leaf_id if has_branches and source.active_leaf_id else message.id
        fork.active_leaf_id = next(new_ids[one] for one in path_ids(shown) if one in new_ids)
        if source.summary_leaf_id in new_ids:
            fork.summary, fork.summary_leaf_id = source.summary, new_ids[source.summary_leaf_id]
        fork.save(update_fields=["active_leaf", "summary", "summary_leaf"])
        _copy_entities(source, fork, new_ids)
    return fork


def _copy_entities(source: Conversation, fork: Conversation, new_ids: Mapping[UUID, UUID]) -> None:
    """What was found in messages that aren't copied stays behind; what the person said of names comes with it."""
    kept = kept_entities(source)
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
    said = [part for part in original.parts if part["type"] != "attachment"]
    copy.parts = [*map(attachment_part, files.get(copy.id, ())), *said]
    return copy
