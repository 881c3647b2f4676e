"""The page of the background tasks, for administrators."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chat.actions.task_runs import run_task_now
from chat.task_listing import list_tasks
from chat.views.request import HtmxRequest
from convoscope.errors import ValidationFailed
from providers.access import require_administrator


@login_required
@require_GET
def task_list(request: HtmxRequest) -> HttpResponse:
    require_administrator(request.user)
    return render(request, "chat/task_list.html", {"tasks": list_tasks()})


@login_required
@require_POST
def task_run(request: HtmxRequest) -> HttpResponse:
    require_administrator(request.user)
    try:
        run_task_now(task=request.POST.get("task", ""))
    except ValidationFailed as exc:
        messages.error(request, exc.user_message)
    else:
        messages.success(request, _("The task was queued. Reload the page to see how it went."))
    return redirect("task_list")
