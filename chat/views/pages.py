"""The pages: a new chat, a conversation, and the older messages it loads as one scrolls up."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from uuid_utils.compat import uuid7

from accounts.models import User
from chat import access
from chat.forms import OlderForm
from chat.fragments import WINDOW_MESSAGES, ShownMessage, show_message, show_path
from chat.models import Conversation, Message

SIDEBAR_CONVERSATIONS = 50


class Window(TypedDict):
    conversation: Conversation
    messages: list[ShownMessage]
    has_older: bool


@login_required
@require_GET
def chat_new(request: HttpRequest) -> HttpResponse:
    return render(request, "chat/new.html", new_chat_context(request))


@login_required
@require_GET
def conversation_detail(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    context = sidebar_context(request) | conversation_context(conversation)
    before = OlderForm(request.GET)
    if before.is_valid() and before.cleaned_data["before"]:
        # Without JavaScript older messages are pages of their own.
        context |= window(conversation, access.get_message(request.user, before.cleaned_data["before"]).parent_id)
    return render(request, "chat/conversation.html", context)


@login_required
@require_GET
def conversation_log(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The shown path alone, for a page whose path is out of date; with `before`, the messages above that one."""
    conversation = access.get_conversation(request.user, conversation_id)
    before = OlderForm(request.GET)
    if before.is_valid() and before.cleaned_data["before"]:
        first = access.get_message(request.user, before.cleaned_data["before"])
        return render(request, "chat/_messages.html", window(conversation, first.parent_id))
    return render(request, "chat/_log.html", conversation_context(conversation))


@login_required
@require_GET
def message_detail(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """One message: those too large to be pushed are fetched here."""
    message = access.get_message(request.user, message_id)
    return render(request, "chat/_message.html", {"shown": show_message(message)})


@login_required
@require_GET
def message_reasoning(request: HttpRequest, message_id: UUID) -> HttpResponse:
    message = access.get_message(request.user, message_id)
    text = "".join(part["text"] for part in message.parts if part["type"] == "reasoning")
    return render(request, "chat/_reasoning.html", {"text": text})


def conversation_context(conversation: Conversation) -> dict[str, object]:
    """What the conversation's templates need."""
    context = window(conversation, conversation.active_leaf_id)
    shown = context["messages"]
    return context | {
        "conversation": conversation,
        "turn_key": uuid7(),
        "last": shown[-1].message if shown else None,
        "is_answering": any(one.message.is_unfinished for one in shown),
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


def new_chat_context(request: HttpRequest) -> dict[str, object]:
    return sidebar_context(request) | {"turn_key": uuid7()}


def sidebar_context(request: HttpRequest) -> dict[str, object]:
    assert isinstance(request.user, User)
    conversations = Conversation.objects.visible_to(request.user).listed()[:SIDEBAR_CONVERSATIONS]
    return {"sidebar": conversations}
