"""What background tasks did of late."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy


class TaskRun(models.Model):
    """One run of a background task, as it ended: how often it did what (`Deed`), or the error that it met.

    Of a run that was killed there is none. `process` is the host and the number of the process.
    """

    class Outcome(models.TextChoices):
        DONE = "done", gettext_lazy("Done")
        RETRIED = "retried", gettext_lazy("Failed, to be tried again")
        FAILED = "failed", gettext_lazy("Failed")

    task = models.CharField(max_length=100)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    did = models.JSONField(default=dict)
    error_class = models.CharField(max_length=200, blank=True)
    error_detail = models.TextField(blank=True)
    process = models.CharField(max_length=200)

    class Meta:
        verbose_name = gettext_lazy("task run")
        verbose_name_plural = gettext_lazy("task runs")
        indexes = [models.Index(fields=["task", "-id"], name="task_run_latest")]

    def __str__(self) -> str:
        return f"{self.task} {self.outcome}"

    @property
    def duration_ms(self) -> int:
        return round((self.finished_at - self.started_at).total_seconds() * 1000)
