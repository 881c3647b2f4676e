"""Answers side by side: which models give them, and which one the conversation goes on with."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chat import access
from chat.actions.comparisons import choose_answer, require_comparable
from chat.model_choice import model_groups
from chat.views.contexts import close_dialog, compared_models, render_dialog, render_path
from chat.views.request import HtmxRequest
from convoscope.errors import ValidationFailed


@login_required
@require_http_methods(["GET", "POST"])
def model_compare(request: HtmxRequest) -> HttpResponse:
    """Which models answer the next question; none of them to ask one alone again."""
    user = access.person(request.user)
    chosen = (request.POST if request.method == "POST" else request.GET).getlist("compare")
    groups = model_groups(user.id)
    context: dict[str, object] = {"title": _("Compare models"), "groups": groups, "chosen": chosen}
    if request.method == "GET":
        return render_dialog(request, "chat/_model_compare.html", context)
    try:
        if chosen:
            require_comparable(chosen, user.id)
    except ValidationFailed as error:
        return render_dialog(request, "chat/_model_compare.html", context | {"error": error.user_message}, status=422)
    if not request.htmx:
        return redirect(f"{reverse('chat_new')}?{urlencode({'compare': chosen}, doseq=True)}")
    return close_dialog(
        render(request, "chat/_compared.html", {"compared": compared_models(chosen, user), "is_pushed": True})
    )


@login_required
@require_POST
def message_choose(request: HtmxRequest, message_id: UUID) -> HttpResponse:
    answer = access.get_message(request.user, message_id)
    return render_path(request, choose_answer(answer=answer, by=access.person(request.user)))
