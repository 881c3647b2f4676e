"""The pages: a new chat, a conversation, and the older messages and conversations they load as one scrolls."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from uuid_utils.compat import uuid7

from accounts.models import User
from chat import access
from chat.actions.text import clean_prefill
from chat.effective import effective_settings, personal_settings
from chat.forms import OlderForm, SidebarForm
from chat.fragments import WINDOW_MESSAGES, ShownMessage, show_message, show_path
from chat.model_choice import model_label, model_options
from chat.models import Conversation, Message
from chat.sidebar import list_conversations
from chat.views.request import HtmxRequest, time_zone
from providers.configured import offline_only


class Window(TypedDict):
    conversation: Conversation
    messages: list[ShownMessage]
    has_older: bool


@login_required
@require_GET
def chat_new(request: HttpRequest) -> HttpResponse:
    return render(
        request, "chat/new.html", new_chat_context(request.user) | {"draft": clean_prefill(request.GET.get("text", ""))}
    )


@login_required
@require_GET
def conversation_list(request: HtmxRequest) -> HttpResponse:
    """A further page of the sidebar; without JavaScript a page of its own."""
    form = SidebarForm(request.GET)
    sidebar = list_conversations(access.person(request.user), zone=time_zone(request), below=form.position())
    template = "chat/_sidebar_items.html" if request.htmx else "chat/conversation_list.html"
    return render(request, template, {"sidebar": sidebar})


@login_required
@require_GET
def conversation_detail(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    context = conversation_context(conversation)
    before = OlderForm(request.GET)
    if before.is_valid() and before.cleaned_data["before"]:
        # Without JavaScript older messages are pages of their own.
        context |= window(conversation, access.get_message_of(conversation, before.cleaned_data["before"]).parent_id)
    return render(request, "chat/conversation.html", context)


@login_required
@require_GET
def conversation_log(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The shown path alone, for a page whose path is out of date; with `before`, the messages above that one."""
    conversation = access.get_conversation(request.user, conversation_id)
    before = OlderForm(request.GET)
    if before.is_valid() and before.cleaned_data["before"]:
        first = access.get_message_of(conversation, before.cleaned_data["before"])
        return render(request, "chat/_messages.html", window(conversation, first.parent_id))
    return render(request, "chat/_log.html", window(conversation, conversation.active_leaf_id))


@login_required
@require_GET
def message_detail(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """One message: those too large to be pushed are fetched here."""
    message = access.get_message(request.user, message_id)
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
    return render_dialog(request, "chat/_shortcuts.html", {"shortcuts": keyboard_shortcuts()})


def render_dialog(request: HtmxRequest, partial: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    """A fragment for the page's dialog; without JavaScript a page that holds it."""
    if request.htmx:
        return render(request, partial, context, status=status)
    return render(request, "chat/dialog_page.html", context | {"partial": partial}, status=status)


def conversation_context(conversation: Conversation) -> dict[str, object]:
    """What the conversation's templates need."""
    context = window(conversation, conversation.active_leaf_id)
    shown = context["messages"]
    return context | {
        "turn_key": uuid7(),
        "last": shown[-1].message if shown else None,
        "is_answering": any(one.message.is_unfinished for one in shown),
        "model_in_force": model_label(effective_settings(conversation)["model"]),
        "model_options": model_options(),
    }


def window(conversation: Conversation, leaf_id: UUID | None) -> Window:
    """The last messages of the path to `leaf_id`, and whether there are older ones."""
    path = Message.objects.path_to(leaf_id, last=WINDOW_MESSAGES + 1)
    has_older = len(path) > WINDOW_MESSAGES
    return {
        "conversation": conversation,
        "messages": show_path(path[1:] if has_older else path),
        "has_older": has_older,
    }


def new_chat_context(user: User | AnonymousUser) -> dict[str, object]:
    is_offline_only = offline_only()
    return {
        "turn_key": uuid7(),
        "starters": _starters(is_offline_only=is_offline_only),
        "is_offline_only": is_offline_only,
        "model_in_force": model_label(personal_settings(access.person(user).id)["model"]),
        "model_options": model_options(),
    }


def _starters(*, is_offline_only: bool) -> list[str]:
    """Questions that the models at hand answer well."""
    if is_offline_only:
        return [
            _("What can you do without a provider key?"),
            _("What is 17 % of 2,340?"),
            _("Write 300 words about streaming"),
            _("How do I add a provider key?"),
        ]
    return [
        _("Explain an error message and how to find its cause"),
        _("Compare two options in a table, with a recommendation"),
        _("Review a piece of code for what could go wrong"),
        _("Turn rough notes into a clear message"),
    ]


def keyboard_shortcuts() -> list[tuple[list[str], str]]:
    return [
        (["Enter"], _("Send")),
        (["Shift", "Enter"], _("New line")),
        (["Esc"], _("Stop the answer")),
        (["Ctrl", "Shift", "O"], _("New conversation")),
        (["Ctrl", "Shift", "S"], _("Show or hide the conversations")),
        (["Ctrl", "Shift", "M"], _("Choose the model")),
        (["Shift", "Esc"], _("Go to the message field")),
        (["Ctrl", "Shift", "C"], _("Copy the last answer")),
        (["Ctrl", "Shift", ";"], _("Copy the last code block")),
        (["Ctrl", "/"], _("Show these shortcuts")),
    ]
