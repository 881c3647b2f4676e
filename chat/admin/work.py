"""Runs, what is saved of them while they stream, and what background tasks did."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.large_tables import LargeTableAdmin, TimeRangeFilter
from accounts.admin.read_only import ReadOnlyAdmin
from chat.admin.conversations import counted
from chat.models import Checkpoint, Run, TaskRun
from providers.models import Attempt

# What the list says of a run. Its message holds long texts.
READ = (
    "message__conversation",
    "kind",
    "status",
    "phase",
    "recoveries",
    "error_code",
    "created_at",
    "started_at",
    "finished_at",
)


@admin.register(Run)
class RunAdmin(LargeTableAdmin):
    list_display = ("created_at", "conversation", "kind", "status", "seconds", "attempt_count", "error_code")
    list_filter = (TimeRangeFilter, "status", "kind")
    search_help_text = _("The id of a run, a message or a conversation")
    id_fields = ("pk", "message", "message__conversation")
    fields = (
        "conversation",
        "kind",
        "status",
        "phase",
        "attempt_count",
        "model_asked",
        "timings",
        "recoveries",
        "error_code",
        "error_message",
        "created_at",
        "started_at",
        "finished_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Counted for the rows of the page only.
        attempts = Attempt.objects.filter(request_id=OuterRef("pk"))
        runs: QuerySet[Any] = super().get_queryset(request).select_related("message").only(*READ)
        annotated: QuerySet[Any] = runs.annotate(
            attempts_counted=counted(attempts, "request_id"), duration=F("finished_at") - F("started_at")
        )
        return annotated

    @admin.display(description=_("conversation"))
    def conversation(self, run: Run) -> SafeString:
        of = run.message.conversation_id
        return format_html('<a href="{}">{}</a>', reverse("admin:chat_conversation_change", args=[of]), of)

    @admin.display(description=_("seconds"))
    def seconds(self, run: Any) -> str:
        return "" if run.duration is None else f"{run.duration.total_seconds():.1f}"

    @admin.display(description=_("calls to providers"))
    def attempt_count(self, run: Any) -> SafeString:
        count = run.attempts_counted
        address = reverse("admin:providers_attempt_changelist")
        label = ngettext("%(count)d call", "%(count)d calls", count) % {"count": count}
        return format_html('<a href="{}?request_id={}">{}</a>', address, run.id, label)

    @admin.display(description=_("model"))
    def model_asked(self, run: Run) -> str:
        """Of the settings the model alone: the others hold what people told it."""
        return str(run.settings.get("model", ""))


@admin.register(Checkpoint)
class CheckpointAdmin(LargeTableAdmin):
    """Without its text."""

    list_display = ("id", "run_id", "fence", "n", "kind")
    list_filter = ()
    search_help_text = _("The id of a run")
    id_fields = ("run",)
    unread = ("text_delta",)


@admin.register(TaskRun)
class TaskRunAdmin(ReadOnlyAdmin):
    list_display = ("started_at", "task", "outcome", "finished_at", "error_class", "process")
    list_filter = ("outcome",)
    search_fields = ("task", "error_class")
    ordering = ("-id",)
    fields = (*list_display, "did")
