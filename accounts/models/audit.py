"""The audit log: who did what, on what, when, from where and why. Rows are only added."""

from __future__ import annotations

from typing import Any, NoReturn
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class NotAppended(Exception):
    """A row of the audit log was to be changed or deleted. Seen by the developer who tried."""


class Pseudonym(models.Model):
    """What a person is called in the audit log. It goes with the person: from then on the log names nobody."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="pseudonym")

    class Meta:
        verbose_name = _("pseudonym")
        verbose_name_plural = _("pseudonyms")

    def __str__(self) -> str:
        return str(self.id)


class AuditEntry(models.Model):
    """One thing that was done. `number` has no gaps. `actor` and `subject`, whom it concerned, are pseudonyms, which no
    foreign key ties to a person; no actor is the app itself. `details` are facts by name, without anybody's text.
    `hash` is that of this row and the one before it, see `accounts/audit/chain.py`; `key_id` tells with which secret.
    """

    number = models.PositiveBigIntegerField(_("number"), primary_key=True)
    at = models.DateTimeField(_("time"))
    action = models.CharField(_("action"), max_length=60)
    actor = models.UUIDField(_("by"), null=True)
    subject = models.UUIDField(_("concerns"), null=True)
    object_type = models.CharField(_("kind of object"), max_length=60, blank=True)
    object_id = models.CharField(_("object"), max_length=64, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    details = models.JSONField(_("details"), default=dict)
    key_id = models.CharField(max_length=16)
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ["-number"]
        indexes = [
            models.Index(fields=["action", "-number"], name="audit_by_action"),
            models.Index(fields=["actor", "-number"], name="audit_by_actor"),
            models.Index(fields=["subject", "-number"], name="audit_by_subject"),
            models.Index(fields=["object_type", "object_id", "-number"], name="audit_by_object"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise NotAppended("an entry of the audit log can't be changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotAppended("an entry of the audit log can't be deleted")


class AuditOrigin(models.Model):
    """From where what an entry tells was asked for. It stands outside the chain, and goes with the person; who isn't
    known has no pseudonym."""

    entry = models.OneToOneField(AuditEntry, on_delete=models.CASCADE, primary_key=True, related_name="origin")
    pseudonym = models.ForeignKey(Pseudonym, on_delete=models.CASCADE, null=True, related_name="origins")
    address = models.CharField(_("network address"), max_length=45)
    browser = models.CharField(_("browser"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("origin")

    def __str__(self) -> str:
        return self.address


class AuditHead(models.Model):
    """The chain's two ends, a single row: the last entry, so that it shows when the newest are gone, and the last of
    those that were kept long enough and deleted. Who appends holds it to the end of their transaction. `seal` is made
    of the ends with a key of the site."""

    last_number = models.PositiveBigIntegerField(default=0)
    last_hash = models.CharField(max_length=64, blank=True)
    deleted_number = models.PositiveBigIntegerField(default=0)
    deleted_hash = models.CharField(max_length=64, blank=True)
    seal = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="audit_head_once")]

    def __str__(self) -> str:
        return f"{self.deleted_number + 1} to {self.last_number}"
