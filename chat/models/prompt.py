"""Prompts: texts that people keep to use again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from accounts.models import Membership

if TYPE_CHECKING:
    from accounts.models import User


class PromptQuerySet(models.QuerySet["Prompt"]):
    def present(self) -> Self:
        """Without those that were deleted and may still be brought back."""
        return self.filter(deleted_at=None)

    def visible_to(self, user: User) -> Self:
        """What this person may use: their own, what administrators share with everybody, what members of their teams
        share with these. Who is no administrator, or no member, any more shares nothing."""
        own = Prompt.objects.filter(owner=user).values("id")
        shared = Prompt.objects.filter(is_shared=True, owner__is_superuser=True).values("id")
        teams = Membership.objects.filter(user=user).values("team")
        of_teams = Prompt.objects.filter(team__in=teams, team__memberships__user=F("owner")).values("id")
        # With an "or" SQLite reads every person there is, 85 ms for 10,000 of them instead of one.
        return self.present().filter(id__in=own.union(shared, of_teams))

    def matching(self, words: str) -> Self:
        # SQLite's own "contains" knows the capitals of ASCII alone: it would find no “Đề xuất” by “đề”.
        return self.filter(Q(name__contains=words.lower()) | Q(title__iregex=re.escape(words)))

    def nearest_to(self, user: User, *, begun: str) -> Self:
        """Whose name begins so first; of those the person's own, what they used last first; then by name."""
        begins_so = models.Case(models.When(name__startswith=begun, then=0), default=1)
        is_others = models.Case(models.When(owner=user, then=0), default=1)
        return self.order_by(begins_so, is_others, F("used_at").desc(nulls_last=True), "name", "id")


class Prompt(models.Model):
    """A text that its owner calls by `/name`, with places to be filled in. It may be shared with everybody, or with the
    members of a `team`.

    `name` is in lower case, and the owner's only one of that name. `is_starter` puts it on the empty page. `used_at` is
    when its owner used it last. What has a `deleted_at` is gone, unless that is undone before the next purge.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="prompts")
    name = models.CharField(max_length=50)
    title = models.CharField(max_length=100)
    description = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    is_shared = models.BooleanField(default=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.SET_NULL, null=True, blank=True, related_name="prompts")
    is_starter = models.BooleanField(default=False)
    used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[PromptQuerySet] = PromptQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = gettext_lazy("prompt")
        verbose_name_plural = gettext_lazy("prompts")
        indexes = [
            models.Index(fields=["name", "id"], condition=Q(is_shared=True), name="prompt_shared"),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="prompt_deleted"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], condition=Q(deleted_at=None), name="prompt_name_unique"),
            models.CheckConstraint(condition=Q(is_shared=False) | Q(team=None), name="prompt_shared_once"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(title="") & ~Q(text=""), name="prompt_not_empty"),
        ]

    def __str__(self) -> str:
        return self.title
