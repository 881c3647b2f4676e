"""Conversations: who owns them, what they are called, which path through their tree is shown."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from convoscope.encrypted_content import unreadable_marked
from convoscope.encrypted_fields import EncryptedTextField

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.models import User
    from chat.models.organising import Tag

# Each list of conversations is read from an index of its own, which holds no others.
_LISTED = models.Q(trashed_at=None, archived_at=None, is_temporary=False)
_ARCHIVED = models.Q(trashed_at=None, archived_at__isnull=False)
_IN_TRASH = models.Q(trashed_at__isnull=False)


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: User) -> Self:
        """What this person may open: their own, also while in the trash, but not what they deleted for good."""
        return self.filter(owner=user, deleted_at=None)

    def listed(self) -> Self:
        """What the sidebar shows, the latest activity first."""
        return self.filter(_LISTED).order_by("-active_at", "-id")

    def archived(self) -> Self:
        return self.filter(_ARCHIVED, is_temporary=False).order_by("-archived_at", "-id")

    def in_trash(self) -> Self:
        return self.filter(_IN_TRASH).order_by("-trashed_at", "-id")

    def below(self, moment: datetime, conversation_id: UUID, *, by: str = "active_at") -> Self:
        """Those after this place of a list that is ordered by this moment, newest first."""
        # Said so, the place is where the index is entered; an OR would have it read from its beginning.
        return self.filter(**{f"{by}__lte": moment}).exclude(**{by: moment, "id__gte": conversation_id})

    def searchable(self) -> Self:
        """What a search may find: also what is archived, never what is in the trash or was meant to leave nothing."""
        return self.filter(trashed_at=None, is_temporary=False)

    def archivable(self) -> Self:
        """What an archive of all holds, by id. What is in the trash or temporary is on its way out."""
        return self.filter(trashed_at=None, is_temporary=False).order_by("id")

    def without_made_title(self) -> Self:
        """Those that a model may still name. What is temporary or in the trash, none is asked about."""
        source = Conversation.TitleSource.QUESTION
        return self.filter(title_source=source, trashed_at=None, is_temporary=False)


class Conversation(models.Model):
    """A tree of messages owned by one person.

    `active_leaf` ends the path that is shown. `version` grows with every turn, rename and deletion, so that a page can
    say what it has. `settings` holds only what was set here (`model`, `temperature`, `max_output_tokens`,
    `system_prompt`, `only_this_model`; of a temporary one `tells_of_person`, which is off otherwise); what is absent is
    inherited. `resolved_at` is when its owner said that it did
    what it was for: completed it is until it is reopened, or has expired. `expiry_announced_at` is when its owner was
    told that its messages go. `memory` is how it remembers, inherited where it is blank. `summary` is of what was said
    up to `summary_leaf`; it holds while that is on the path. `is_health` says that it holds health data, which is kept
    for a shorter time. `topics` are labels of what it is about, one a line.
    A moderator locked it at `locked_at`: it is read, exported and deleted, and nothing is added to it. `looked_at` is
    when one last took leave to read it without a flag.
    One with `deleted_at` was deleted for good, and its rows go as soon as nobody works on its answers; where that is
    yet to come, it is a copy that isn't whole.
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

    class Memory(models.TextChoices):
        HYBRID = "hybrid", gettext_lazy("A summary, and entities")
        SUMMARY = "summary", gettext_lazy("A summary")
        ENTITY = "entity", gettext_lazy("Entities")
        GRAPH = "graph", gettext_lazy("Entities, those asked about and their neighbours first")
        BUFFER = "buffer", gettext_lazy("Nothing")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200, blank=True)
    title_source = models.CharField(max_length=10, choices=TitleSource.choices, default=TitleSource.QUESTION)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    is_pinned = models.BooleanField(default=False)
    is_temporary = models.BooleanField(default=False)
    is_health = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    trashed_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True, editable=False)
    looked_at = models.DateTimeField(null=True, blank=True, editable=False)
    resolved_at = models.DateTimeField(null=True, blank=True)
    expiry_announced_at = models.DateTimeField(null=True, blank=True)
    folder = models.ForeignKey("Folder", on_delete=models.SET_NULL, null=True, blank=True, related_name="conversations")
    tags: models.ManyToManyField[Tag, Any] = models.ManyToManyField("Tag", blank=True, related_name="conversations")
    active_leaf = models.ForeignKey("Message", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    memory = models.CharField(max_length=10, choices=Memory.choices, blank=True)
    summary = EncryptedTextField(blank=True)
    summary_leaf = models.ForeignKey("Message", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    topics = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=0)
    settings = models.JSONField(default=dict, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    active_at = models.DateTimeField()

    objects: ClassVar[ConversationQuerySet] = ConversationQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = gettext_lazy("conversation")
        verbose_name_plural = gettext_lazy("conversations")
        indexes = [
            models.Index(fields=["owner", "-active_at", "-id"], condition=_LISTED, name="conversation_sidebar"),
            models.Index(
                fields=["owner", "-active_at", "-id"],
                condition=_LISTED & models.Q(is_pinned=True),
                name="conversation_pinned",
            ),
            models.Index(
                fields=["folder", "-active_at", "-id"],
                condition=_LISTED & models.Q(folder__isnull=False),
                name="conversation_in_folder",
            ),
            models.Index(fields=["owner", "-archived_at", "-id"], condition=_ARCHIVED, name="conversation_archive"),
            models.Index(fields=["owner", "-trashed_at", "-id"], condition=_IN_TRASH, name="conversation_trash"),
            # What the purge looks for, of everybody.
            models.Index(fields=["trashed_at"], condition=_IN_TRASH, name="conversation_trashed_at"),
            models.Index(
                fields=["deleted_at"], condition=models.Q(deleted_at__isnull=False), name="conversation_deleted"
            ),
            models.Index(fields=["active_at"], condition=models.Q(is_temporary=True), name="conversation_temporary"),
            models.Index(
                fields=["resolved_at"],
                condition=models.Q(resolved_at__isnull=False),
                name="conversation_resolved",
            ),
            # What is soon paused, and what may expire, of everybody.
            models.Index(fields=["active_at"], condition=models.Q(status="active"), name="conversation_active"),
            models.Index(fields=["resolved_at"], condition=models.Q(status="completed"), name="conversation_completed"),
            models.Index(fields=["active_at"], condition=models.Q(is_health=True), name="conversation_health"),
        ]

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Also where nobody can read its summary."""
        with unreadable_marked():
            super().refresh_from_db(*args, **kwargs)

    def __str__(self) -> str:
        """Without the title: the admin names it so to who may not read what it says."""
        return str(self.id)

    @property
    def expires_at(self) -> datetime | None:
        """When its messages are deleted; None unless that was announced. Who was told has the whole time of notice."""
        from chat.retention import over_at  # it reads conversations

        if self.expiry_announced_at is None or (moment := over_at(self)) is None:
            return None
        return max(moment, self.expiry_announced_at + timedelta(days=settings.EXPIRY_NOTICE_DAYS))

    @property
    def ends_at(self) -> datetime | None:
        """When its messages are deleted if nobody goes on with it, announced or not."""
        from chat.retention import over_at  # it reads conversations

        return over_at(self)

    @property
    def topic_list(self) -> list[str]:
        return self.topics.splitlines()

    @property
    def lock_reason(self) -> str:
        """What the moderator said who locked it."""
        if self.locked_at is None:
            return ""
        locks = self.moderation_actions.filter(kind="lock_conversation", undone_by=None)
        return locks.order_by("-id").values_list("reason", flat=True).first() or ""

    @property
    def told_look_at(self) -> datetime | None:
        """When a moderator last read it without a flag, as far as its owner is told."""
        return self.looked_at if settings.MODERATION_TELLS_OWNERS else None

    def has_unfinished_answer(self) -> bool:
        return self.messages.filter(runs__status__in=["queued", "running"]).exists()
