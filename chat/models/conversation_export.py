"""Archives of all that a person has in conversations, or of everything, and the work of making them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

if TYPE_CHECKING:
    from accounts.models import User

# Who works on one says at least each second that they do; a store far away may take the finished file for longer.
LOST_AFTER = timedelta(minutes=5)


class ConversationExportQuerySet(models.QuerySet["ConversationExport"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(owner=user)

    def unfinished(self) -> Self:
        return self.filter(status__in=ConversationExport.UNFINISHED)

    def takeable(self) -> Self:
        """Those that wait, and those that were begun by a process that is gone."""
        status = ConversationExport.Status
        is_lost = models.Q(status=status.RUNNING, alive_at__lt=timezone.now() - LOST_AFTER)
        return self.filter(models.Q(status=status.QUEUED) | is_lost)


class ConversationExport(models.Model):
    """One archive that a person asked for: made in the background, kept until `expires_at`.

    `done` of `total` conversations are in it. `attempt` grows with every process that takes it up, and whoever has an
    older one may write nothing more; `alive_at` is when the latest said that it is at work. `file` is the name in the
    default storage under which that attempt saves it: nobody can guess it, and no public address leads there.
    """

    class Format(models.TextChoices):
        JSON = "json", _("JSON, which can be read in again")
        MARKDOWN = "markdown", _("JSON, and Markdown to read")
        EVERYTHING = "everything", _("Everything that is kept of you")

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"

    UNFINISHED = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    format = models.CharField(max_length=10, choices=Format.choices, default=Format.JSON)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=0)
    file = models.CharField(max_length=200, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    error = models.TextField(blank=True)
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    alive_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ConversationExportQuerySet] = ConversationExportQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        constraints = [
            models.UniqueConstraint(
                fields=["owner"],
                condition=models.Q(status__in=["queued", "running"]),
                name="export_one_unfinished_per_person",
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.id} ({self.status})"

    @property
    def is_unfinished(self) -> bool:
        return self.status in self.UNFINISHED
