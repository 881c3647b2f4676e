"""Commands on whole conversations: rename, settings, resolve, delete, undo."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from chat import access
from chat.actions import conversations, lifecycle, temporary
from chat.effective import effective_settings
from chat.forms import SettingsForm
from chat.model_choice import in_force
from chat.models import Conversation
from chat.shelves import labels_of
from chat.views.contexts import close_dialog, conversation_context, render_dialog, render_new_page
from chat.views.request import HtmxRequest
from convoscope.errors import ValidationFailed
from providers.ledger import cost_of_subject

DIALOG = "dialog"


@login_required
@require_http_methods(["GET", "POST"])
def conversation_rename(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    """In the dialog of the open conversation, or in the sidebar's place of any."""
    conversation = access.get_conversation(request.user, conversation_id)
    is_in_sidebar = bool(request.htmx) and request.htmx.target != DIALOG
    context: dict[str, object] = {
        "conversation": conversation,
        "current": _open_conversation(request, conversation),
        "is_answering": is_in_sidebar and conversation.has_unfinished_answer(),
        "has_focus": is_in_sidebar,
    }
    if request.method == "GET":
        if is_in_sidebar:
            is_over = "cancel" in request.GET
            return render(request, "chat/_sidebar_item.html" if is_over else "chat/_sidebar_rename.html", context)
        return render_dialog(request, "chat/_rename.html", context)
    try:
        conversations.rename_conversation(conversation=conversation, title=request.POST.get("title", ""))
    except ValidationFailed as exc:
        if is_in_sidebar:
            raise
        return render_dialog(request, "chat/_rename.html", context | {"error": exc.user_message}, status=422)
    if not request.htmx:
        return redirect("conversation_detail", conversation.id)
    if is_in_sidebar:
        return render(request, "chat/_sidebar_item_renamed.html", context)
    return close_dialog(render(request, "chat/_conversation_renamed.html", context))


@login_required
@require_http_methods(["GET", "POST"])
def conversation_settings(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    form = SettingsForm(request.POST or None, conversation=conversation)
    if form.is_valid():
        try:
            conversations.change_settings(conversation=conversation, settings=form.settings())
        except ValidationFailed as error:
            form.add_error(error.field, error.user_message)
    if request.method == "GET" or not form.is_valid():
        cost = cost_of_subject(conversation.id).words
        context: dict[str, object] = {"conversation": conversation, "form": form, "cost": cost}
        return render_dialog(request, "chat/_settings.html", context, status=422 if form.is_bound else 200)
    if not request.htmx:
        return redirect("conversation_detail", conversation.id)
    model = effective_settings(conversation)["model"]
    context = {"conversation": conversation, **in_force(model, conversation.owner_id)}
    return close_dialog(render(request, "chat/_model_changed.html", context))


@login_required
@require_POST
def conversation_resolve(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    lifecycle.resolve_conversation(conversation=conversation)
    return _resolution(request, conversation)


@login_required
@require_POST
def conversation_reopen(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    lifecycle.reopen_conversation(conversation=conversation)
    return _resolution(request, conversation)


@login_required
@require_POST
def conversation_keep(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    """A temporary chat becomes an ordinary one."""
    conversation = access.get_conversation(request.user, conversation_id)
    temporary.keep_conversation(conversation=conversation)
    if not request.htmx:
        return redirect("conversation_detail", conversation.id)
    context = {"conversation": conversation, "labels": labels_of(conversation)}
    return render(request, "chat/_conversation_kept.html", context)


@login_required
@require_POST
def conversation_trash(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    conversations.trash_conversation(conversation=conversation)
    if not request.htmx:
        return redirect("chat_new")
    context: dict[str, object] = {"conversation": conversation, "offer_undo": True}
    if _open_conversation(request, conversation) is None:
        return render(request, "chat/_conversation_trashed.html", context)
    return render_new_page(request, "chat/_conversation_left.html", context)


@login_required
@require_POST
def conversation_restore(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    conversations.restore_conversation(conversation=conversation)
    if not request.htmx:
        return redirect("conversation_detail", conversation.id)
    if not ("open" in request.POST and _is_on_new_page(request)):
        context: dict[str, object] = {"conversation": conversation, "labels": labels_of(conversation)}
        return render(request, "chat/_organised.html", context)
    # Where the person was when it was deleted.
    response = render(request, "chat/_conversation_back.html", conversation_context(conversation))
    response["HX-Retarget"], response["HX-Reswap"] = "#main", "innerHTML"
    response["HX-Push-Url"] = reverse("conversation_detail", args=[conversation.id])
    return response


def _is_on_new_page(request: HtmxRequest) -> bool:
    return urlsplit(request.htmx.current_url or "").path == reverse("chat_new")


def _resolution(request: HtmxRequest, conversation: Conversation) -> HttpResponse:
    if request.htmx:
        return render(request, "chat/_resolution_changed.html", {"conversation": conversation})
    return redirect("conversation_detail", conversation.id)


def _open_conversation(request: HtmxRequest, conversation: Conversation) -> Conversation | None:
    """The conversation, if the page that asks is showing it."""
    return conversation if str(conversation.id) in (request.htmx.current_url or "") else None
