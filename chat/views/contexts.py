"""What the templates of pages and fragments are given; the dialog, which is a page of its own without JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.models import Preferences, User
from chat import access
from chat.actions.turns import Turn
from chat.context.person import text_of
from chat.effective import effective_settings, personal_settings
from chat.fragments import WINDOW_MESSAGES, ShownMessage, show_path, show_turn
from chat.gauge import gauge_of
from chat.model_choice import can_see, in_force, model_label
from chat.models import Conversation, Message, Prompt
from chat.prompts.filling import known_values, questions_of
from chat.prompts.library import starters_of
from chat.shelves import labels_of
from chat.spending import budget_warnings
from chat.views.request import HtmxRequest
from providers.budgets import has_budgets
from providers.configured import offline_only

# So many come in by themselves as one scrolls up: a page of all of a very long path would be too much for a phone.
# Still older ones are looked at on pages of their own.
WINDOWS_OF_A_PAGE = 20


class Window(TypedDict):
    """`windows` are on the page with this one, which is_full where no other comes in by itself."""

    conversation: Conversation
    messages: list[ShownMessage]
    side_by_side: list[ShownMessage]
    has_older: bool
    windows: int
    is_full: bool
    forked_from: Conversation | None


@dataclass(frozen=True, slots=True)
class Undo:
    """What a toast says was done, and what its button sends to take it back."""

    words: str
    address: str
    fields: Sequence[tuple[str, object]] = ()


def render_dialog(request: HtmxRequest, partial: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    """A fragment for the page's dialog; without JavaScript a page that holds it."""
    if request.htmx:
        return render(request, partial, context, status=status)
    return render(request, "chat/dialog_page.html", context | {"partial": partial}, status=status)


def close_dialog(response: HttpResponse) -> HttpResponse:
    """What was sent from the dialog is done."""
    response["HX-Trigger"] = "dialog-close"
    return response


def render_path(
    request: HtmxRequest, conversation: Conversation, more: dict[str, object] | None = None
) -> HttpResponse:
    """The whole log, after what changed the path that is shown."""
    if not request.htmx:
        return redirect("conversation_detail", conversation.id)
    response = render(request, "chat/_path.html", conversation_context(conversation) | (more or {}))
    response["HX-Reswap"] = "outerHTML"
    # What sent this may be gone by now: pages hear of the change before the answer comes. Nothing can be retargeted for
    # it then, and what names the log itself needs no retargeting.
    if request.htmx.target != "log":
        response["HX-Retarget"] = "#log"
    return response


def render_new_page(request: HtmxRequest, template: str, context: dict[str, object]) -> HttpResponse:
    """The page of a new conversation, in place of one that showed what is gone."""
    response = render(request, template, new_chat_context(request.user) | context)
    response["HX-Retarget"], response["HX-Reswap"], response["HX-Push-Url"] = "#main", "innerHTML", reverse("chat_new")
    return response


def compared_models(names: Sequence[str], user: User) -> list[tuple[str, str, bool]]:
    """Shape: `(full id, name, whether it can't read images)` of each model that answers beside others."""
    return [(name, model_label(name), not can_see(name, user.id)) for name in names]


def conversation_context(conversation: Conversation) -> dict[str, object]:
    """What the conversation's templates need."""
    shown = window(conversation, conversation.active_leaf_id)
    return _context(shown, model=effective_settings(conversation)["model"]) | {"labels": labels_of(conversation)}


def begun_context(turn: Turn) -> dict[str, object]:
    """Of a conversation just begun. Its answer is on its way: nothing has to be read that would hold it up."""
    shown: Window = {
        "conversation": turn.conversation,
        "messages": show_turn(turn.question, turn.answer, turn.run, turn.attached),
        "side_by_side": [],
        "has_older": False,
        "windows": 1,
        "is_full": False,
        "forked_from": None,
    }
    return _context(shown, model=turn.run.settings["model"])


def _context(path: Window, *, model: str) -> dict[str, object]:
    shown = path["messages"] + path["side_by_side"]
    # Of answers side by side the first is the path's.
    leaf = next(iter(path["side_by_side"] or path["messages"][-1:]), None)
    return path | {
        "turn_key": uuid7(),
        "last": leaf.message if leaf else None,
        "gauge": gauge_of(leaf.message, leaf.run) if leaf else None,
        "is_answering": any(one.message.is_unfinished for one in shown),
        **in_force(model, path["conversation"].owner_id),
        "may_cost": not offline_only(),
        "sharing_allowed": settings.SHARING_ALLOWED,
        "budget_warnings": budget_warnings(path["conversation"].owner_id),
    }


def window(conversation: Conversation, leaf_id: UUID | None, *, windows: int = 1) -> Window:
    """The last messages of the path to `leaf_id`, and whether there are older ones; where there are none, what the
    conversation is a copy of. A path that ends in an open comparison ends in the answers that are compared."""
    path = Message.objects.path_to(leaf_id, last=WINDOW_MESSAGES + 1)
    has_older = len(path) > WINDOW_MESSAGES
    compared = Message.objects.compared_with(path[-1]) if path else []
    if compared:
        path.pop()
    return {
        "conversation": conversation,
        "messages": show_path(path[1:] if has_older else path),
        "side_by_side": show_path(compared),
        "has_older": has_older,
        "windows": windows,
        "is_full": windows >= WINDOWS_OF_A_PAGE,
        "forked_from": None if has_older else access.find_origin(conversation),
    }


def new_chat_context(user: User | AnonymousUser, *, model: str = "") -> dict[str, object]:
    """`model` is one that was chosen for the conversation to come; without it, the person's or the site's answers."""
    is_offline_only = offline_only()
    preferences = Preferences.of(access.person(user))
    return {
        "turn_key": uuid7(),
        "prompt_starters": _prompt_starters(access.person(user)),
        "starters": _starters(is_offline_only=is_offline_only),
        "is_offline_only": is_offline_only,
        "may_cost": not is_offline_only,
        "budget_warnings": budget_warnings(access.person(user).id),
        "is_known": bool(text_of(preferences)) and preferences.tells_models,
        "model": model,
        **in_force(model or personal_settings(access.person(user))["model"], access.person(user).id),
    }


def budget_context(user: User | AnonymousUser) -> dict[str, object]:
    """For a fragment that brings the line about budgets up to date; nothing where there are none."""
    return {"budget_warnings": budget_warnings(access.person(user).id), "has_budgets": has_budgets()}


def _prompt_starters(user: User) -> list[tuple[Prompt, bool]]:
    """With each, whether it asks for something."""
    known = known_values(user)
    return [(prompt, bool(questions_of(prompt.text, known))) for prompt in starters_of(user)]


def _starters(*, is_offline_only: bool) -> list[str]:
    """Questions that the models at hand answer well."""
    if is_offline_only:
        return [
            _("What can you do without a provider key?"),
            # xgettext:no-python-format
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


def keyboard_shortcuts(user: User) -> list[tuple[list[str], str]]:
    is_plain = not Preferences.of(user).send_key
    return [
        (["Enter"] if is_plain else ["Ctrl", "Enter"], _("Send")),
        (["Shift", "Enter"] if is_plain else ["Enter"], _("New line")),
        (["Up"], _("Edit your last message, from an empty message field")),
        (["/"], _("Use a saved prompt")),
        (["Esc"], _("Stop the answer")),
        (["Ctrl", "K"], _("Search, or do anything")),
        (["Ctrl", "Shift", "O"], _("New conversation")),
        (["Ctrl", "Shift", "'"], _("Temporary chat")),
        (["Ctrl", "Shift", "S"], _("Show or hide the conversations")),
        (["Ctrl", "Shift", "M"], _("Choose the model")),
        (["Shift", "Esc"], _("Go to the message field")),
        (["Ctrl", "Shift", "C"], _("Copy the last answer")),
        (["Ctrl", "Shift", ";"], _("Copy the last code block")),
        (["Ctrl", "/"], _("Show these shortcuts")),
    ]
