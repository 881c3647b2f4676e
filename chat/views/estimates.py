"""What the turn that is being written is likely to cost, for the composer's foot."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from chat import access
from chat.effective import effective_settings, personal_settings
from chat.model_choice import AUTO
from chat.spending import estimate_answer
from convoscope.encrypted_content import Unreadable
from providers.money import NANODOLLARS_PER_DOLLAR, usd


@login_required
@require_POST
def chat_estimate(request: HttpRequest) -> HttpResponse:
    owner = access.person(request.user)
    return _estimate(request, personal_settings(owner), owner_id=owner.id, leaf_id=None)


@login_required
@require_POST
def conversation_estimate(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    in_force = effective_settings(conversation)
    return _estimate(request, in_force, owner_id=conversation.owner_id, leaf_id=conversation.active_leaf_id)


def _estimate(request: HttpRequest, in_force: dict[str, Any], *, owner_id: UUID, leaf_id: UUID | None) -> HttpResponse:
    """Nothing below the threshold. The draft comes in the body, where no log looks for it."""
    model = request.POST.get("model") or in_force["model"]
    # What is over the limit is refused anyway.
    text = request.POST.get("text", "")[: settings.CHAT_MESSAGE_MAX_CHARS]
    settings_then = in_force | {"model": model}
    attached = access.get_waiting(request.user, request.POST.getlist("attachments"))
    try:
        estimate = estimate_answer(
            owner_id=owner_id, settings=settings_then, leaf_id=leaf_id, text=text, attached=attached
        )
    except Unreadable:
        # Who sends it is told.
        return render(request, "chat/_estimate.html", {})
    context: dict[str, object] = {"is_unknown": estimate.nanousd is None, "is_auto": model == AUTO}
    if estimate.nanousd and estimate.nanousd >= settings.COST_ESTIMATE_MIN_USD * NANODOLLARS_PER_DOLLAR:
        context["cost"] = usd(estimate.nanousd)
    return render(request, "chat/_estimate.html", context)
