"""Runs: the work that produces answers, who holds it, and what is saved of it while it streams."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from convoscope.encrypted_fields import EncryptedJSONField, EncryptedTextField


class RunQuerySet(models.QuerySet["Run"]):
    def unfinished(self) -> Self:
        return self.filter(status__in=Run.UNFINISHED)

    def claimable(self) -> Self:
        """Queued runs, and running ones whose lease ran out, by the database's clock."""
        return self.unfinished().filter(models.Q(lease_expires_at=None) | models.Q(lease_expires_at__lt=Now()))


class Run(models.Model):
    """The work that produces, or continues, one assistant message. Its id is the gateway's `request_id`.

    A process holds it by `lease_owner` until `lease_expires_at`; `fence` grows with every claim, and whoever has an
    older one may write nothing more. `settings` are the effective ones, frozen at submit, with `must_be_free` where no
    budget had room for anything else. `timings` are milliseconds from the last claim: `<stage>_ms` the end of each
    stage, `first_token_ms`, `trace` the tokens in each 100 ms, and `marks` a list of objects with `at_ms`, `kind` and
    `label`. With them stand that claim's tokens: `tokens` as they were counted while it streamed, `output_tokens` as
    they were booked. `context` is the budget report of what the model was given (`chat/context/report.py`).
    `understanding` is what the question was taken for: `intent`, `decided_by` (rules, guess or model), and where it was
    ambiguous `doubt` and, if the answer is one, the clarifying question under `asked_back`.
    """

    class Kind(models.TextChoices):
        ANSWER = "answer"
        RETRY = "retry"
        CONTINUE = "continue"

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        COMPLETE = "complete"
        STOPPED = "stopped"
        FAILED = "failed"

    UNFINISHED = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey("Message", on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.ANSWER)
    settings = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    phase = models.CharField(max_length=200, blank=True)
    lease_owner = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0)
    recoveries = models.PositiveSmallIntegerField(default=0)
    stop_requested_at = models.DateTimeField(null=True, blank=True)
    timings = models.JSONField(default=dict, blank=True)
    context = models.JSONField(default=dict, blank=True)
    understanding = EncryptedJSONField(default=dict, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[RunQuerySet] = RunQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = gettext_lazy("run")
        verbose_name_plural = gettext_lazy("runs")
        constraints = [
            models.UniqueConstraint(
                fields=["message"],
                condition=models.Q(status__in=["queued", "running"]),
                name="run_one_unfinished_per_message",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lease_expires_at"],
                condition=models.Q(status__in=["queued", "running"]),
                name="run_unfinished_by_lease",
            ),
            # The list of failures looks at the newest.
            models.Index(fields=["-finished_at"], condition=models.Q(status="failed"), name="run_failed"),
        ]

    def __str__(self) -> str:
        return f"run {self.id} ({self.status}, fence {self.fence})"

    @property
    def is_unfinished(self) -> bool:
        return self.status in self.UNFINISHED


class Checkpoint(models.Model):
    """A piece of a run's text, saved about once a second while it streams and folded into the message at its end.

    One of the kind ANEW has no text: the reasoning that its claim saved before it was a failed call's, and is void.
    """

    class Kind(models.TextChoices):
        TEXT = "text"
        REASONING = "reasoning"
        ANEW = "anew"

    run = models.ForeignKey("Run", on_delete=models.CASCADE, related_name="checkpoints")
    fence = models.PositiveIntegerField()
    n = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.TEXT)
    text_delta = EncryptedTextField()

    class Meta:
        verbose_name = gettext_lazy("checkpoint")
        verbose_name_plural = gettext_lazy("checkpoints")
        constraints = [models.UniqueConstraint(fields=["run", "fence", "n"], name="checkpoint_once")]

    def __str__(self) -> str:
        return f"checkpoint {self.n} of {self.run_id}"
