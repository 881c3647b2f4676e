"""Conversations: who owns them, what they are called, which path through their tree is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

if TYPE_CHECKING:
    from accounts.models import User


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: User) -> Self:
        """What this person may open: their own, also while in the trash."""
        return self.filter(owner=user)

    def listed(self) -> Self:
        """What the sidebar shows, the latest activity first."""
        return self.filter(trashed_at=None, archived_at=None, is_temporary=False).order_by("-active_at", "-id")

    def archivable(self) -> Self:
        """What an archive of all holds, by id. What is in the trash or temporary is on its way out."""
        return self.filter(trashed_at=None, is_temporary=False).order_by("id")

    def without_made_title(self) -> Self:
        """Those that a model may still name. What is temporary or in the trash, none is asked about."""
        source = Conversation.TitleSource.QUESTION
        return self.filter(title_source=source, trashed_at=None, is_temporary=False)


class Conversation(models.Model):
    """A tree of messages owned by one person.

    `active_leaf` ends the path that is shown. `version` grows with every turn, rename and deletion, so that a page
    can say what it has. `settings` holds only what was set here (`model`, `temperature`, `max_output_tokens`,
    `system_prompt`, `only_this_model`); what is absent is inherited. `resolved_at` is when its owner said that it did
    what it was for.
    """

    class Status(models.TextChoices):
        ACTIVE = "active"
        PAUSED = "paused"
        COMPLETED = "completed"
        EXPIRED = "expired"

    class TitleSource(models.TextChoices):
        QUESTION = "question"
        MODEL = "model"
        PERSON = "person"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200, blank=True)
    title_source = models.CharField(max_length=10, choices=TitleSource.choices, default=TitleSource.QUESTION)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    is_pinned = models.BooleanField(default=False)
    is_temporary = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    trashed_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    active_leaf = models.ForeignKey("Message", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=0)
    settings = models.JSONField(default=dict, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    active_at = models.DateTimeField()

    objects: ClassVar[ConversationQuerySet] = ConversationQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-active_at", "-id"], name="conversation_sidebar"),
            models.Index(
                fields=["resolved_at"],
                condition=models.Q(resolved_at__isnull=False),
                name="conversation_resolved",
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.id)

    def has_unfinished_answer(self) -> bool:
        return self.messages.filter(runs__status__in=["queued", "running"]).exists()
