"""What a conversation remembers: shown, edited, switched off."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from chat import access
from chat.actions.memory import change_memory
from chat.forms import MemoryForm
from chat.views.contexts import close_dialog, render_dialog
from chat.views.request import HtmxRequest
from convoscope.errors import ValidationFailed


@login_required
@require_http_methods(["GET", "POST"])
def conversation_memory(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    form = MemoryForm(request.POST or None, conversation=conversation)
    if form.is_valid():
        try:
            change_memory(conversation=conversation, **form.chosen())
        except ValidationFailed as error:
            form.add_error(error.field, error.user_message)
        else:
            if request.htmx:
                return close_dialog(HttpResponse(status=204))
            return redirect("conversation_detail", conversation.id)
    context: dict[str, object] = {"conversation": conversation, "form": form}
    return render_dialog(request, "chat/_memory.html", context, status=422 if form.is_bound else 200)
