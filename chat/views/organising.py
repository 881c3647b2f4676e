"""What is done to one conversation from its menu: pin, archive, move to a folder, tag, delete for good."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from chat import access
from chat.actions import organising
from chat.actions.labels import create_folder
from chat.list_forms import FilingForm, parsed_ids, split_tags
from chat.models import Conversation, Folder, Tag
from chat.shelves import labels_of
from chat.views.contexts import Undo, close_dialog, render_dialog
from chat.views.request import HtmxRequest
from convoscope.errors import ValidationFailed


@login_required
@require_GET
def conversation_menu(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    """The menu of a row, which all rows share."""
    conversation = access.get_conversation(request.user, conversation_id)
    return render_dialog(request, "chat/_row_menu.html", {"conversation": conversation, "place": "row"})


@login_required
@require_POST
def conversation_pin(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    return _organise(request, conversation_id, organising.pin_conversations)


@login_required
@require_POST
def conversation_unpin(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    return _organise(request, conversation_id, organising.unpin_conversations)


@login_required
@require_POST
def conversation_archive(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    undo = Undo(_("The conversation was archived."), reverse("conversation_unarchive", args=[conversation_id]))
    return _organise(request, conversation_id, organising.archive_conversations, undo)


@login_required
@require_POST
def conversation_unarchive(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    return _organise(request, conversation_id, organising.unarchive_conversations)


@login_required
@require_http_methods(["GET", "POST"])
def conversation_folder(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    owner, error = conversation.owner, ""
    if request.method == "POST":
        try:
            folder = chosen_folder(request, owner)
            organising.file_conversations(owner=owner, ids=[conversation.id], folder=folder)
            return close_dialog(_organised(request, conversation.id))
        except ValidationFailed as exc:
            error = exc.user_message
    return ask_for_folder(
        request,
        owner,
        address=reverse("conversation_folder", args=[conversation.id]),
        chosen=labels_of(conversation).folder,
        error=error,
    )


@login_required
@require_http_methods(["GET", "POST"])
def conversation_tags(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    context: dict[str, object] = {"conversation": conversation, "tags": Tag.objects.visible_to(conversation.owner)}
    if request.method == "GET":
        return render_dialog(request, "chat/_tags.html", context | {"chosen": set(labels_of(conversation).tags)})
    chosen = access.get_tags(request.user, parsed_ids(request.POST.getlist("tags")))
    typed = request.POST.get("new", "")
    try:
        organising.set_tags(conversation=conversation, tags=chosen, new=split_tags(typed))
    except ValidationFailed as exc:
        context |= {"chosen": set(chosen), "new": typed, "error": exc.user_message}
        return render_dialog(request, "chat/_tags.html", context, status=422)
    return close_dialog(_organised(request, conversation.id))


def chosen_folder(request: HtmxRequest, owner: User) -> Folder | None:
    """What was chosen in `ask_for_folder`; a folder that was named there is made.

    Raises: ValidationFailed for a name that can't be.
    """
    folder_id = FilingForm(request.POST).folder_id()
    if name := request.POST.get("name", "").strip():
        return create_folder(owner=owner, name=name)
    return access.get_folder(request.user, folder_id) if folder_id else None


def ask_for_folder(
    request: HtmxRequest,
    owner: User,
    *,
    address: str,
    chosen: Folder | None = None,
    fields: list[tuple[str, object]] | None = None,
    error: str = "",
) -> HttpResponse:
    """The dialog whose answer `address` is sent, together with these fields."""
    context: dict[str, object] = {
        "title": _("Move to folder"),
        "folders": Folder.objects.visible_to(owner),
        "address": address,
        "chosen": chosen,
        "fields": fields,
        "error": error,
        "name": request.POST.get("name", ""),
    }
    return render_dialog(request, "chat/_folder_choice.html", context, status=422 if error else 200)


def _organise(
    request: HtmxRequest, conversation_id: UUID, organise: Callable[..., None], undo: Undo | None = None
) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    organise(owner=conversation.owner, ids=[conversation.id])
    return _organised(request, conversation.id, undo)


def _organised(request: HtmxRequest, conversation_id: UUID, undo: Undo | None = None) -> HttpResponse:
    if not request.htmx:
        return redirect("conversation_detail", conversation_id)
    conversation: Conversation = access.get_conversation(request.user, conversation_id)
    context = {"conversation": conversation, "labels": labels_of(conversation), "undo": undo}
    return render(request, "chat/_organised.html", context)
