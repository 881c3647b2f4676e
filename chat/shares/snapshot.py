"""What a shared link shows: the words of a path as they are now, and nothing else that a conversation holds."""

from __future__ import annotations

from typing import NotRequired, TypedDict
from uuid import UUID

from django.utils.translation import gettext as _

from chat.exports.reading import path_to
from chat.fragments import stored_html
from chat.models import Message
from convoscope.errors import ValidationFailed

# A page of more would be slow for whoever opens it.
SNAPSHOT_MAX_CHARS = 5_000_000


class SharedMessage(TypedDict):
    """Of a question `text`, of an answer `html`, which was sanitised when it was rendered."""

    role: str
    model: str
    created_at: str
    text: NotRequired[str]
    html: NotRequired[str]


def snapshot_to(leaf_id: UUID | None) -> list[SharedMessage]:
    """The finished messages that have text, of the path that ends in this one. Reasoning, notices, tools and
    attachments stay out.

    Raises: ValidationFailed if there is nothing yet, or too much.
    """
    shared: list[SharedMessage] = []
    size = 0
    for message in path_to(leaf_id):
        if message.is_unfinished or not message.text:
            continue
        one = _shared(message)
        size += len(one.get("text", "")) + len(one.get("html", ""))
        if size > SNAPSHOT_MAX_CHARS:
            raise ValidationFailed(
                _("This conversation is too long for a link. Fork a part of it and share that, or export it as a file.")
            )
        shared.append(one)
    if not shared:
        raise ValidationFailed(_("There is nothing to share yet."))
    return shared


def count_shareable(leaf_id: UUID | None) -> int:
    """How many messages a link would show now, in one query."""
    if leaf_id is None:
        return 0
    path = Message.objects.present().on_path_to(leaf_id)
    return path.exclude(text="").exclude(status__in=Message.UNFINISHED).count()


def _shared(message: Message) -> SharedMessage:
    head: SharedMessage = {
        "role": message.role,
        "model": message.model,
        "created_at": message.created_at.isoformat(),
    }
    if message.role == Message.Role.USER:
        return {**head, "text": message.text}
    return {**head, "html": stored_html(message)}
