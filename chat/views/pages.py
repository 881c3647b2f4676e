"""The pages: a new chat, a conversation, and the older messages and conversations they load as one scrolls."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.zones import zone_of
from chat import access
from chat.actions.text import clean_prefill
from chat.forms import OlderForm
from chat.fragments import show_message
from chat.history import history_at
from chat.list_forms import SidebarForm
from chat.model_choice import is_usable
from chat.prompts.filling import known_values
from chat.prompts.forms import LinkForm
from chat.prompts.variables import fill
from chat.sidebar import list_conversations, list_folders
from chat.views.contexts import (
    compared_models,
    conversation_context,
    keyboard_shortcuts,
    new_chat_context,
    render_dialog,
    window,
)
from chat.views.request import HtmxRequest


@login_required
@require_GET
def chat_new(request: HttpRequest) -> HttpResponse:
    model = request.GET.get("model", "")
    if not is_usable(model, access.person(request.user).id):
        model = ""
    compared = compared_models(request.GET.getlist("compare"), access.person(request.user))
    draft = clean_prefill(request.GET.get("text", ""))
    if prompt_id := LinkForm(request.GET).named("prompt"):
        draft = _draft_of_prompt(request, prompt_id)
    chosen = {"draft": draft, "compared": compared, "is_temporary": "temporary" in request.GET}
    return render(request, "chat/new.html", new_chat_context(request.user, model=model) | chosen)


@login_required
@require_GET
def conversation_list(request: HtmxRequest) -> HttpResponse:
    """A further page of the sidebar, or its lists anew as far as they were shown; without JavaScript a page of its
    own."""
    person, zone = access.person(request.user), zone_of(request)
    asked = SidebarForm(request.GET)
    sidebar = list_conversations(person, zone=zone, below=asked.position(), pages=asked.pages())
    context: dict[str, object] = {"sidebar": sidebar}
    if request.htmx.target == "sidebar-lists":
        return render(request, "chat/_sidebar_lists.html", context | {"folders": list_folders(person)})
    return render(request, "chat/_sidebar_items.html" if request.htmx else "chat/conversation_list.html", context)


@login_required
@require_GET
def conversation_detail(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    asked = OlderForm(request.GET)
    if asked.is_valid() and asked.cleaned_data["at"]:
        message = access.get_message_of(conversation, asked.cleaned_data["at"])
        if history := history_at(conversation, message.id):
            context = {"conversation": conversation, "history": history, "message": message}
            return render(request, "chat/history.html", context)
    context = conversation_context(conversation)
    if asked.is_valid() and asked.cleaned_data["before"]:
        # Without JavaScript older messages are pages of their own.
        context |= window(conversation, access.get_message_of(conversation, asked.cleaned_data["before"]).parent_id)
    return render(request, "chat/conversation.html", context)


@login_required
@require_GET
def conversation_log(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The shown path alone, for a page whose path is out of date; with `before`, the messages above that one."""
    conversation = access.get_conversation(request.user, conversation_id)
    before = OlderForm(request.GET)
    if before.is_valid() and before.cleaned_data["before"]:
        first = access.get_message_of(conversation, before.cleaned_data["before"])
        windows = (before.cleaned_data["windows"] or 1) + 1
        return render(request, "chat/_messages.html", window(conversation, first.parent_id, windows=windows))
    return render(request, "chat/_log.html", window(conversation, conversation.active_leaf_id))


@login_required
@require_GET
def message_detail(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """One message: those too large to be pushed are fetched here."""
    message = access.get_place(request.user, message_id)
    return render(request, "chat/_message.html", {"shown": show_message(message)})


@login_required
@require_GET
def message_text(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """What the model or the person wrote, as they wrote it, for copying."""
    message = access.get_message(request.user, message_id)
    return HttpResponse(message.text, content_type="text/plain; charset=utf-8")


@login_required
@require_GET
def message_reasoning(request: HttpRequest, message_id: UUID) -> HttpResponse:
    message = access.get_message(request.user, message_id)
    text = "".join(part["text"] for part in message.parts if part["type"] == "reasoning")
    return render(request, "chat/_reasoning.html", {"text": text})


@login_required
@require_GET
def shortcuts(request: HtmxRequest) -> HttpResponse:
    shown = keyboard_shortcuts(access.person(request.user))
    context: dict[str, object] = {"title": _("Keyboard shortcuts"), "shortcuts": shown}
    return render_dialog(request, "chat/_shortcuts.html", context)


def _draft_of_prompt(request: HttpRequest, prompt_id: UUID) -> str:
    """Its text; what it asks for is left to be filled in there."""
    zone = zone_of(request)
    return fill(access.get_prompt(request.user, prompt_id).text, known_values(access.person(request.user), zone=zone))
