"""Invitations to sign up."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.models.role import Role
from accounts.models.team import Team
from accounts.models.user import User


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def still_open(self) -> InvitationQuerySet:
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=timezone.now())


class Invitation(models.Model):
    """One person may sign up with one address, and has this role, tier and these teams from then on. What its link
    holds is never stored: `hash` is its SHA-256. `mailed_at` tells that the link went to the address and nowhere else,
    so that whoever follows it can read mail there.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    address = models.EmailField(_("email address"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.USER)
    tier = models.CharField(_("tier"), max_length=20, choices=User.Tier.choices, blank=True)
    teams = models.ManyToManyField(Team, verbose_name=_("teams"), blank=True, related_name="invitations")
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="invitations_made"
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    hash = models.CharField(max_length=64)
    mailed_at = models.DateTimeField(_("mailed"), null=True)
    used_at = models.DateTimeField(_("used"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [models.UniqueConstraint(fields=["hash"], name="invitation_hash_unique")]

    def __str__(self) -> str:
        return self.address

    @property
    def state(self) -> str:
        if self.used_at:
            return gettext("used")
        if self.revoked_at:
            return gettext("revoked")
        return gettext("open") if self.expires_at > timezone.now() else gettext("expired")
