"""Files of conversations that people bring, and where each imported conversation came from."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

if TYPE_CHECKING:
    from accounts.models import User

# Who works on one says at least each second that they do; a single large conversation may take longer.
LOST_AFTER = timedelta(minutes=5)


class ConversationImportQuerySet(models.QuerySet["ConversationImport"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(owner=user)

    def in_work(self) -> Self:
        """Those that a task is to work on, or does."""
        return self.filter(status__in=ConversationImport.IN_WORK)

    def takeable(self) -> Self:
        """Those that wait for a task, and those that were begun by a process that is gone."""
        is_free = models.Q(alive_at=None) | models.Q(alive_at__lt=timezone.now() - LOST_AFTER)
        return self.in_work().filter(is_free)


class ConversationImport(models.Model):
    """One file that a person brought: first looked through, then, once they say so, imported.

    `file` is its name in the default storage, which nobody can guess; it is empty as soon as the file isn't needed any
    more. `done` of `total` are bytes while it is looked through, then conversations. `attempt` grows with every process
    that takes it up, and whoever has an older one may write nothing more; `alive_at` is when the latest said that it is
    at work, None while none is. `report` is a `chat.imports.report.Report`.
    """

    class Status(models.TextChoices):
        UPLOADED = "uploaded"
        PREVIEWED = "previewed"
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"

    IN_WORK = (Status.UPLOADED, Status.RUNNING)
    OPEN = (Status.UPLOADED, Status.PREVIEWED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    file = models.CharField(max_length=200, blank=True)
    size_bytes = models.PositiveBigIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.UPLOADED)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=0)
    report = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    alive_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()

    objects: ClassVar[ConversationImportQuerySet] = ConversationImportQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = gettext_lazy("import")
        verbose_name_plural = gettext_lazy("imports")
        constraints = [
            models.UniqueConstraint(
                fields=["owner"],
                condition=models.Q(status__in=["uploaded", "previewed", "running"]),
                name="import_one_open_per_person",
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.id} ({self.status})"

    @property
    def is_in_work(self) -> bool:
        return self.status in self.IN_WORK

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN


class ImportedSource(models.Model):
    """That a conversation is the copy of one of another place, so that it is imported once. `brought_by` is the import
    that made it: begun again, it knows its own from what was there before."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    product = models.CharField(max_length=20)
    source_id = models.CharField(max_length=200)
    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="sources")
    brought_by = models.ForeignKey(ConversationImport, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = gettext_lazy("imported conversation")
        verbose_name_plural = gettext_lazy("imported conversations")
        constraints = [
            models.UniqueConstraint(fields=["owner", "product", "source_id"], name="imported_source_once_per_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.source_id}"
