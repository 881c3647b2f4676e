"""The ledger rolled up by day, for reports: sums of lines, which can be made anew from them at any time.

The same sums stand in three tables: by everything a line says, and twice by less, so that a report over months reads
thousands of rows and not hundreds of thousands.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy


class RolledDay(models.Model):
    """A closed day (UTC) that is rolled up, with the number of ledger lines it was made of.

    Lines are only ever added, so a day is up to date exactly while it has as many lines as that. A row, once made, is
    never deleted: reports that read it may go on to read the day's sums.
    """

    day = models.DateField(primary_key=True)
    lines = models.PositiveIntegerField(default=0)
    rolled_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = gettext_lazy("rolled-up day")
        verbose_name_plural = gettext_lazy("rolled-up days")

    def __str__(self) -> str:
        return f"{self.day}: {self.lines} lines"


class DaySums(models.Model):
    """Sums over one day's (UTC) ledger lines.

    `calls` counts the lines, and `requests` those of them that are a completion's first call, so that a retry makes no
    second request. `unpriced_calls` have no known price: `cost_nanousd` is what the others cost. `timed_calls` are
    those to providers that began to answer, and `first_token_ms` how long they all took to.
    """

    day = models.DateField()
    calls = models.PositiveBigIntegerField(default=0)
    requests = models.PositiveBigIntegerField(default=0)
    unpriced_calls = models.PositiveBigIntegerField(default=0)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cached_tokens = models.PositiveBigIntegerField(default=0)
    reasoning_tokens = models.PositiveBigIntegerField(default=0)
    cache_write_tokens = models.PositiveBigIntegerField(default=0)
    cost_nanousd = models.BigIntegerField(default=0)
    saved_nanousd = models.BigIntegerField(default=0)
    timed_calls = models.PositiveBigIntegerField(default=0)
    first_token_ms = models.PositiveBigIntegerField(default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.day}: {self.calls} calls"


class PayerSums(DaySums):
    """Sums by who paid. After a person was deleted several rows may say the same: each lost its user by itself."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    team = models.ForeignKey(
        "accounts.Team", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        abstract = True


class CallSums(DaySums):
    """Sums by what was called, what for, and how it ended."""

    feature = models.CharField(max_length=12)
    source = models.CharField(max_length=10)
    endpoint = models.CharField(max_length=50)
    model = models.CharField(max_length=200)
    outcome = models.CharField(max_length=10)

    class Meta:
        abstract = True


class UsageDay(PayerSums, CallSums):
    """One day's lines with the same user, team, feature, source, endpoint, model and outcome."""

    class Meta:
        verbose_name = gettext_lazy("usage of a day")
        verbose_name_plural = gettext_lazy("usage by day")
        indexes = [
            models.Index(fields=["day"], name="usage_day_by_day"),
            # Deleting a person takes them out of their rows.
            models.Index(fields=["user", "day"], name="usage_day_by_user"),
        ]


class UsageDayByPayer(PayerSums):
    """One day's lines with the same user and team."""

    class Meta:
        verbose_name = gettext_lazy("usage of a day by payer")
        verbose_name_plural = gettext_lazy("usage by day and payer")
        indexes = [
            models.Index(fields=["day"], name="usage_day_payer_by_day"),
            models.Index(fields=["user", "day"], name="usage_day_payer_by_user"),
        ]


class UsageDayByCall(CallSums):
    """One day's lines with the same feature, source, endpoint, model and outcome."""

    class Meta:
        verbose_name = gettext_lazy("usage of a day by call")
        verbose_name_plural = gettext_lazy("usage by day and call")
        indexes = [models.Index(fields=["day"], name="usage_day_call_by_day")]
