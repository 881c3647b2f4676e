"""The page of privacy, and the file with everything. It stands here and not in `accounts`, because the file holds
conversations; so does what is said of one conversation, that it holds health data."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.privacy.data_classes import HEALTH
from accounts.privacy.page import privacy_context
from chat import access
from chat.actions.exports import request_export
from chat.actions.health import class_as_health
from chat.health_form import HealthForm
from chat.models import ConversationExport
from chat.views.contexts import close_dialog, render_dialog
from chat.views.request import HtmxRequest
from convoscope.durations import days_in_words


@login_required
@require_GET
def privacy(request: HtmxRequest) -> HttpResponse:
    user = access.person(request.user)
    context = privacy_context(user) | your_data(user) | {"grace_days": settings.ERASURE_GRACE_DAYS}
    return render(request, "chat/privacy.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def data_request(request: HtmxRequest) -> HttpResponse:
    """A POST has the file made. While one is being made, the page asks for its list again."""
    user = access.person(request.user)
    if request.method == "POST":
        request_export(owner=user, format=ConversationExport.Format.EVERYTHING)
    if not request.htmx:
        return redirect("privacy")
    return render(request, "chat/_your_data.html", your_data(user))


def your_data(user: User) -> dict[str, object]:
    listed = list(ConversationExport.objects.visible_to(user).order_by("-id"))
    return {
        "exports": [one for one in listed if one.format == ConversationExport.Format.EVERYTHING],
        "is_making": any(one.is_unfinished for one in listed),
    }


@login_required
@require_http_methods(["GET", "POST"])
def conversation_health(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    """Whether it holds health data; that it does takes consent."""
    conversation = access.get_conversation(request.user, conversation_id)
    form = HealthForm(request.POST if request.method == "POST" else None, is_health=conversation.is_health)
    if form.is_valid():
        class_as_health(conversation=conversation, is_health=not conversation.is_health)
        if not request.htmx:
            return redirect("conversation_detail", conversation.id)
        return close_dialog(HttpResponse(status=204))
    context = {
        "conversation": conversation,
        "form": form,
        "time": days_in_words(HEALTH.days()),
        "notice_days": settings.EXPIRY_NOTICE_DAYS,
    }
    return render_dialog(request, "chat/_health_dialog.html", context, status=422 if form.errors else 200)
