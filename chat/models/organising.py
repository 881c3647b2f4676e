"""What people sort conversations by: folders, one for each conversation, and tags, any number."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

if TYPE_CHECKING:
    from accounts.models import User


class Label(models.Model):
    """A name that its owner gave once. `key` is the name without regard to case, in every script alike, which the
    databases' own LOWER is not."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="%(class)ss")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class FolderQuerySet(models.QuerySet["Folder"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(owner=user, deleted_at=None).order_by("key")


class Folder(Label):
    """A folder of one person's conversations. One that was deleted keeps them until it can no longer be brought back,
    and is shown nowhere meanwhile."""

    name = models.CharField(max_length=100)
    # The longest that folding makes of a character is three.
    key = models.CharField(max_length=300)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[FolderQuerySet] = FolderQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = gettext_lazy("folder")
        verbose_name_plural = gettext_lazy("folders")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "key"],
                condition=models.Q(deleted_at=None),
                name="folder_name_once_per_owner",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="folder_has_a_name"),
        ]
        indexes = [
            models.Index(fields=["deleted_at"], condition=models.Q(deleted_at__isnull=False), name="folder_deleted"),
        ]

    def __str__(self) -> str:
        return self.name


class TagQuerySet(models.QuerySet["Tag"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(owner=user).order_by("key")


class Tag(Label):
    """A word that one person puts on conversations. It goes with the last conversation that has it."""

    name = models.CharField(max_length=50)
    key = models.CharField(max_length=150)

    objects: ClassVar[TagQuerySet] = TagQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = gettext_lazy("tag")
        verbose_name_plural = gettext_lazy("tags")
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="tag_name_once_per_owner"),
            models.CheckConstraint(condition=~models.Q(name=""), name="tag_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
