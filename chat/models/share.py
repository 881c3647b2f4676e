"""Shares: conversations as they were, at links for whoever has them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from convoscope.encrypted_fields import EncryptedJSONField

if TYPE_CHECKING:
    from accounts.models import User

TOKEN_BYTES = 24


def make_token() -> str:
    """192 bits, as 32 characters of a URL."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class ShareQuerySet(models.QuerySet["Share"]):
    def visible_to(self, user: User) -> Self:
        """Those that the person may list and revoke: their own."""
        return self.filter(owner=user)

    def standing(self) -> Self:
        """Those that weren't revoked; some of them may have expired."""
        return self.filter(revoked_at=None)

    def known(self) -> Self:
        """Those whose page opens, or says that it has expired. What is in the trash or locked has none, nor what a
        suspended person shared."""
        return self.standing().filter(
            conversation__trashed_at=None, conversation__locked_at=None, owner__is_active=True
        )


class Share(models.Model):
    """A path of a conversation as it was when it was shared, at a link.

    `snapshot` is a list of objects with `role`, `model`, `created_at`, and `text` of a question or sanitised `html` of
    an answer, and `files` where some were attached, whose images are the share's own attachments: what the
    conversation becomes later, the link doesn't show. A revoked share has lost both, and so has one that expired a
    while ago. The token is stored as it is, since its owner is shown the link again: who reads it here reads the
    snapshot beside it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="shares")
    token = models.CharField(max_length=43, unique=True, default=make_token, editable=False)
    title = models.CharField(max_length=200, blank=True)
    snapshot = EncryptedJSONField(default=list)
    message_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ShareQuerySet] = ShareQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = gettext_lazy("share")
        verbose_name_plural = gettext_lazy("shares")
        indexes = [models.Index(fields=["owner", "-id"], name="share_of_owner")]

    def __str__(self) -> str:
        """Without the title: the admin names it so to who may not read what it says."""
        return str(self.id)

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()
