"""What a shared link shows: the words and images of a path as they are now, and of documents the names alone."""

from __future__ import annotations

from typing import NotRequired, TypedDict
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from chat.actions.attachments import copy_attachments
from chat.context.attached import read_attached
from chat.exports.reading import path_to
from chat.fragments import stored_html
from chat.models import Attachment, Message
from convoscope.errors import ValidationFailed

# A page of more would be slow for whoever opens it.
SNAPSHOT_MAX_CHARS = 5_000_000


class SharedFile(TypedDict):
    """`image` is the id of the share's own attachment that is shown; None for what is only named."""

    name: str
    size_bytes: int
    image: str | None


class SharedMessage(TypedDict):
    """Of a question `text` and its `files`, of an answer `html`, which was sanitised when it was rendered. `id` is the
    message's; those that were shared first have none."""

    id: NotRequired[str]
    role: str
    model: str
    created_at: str
    text: NotRequired[str]
    html: NotRequired[str]
    files: NotRequired[list[SharedFile]]


def snapshot_to(leaf_id: UUID | None) -> tuple[list[SharedMessage], list[Attachment]]:
    """The finished messages that say something, of the path that ends in this one, and copies of their images, not
    stored yet, for the share to have. Reasoning, notices, tools and what documents say stay out.

    Raises: ValidationFailed if there is nothing yet, or too much.
    """
    shared: list[SharedMessage] = []
    with_files: dict[UUID, SharedMessage] = {}
    size = 0
    for message in path_to(leaf_id):
        has_files = any(part["type"] == "attachment" for part in message.parts)
        if message.is_unfinished or not (message.text or has_files):
            continue
        one = _shared(message)
        size += len(one.get("text", "")) + len(one.get("html", ""))
        if size > SNAPSHOT_MAX_CHARS:
            raise ValidationFailed(
                _("This conversation is too long for a link. Fork a part of it and share that, or export it as a file.")
            )
        shared.append(one)
        if has_files:
            with_files[message.id] = one
    if not shared:
        raise ValidationFailed(_("There is nothing to share yet."))
    return shared, _files(with_files)


def _files(with_files: dict[UUID, SharedMessage]) -> list[Attachment]:
    """Named in their messages; of the images copies, which go on living when the message goes."""
    images: list[Attachment] = []
    for message_id, attached in read_attached(with_files).items():
        files = with_files[message_id]["files"] = []
        for one in attached:
            image = None
            if one.can_be_seen:
                images += copy_attachments([one], message_id=None)
                image = str(images[-1].id)
            files.append({"name": one.name, "size_bytes": one.size_bytes, "image": image})
    return images


def count_shareable(leaf_id: UUID | None) -> int:
    """How many messages a link would show now, in one query."""
    if leaf_id is None:
        return 0
    path = Message.objects.readable().on_path_to(leaf_id)
    has_files = Exists(Attachment.objects.filter(message=OuterRef("id")))
    return path.filter(~Q(text="") | has_files).exclude(status__in=Message.UNFINISHED).count()


def _shared(message: Message) -> SharedMessage:
    head: SharedMessage = {
        "id": str(message.id),
        "role": message.role,
        "model": message.model,
        "created_at": message.created_at.isoformat(),
    }
    if message.role == Message.Role.USER:
        return {**head, "text": message.text}
    return {**head, "html": stored_html(message)}
