"""The person. Sign-in is by e-mail address; there is no user name."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.addresses import normal_address
from accounts.models.tier import Tier

# allauth's types of what counts as a second factor; recovery codes stand in for one.
FACTORS = ("totp", "webauthn")


class UserManager(DjangoUserManager["User"]):
    def _create_user(self, email: str, password: str | None, **fields: Any) -> User:
        user = self.model(email=normal_address(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:  # type: ignore[override]  # no user name
        return self._create_user(email, password, **fields)

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:  # type: ignore[override]  # no user name
        return self._create_user(email, password, **(fields | {"is_staff": True, "is_superuser": True}))


class User(AbstractUser):
    """One person with one e-mail address, unique without regard to case.

    `tier` is the person's own, see `tier_in_force`. `theme` and `language` stand here and not with the
    other preferences, because every page needs them and this row is read with every request. The language is that of
    the sign-up until the person chooses: mails and work in the background have no browser to ask.
    `suspension_reason` is what a moderator said who suspended them, `warned_at` when one last warned them of something
    that they haven't acknowledged yet.
    Every page may have to say these two: `has_terms_due`, while a version of the terms waits for the person's consent,
    and `erasure_due_at`, the end of the grace of an erasure that runs; and `declines_review`, that they want no quality
    review, is asked by each turn while an experiment runs.
    """

    Tier = Tier

    class Theme(models.TextChoices):
        SYSTEM = "system", _("Like the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = None  # type: ignore[assignment]  # the e-mail address takes its place
    email = models.EmailField(_("email address"), unique=True)
    tier = models.CharField(_("tier"), max_length=20, choices=Tier.choices, blank=True)
    theme = models.CharField(_("theme"), max_length=10, choices=Theme.choices, default=Theme.SYSTEM)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    declines_review = models.BooleanField(default=False, editable=False)
    has_terms_due = models.BooleanField(default=False, editable=False)
    erasure_due_at = models.DateTimeField(null=True, editable=False)

    suspension_reason = models.TextField(_("reason of the suspension"), blank=True)
    warned_at = models.DateTimeField(_("warned"), null=True, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]

    def __str__(self) -> str:
        return self.email

    @cached_property
    def role_names(self) -> frozenset[str]:
        """As they were when they were first asked for, or when the session's person was read."""
        return frozenset(self.groups.values_list("name", flat=True))

    @cached_property
    def has_second_factor(self) -> bool:
        """As it was when the session's person was read, or when it was first asked for; so also the next."""
        return bool(self.authenticator_set.filter(type__in=FACTORS).exists())  # type: ignore[attr-defined]  # allauth has no types

    @cached_property
    def team_requires_second_factor(self) -> bool:
        return self.teams.filter(requires_second_factor=True).exists()

    @cached_property
    def team_tier(self) -> str:
        """The highest of their teams', as it was when the session's person was read, or when it was first asked for."""
        return Tier.highest(self.teams.values_list("tier", flat=True))

    @property
    def tier_in_force(self) -> str:
        """Whose limits and models they have: their own, else their teams'; blank for the site's own."""
        return self.tier or self.team_tier
