"""What people agreed to, asked to have erased, and what administrators keep of both."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

if TYPE_CHECKING:
    from uuid import UUID

# By law an authority is told of a breach within so many hours of its being known (GDPR, article 33).
BREACH_HOURS = 72


class Terms(models.Model):
    """One version of the site's terms. The latest holds; a version is never changed, since people agreed to it."""

    version = models.PositiveIntegerField(_("version"), unique=True, editable=False)
    text = models.TextField(_("text"), help_text=_("Plain text; an empty line begins a paragraph."))
    published_at = models.DateTimeField(_("published"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("version of the terms")
        verbose_name_plural = _("terms")
        ordering = ["-version"]

    def __str__(self) -> str:
        return f"{self.version}"


class ConsentQuerySet(models.QuerySet["Consent"]):
    def of(self, user_id: UUID) -> Self:
        return self.filter(user=user_id).order_by("-at", "-id")


class Consent(models.Model):
    """One decision of one person: that they agreed to a purpose, or don't. The latest of each purpose holds; those
    before it are its history. `version` is that of the terms, or of the words that an optional use was described by.
    `about` is the conversation that a decision on health data is about, blank for all others."""

    class Purpose(models.TextChoices):
        TERMS = "terms", _("Terms")
        QUALITY_REVIEW = "quality_review", _("Quality review")
        ANALYTICS = "analytics", _("Analytics")
        HEALTH = "health", _("Health data")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices)
    version = models.PositiveIntegerField(_("version"))
    is_given = models.BooleanField(_("given"))
    about = models.UUIDField(null=True, blank=True)
    at = models.DateTimeField(_("time"), default=timezone.now)

    objects: ClassVar[ConsentQuerySet] = ConsentQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = [models.Index(fields=["user", "purpose", "-at"], name="consent_latest")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.version}: {self.is_given}"


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    def standing(self) -> Self:
        return self.filter(released_at=None)


class LegalHold(models.Model):
    """That nothing of a person's may be deleted by the clock, or erased, until it is released. An administrator's
    decision, with its reason."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="legal_holds", verbose_name=_("person")
    )
    reason = models.CharField(_("reason"), max_length=500)
    placed_at = models.DateTimeField(_("placed"), default=timezone.now, editable=False)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    released_at = models.DateTimeField(_("released"), null=True, editable=False)

    objects: ClassVar[LegalHoldQuerySet] = LegalHoldQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(released_at=None), name="legal_hold_one_standing"),
        ]

    def __str__(self) -> str:
        return f"hold {self.pk}"


class InactivityNotice(models.Model):
    """That a person who hasn't signed in for long was told that their account will be erased: once, then once more.
    It goes as soon as they come back."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="inactivity_notice"
    )
    first_at = models.DateTimeField(default=timezone.now)
    second_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"notice since {self.first_at:%Y-%m-%d}"


class ErasureQuerySet(models.QuerySet["ErasureRequest"]):
    def standing(self) -> Self:
        """Those that wait for their day; they can be taken back."""
        return self.filter(status=ErasureRequest.Status.WAITING)

    def unheld(self) -> Self:
        return self.exclude(user__in=LegalHold.objects.standing().values("user"))

    def takeable(self, now: datetime) -> Self:
        """Those whose day has come, those to be tried again, and those of a process that is gone."""
        status = ErasureRequest.Status
        is_free = Q(alive_at=None) | Q(alive_at__lt=now - LOST_AFTER)
        return self.filter(is_free, status__in=(status.WAITING, status.RUNNING), due_at__lte=now).unheld()


# Longer than one piece of the work may take.
LOST_AFTER = timedelta(minutes=15)


class ErasureRequest(models.Model):
    """That a person's account and all that is theirs is to be erased, and afterwards the receipt of that.

    `due_at` is when the grace ends; of one that failed, when it is tried again. `user`, `address` and `language` are
    empty as soon as they aren't needed any more: what stays is the `pseudonym` by which the audit log knew the person.
    `attempt` grows with every process that takes it up; `alive_at` is when the latest did, None while none is.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting for its day")
        RUNNING = "running", _("Being erased")
        DONE = "done", _("Erased")
        CANCELLED = "cancelled", _("Taken back")

    class Reason(models.TextChoices):
        ASKED = "asked", _("Asked for by the person")
        INACTIVE = "inactive", _("Not signed in for long")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    pseudonym = models.UUIDField(_("pseudonym"))
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices, default=Reason.ASKED)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.WAITING)
    address = models.EmailField(blank=True)
    language = models.CharField(max_length=10, blank=True)
    requested_at = models.DateTimeField(_("requested"), default=timezone.now)
    due_at = models.DateTimeField(_("due"))
    attempt = models.PositiveIntegerField(_("attempts"), default=0)
    alive_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects: ClassVar[ErasureQuerySet] = ErasureQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = _("erasure request")
        verbose_name_plural = _("erasure requests")
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(status__in=["waiting", "running"]), name="erasure_one_unfinished"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(status__in=["waiting", "running"]), name="erasure_due"),
        ]

    def __str__(self) -> str:
        return f"erasure of {self.pseudonym}"

    @property
    def is_held(self) -> bool:
        """By a legal hold on the person."""
        return self.user_id is not None and LegalHold.objects.standing().filter(user=self.user_id).exists()


class ErasureStep(models.Model):
    """What was done in one system for one erasure. `rows` are the numbers of rows that were found before it began, by
    the keys of the register; `error` is the class of the last failure, blank once it is done."""

    request = models.ForeignKey(ErasureRequest, on_delete=models.CASCADE, related_name="steps")
    system = models.CharField(max_length=30)
    rows = models.JSONField(default=dict)
    failures = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    failed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["request", "system"], name="erasure_step_once")]

    def __str__(self) -> str:
        return self.system


class BreachQuerySet(models.QuerySet["Breach"]):
    def open(self) -> Self:
        """Those whose clock runs: nobody has told the authority yet, or decided that nobody need be told."""
        return self.filter(settled_at=None)


class Breach(models.Model):
    """One breach of personal data, as the law has it recorded. Its clock runs from `known_at` until it is settled;
    `reminded_h` is the hour of the last reminder."""

    title = models.CharField(_("title"), max_length=200)
    happened = models.TextField(_("what happened"))
    affected = models.TextField(_("who and what is affected"), blank=True)
    measures = models.TextField(_("what was done"), blank=True)
    known_at = models.DateTimeField(_("known since"), default=timezone.now)
    settled_at = models.DateTimeField(
        _("settled"),
        null=True,
        blank=True,
        help_text=_("When the authority was told, or it was decided that nobody need be told. Stops the clock."),
    )
    decision = models.TextField(_("what was decided, and why"), blank=True)
    reminded_h = models.PositiveSmallIntegerField(default=0, editable=False)

    objects: ClassVar[BreachQuerySet] = BreachQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = _("breach of personal data")
        verbose_name_plural = _("breaches of personal data")
        ordering = ["-known_at"]

    def __str__(self) -> str:
        return self.title

    @property
    def ends_at(self) -> datetime:
        return self.known_at + timedelta(hours=BREACH_HOURS)
