"""Folders: made, renamed in place, deleted and brought back. What stands in one: `shelves.py`."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat import access
from chat.actions import labels
from chat.models import Folder
from chat.views.contexts import Undo, close_dialog, render_dialog, render_new_page
from chat.views.request import HtmxRequest
from convoscope.errors import ValidationFailed

SHOWN_NAME_CHARS = 60


@login_required
@require_http_methods(["GET", "POST"])
def folder_create(request: HtmxRequest) -> HttpResponse:
    name = request.POST.get("name", "")
    context: dict[str, object] = {"address": reverse("folder_create"), "title": _("New folder"), "name": name}
    if request.method == "GET":
        return render_dialog(request, "chat/_folder_name.html", context)
    try:
        folder = labels.create_folder(owner=access.person(request.user), name=name)
    except ValidationFailed as exc:
        return render_dialog(request, "chat/_folder_name.html", context | {"error": exc.user_message}, status=422)
    if not request.htmx:
        return redirect("folder", folder.id)
    return close_dialog(render(request, "chat/_sidebar_stale.html"))


@login_required
@require_GET
def folder_menu(request: HtmxRequest, folder_id: UUID) -> HttpResponse:
    return render_dialog(request, "chat/_folder_menu.html", {"folder": access.get_folder(request.user, folder_id)})


@login_required
@require_http_methods(["GET", "POST"])
def folder_rename(request: HtmxRequest, folder_id: UUID) -> HttpResponse:
    """In its place in the sidebar; without JavaScript on a page of its own."""
    folder = access.get_folder(request.user, folder_id)
    address = reverse("folder_rename", args=[folder.id])
    context: dict[str, object] = {"folder": folder, "address": address, "title": _("Rename"), "name": folder.name}
    if request.method == "GET":
        if not request.htmx:
            return render_dialog(request, "chat/_folder_name.html", context)
        is_over = "cancel" in request.GET
        return render(request, "chat/_sidebar_folder.html" if is_over else "chat/_folder_rename.html", context)
    try:
        labels.rename_folder(folder=folder, name=request.POST.get("name", ""))
    except ValidationFailed as exc:
        if request.htmx:
            raise
        context |= {"name": request.POST.get("name", ""), "error": exc.user_message}
        return render_dialog(request, "chat/_folder_name.html", context, status=422)
    if not request.htmx:
        return redirect("folder", folder.id)
    return render(request, "chat/_folder_renamed.html", {"folder": folder, "has_focus": True})


@login_required
@require_POST
def folder_delete(request: HtmxRequest, folder_id: UUID) -> HttpResponse:
    folder = access.get_folder(request.user, folder_id)
    labels.delete_folder(folder=folder)
    if not request.htmx:
        return redirect("chat_new")
    name = Truncator(folder.name).chars(SHOWN_NAME_CHARS)
    words = _("The folder “%(name)s” was deleted. Its conversations stay, in no folder.") % {"name": name}
    context: dict[str, object] = {"undo": Undo(words, reverse("folder_restore", args=[folder.id]))}
    if not _is_open(request, folder):
        return render(request, "chat/_sidebar_changed.html", context)
    return render_new_page(request, "chat/_folder_left.html", context)


@login_required
@require_POST
def folder_restore(request: HtmxRequest, folder_id: UUID) -> HttpResponse:
    folder = access.get_deleted_folder(request.user, folder_id)
    labels.restore_folder(folder=folder)
    if request.htmx:
        return render(request, "chat/_sidebar_changed.html")
    return redirect("folder", folder.id)


def _is_open(request: HtmxRequest, folder: Folder) -> bool:
    return urlsplit(request.htmx.current_url or "").path == reverse("folder", args=[folder.id])
