"""Commands on whole conversations: rename, delete, undo."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from chat import access
from chat.actions import conversations
from chat.views.request import HtmxRequest


@login_required
@require_POST
def conversation_rename(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    conversations.rename_conversation(conversation=conversation, title=request.POST.get("title", ""))
    if request.htmx:
        return render(request, "chat/_conversation_renamed.html", {"conversation": conversation})
    return redirect("conversation_detail", conversation.id)


@login_required
@require_POST
def conversation_trash(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    conversations.trash_conversation(conversation=conversation)
    if request.htmx:
        return render(request, "chat/_conversation_trashed.html", {"conversation": conversation, "offer_undo": True})
    return redirect("chat_new")


@login_required
@require_POST
def conversation_restore(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    conversations.restore_conversation(conversation=conversation)
    if request.htmx:
        return render(request, "chat/_sidebar_item_moved.html", {"conversation": conversation})
    return redirect("conversation_detail", conversation.id)
