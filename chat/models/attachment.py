"""Files that people attach to their messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from convoscope.encrypted_fields import EncryptedTextField

if TYPE_CHECKING:
    from django.db.models.deletion import Collector

    from accounts.models import User

# What is kept beside an image, under its name with one of these behind it
SENT, THUMBNAIL = ".sent", ".thumbnail"


PNG_MARK = b"\x89PNG"


def image_type(head: bytes) -> str:
    """Of what models are given, which is one of two kinds."""
    return "image/png" if head.startswith(PNG_MARK) else "image/jpeg"


def cascade_unread(
    collector: Collector, field: models.Field[Any, Any], sub_objs: models.QuerySet[models.Model], using: str
) -> None:
    """CASCADE for rows that are read before they go, so that their files go too: what documents say isn't read."""
    models.CASCADE(collector, field, sub_objs.defer("text"), using)


# Django would read the rows to see whether there are any.
cascade_unread.lazy_sub_objs = True  # type: ignore[attr-defined]  # like SET_NULL


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user: User) -> Self:
        """Their own: of a message that is there, or waiting in a composer."""
        of_message = models.Q(message__deleted_at=None, message__hidden_at=None, message__conversation__deleted_at=None)
        return self.filter(models.Q(message=None) | of_message, owner=user, share=None)

    def waiting(self) -> Self:
        """Those that weren't sent yet."""
        return self.filter(message=None, share=None)

    def in_order(self) -> Self:
        """Those of one message after the other, each in the order they were sent in."""
        return self.order_by("message", "position")


class Attachment(models.Model):
    """One file that belongs to one message, or to none while it waits in a composer, or to what is shared at a link.

    `file` is its name in the default storage, where an image has two more: what models are given, and what pages show.
    Edits, forks and shares make rows of their own that name the same file: it goes with the last of them. `text` is
    what a document says, `text_tokens` about what that counts. `media_type` was decided by the content; a file that
    was imported without its content has none, and no `file`.
    """

    class Kind(models.TextChoices):
        IMAGE = "image"
        DOCUMENT = "document"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=cascade_unread, related_name="+")
    message = models.ForeignKey("Message", on_delete=cascade_unread, null=True, blank=True, related_name="attachments")
    share = models.ForeignKey("Share", on_delete=cascade_unread, null=True, blank=True, related_name="attachments")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    media_type = models.CharField(max_length=100, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    file = models.CharField(max_length=200, blank=True, db_index=True)
    text = EncryptedTextField(blank=True)
    text_tokens = models.PositiveIntegerField(default=0)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[AttachmentQuerySet] = AttachmentQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = gettext_lazy("attachment")
        verbose_name_plural = gettext_lazy("attachments")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(message=None) | models.Q(share=None), name="attachment_of_one_thing"
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], condition=models.Q(message=None, share=None), name="attachment_waiting"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        return self.kind == self.Kind.IMAGE

    @property
    def has_file(self) -> bool:
        return bool(self.file)

    @property
    def can_be_seen(self) -> bool:
        """Whether models may be given it as an image."""
        return self.is_image and self.has_file


def attachment_part(attachment: Attachment) -> dict[str, str]:
    """What stands for it among a message's parts. Search finds the message by its name."""
    return {"type": "attachment", "id": str(attachment.id), "name": attachment.name}
