"""Going on with a conversation in a new one, which holds a copy of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.models import User
from chat.actions.conversations import TITLE_MAX_CHARS
from chat.actions.text import clean_line
from chat.models import Conversation, Message
from chat.models.message import path_ids
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
)


def fork_conversation(*, message: Message, by: User, has_branches: bool) -> Conversation:
    """Copy the path that ends in this message, or with it all branches, into a new conversation of the same settings.
    What is still being written stays behind; runs and what they cost stay with the original. The copy of a temporary
    chat is temporary too.

    Raises: ValidationFailed if the message itself is still being written.
    """
    if message.is_unfinished:
        raise ValidationFailed(_("This answer is still being written. Stop it first, or wait."))
    source = message.conversation
    with transaction.atomic():
        fork = Conversation.objects.create(
            owner=by,
            title=clean_line(_("%(title)s (fork)") % {"title": source.title}, max_chars=TITLE_MAX_CHARS),
            title_source=source.title_source if source.is_temporary else Conversation.TitleSource.PERSON,
            is_temporary=source.is_temporary,
            settings=source.settings,
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
            Message.objects.bulk_create(_copy(one, fork, new_ids) for one in originals.filter(id__in=ids))
        shown = source.active_leaf_id if has_branches and source.active_leaf_id else message.id
        fork.active_leaf_id = next(new_ids[one] for one in path_ids(shown) if one in new_ids)
        fork.save(update_fields=["active_leaf"])
    return fork


def _copy(original: Message, fork: Conversation, new_ids: Mapping[UUID, UUID]) -> Message:
    """Without what the person thinks of it, and without the name that the page gave to what it sent."""
    return Message(
        id=new_ids[original.id],
        conversation=fork,
        parent_id=new_ids[original.parent_id] if original.parent_id else None,
        author_id=original.author_id,
        **{name: getattr(original, name) for name in _COPIED},
    )


def batched(ids: Iterable[UUID], size: int) -> Iterator[list[UUID]]:
    rest = iter(ids)
    while batch := list(islice(rest, size)):
        yield batch
