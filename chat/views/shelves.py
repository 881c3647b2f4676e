"""The pages that conversations are sorted on, and what is done there to those that are selected."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.models import User
from chat import access, shelves
from chat.actions import organising, purging
from chat.list_forms import PlaceForm, selected_ids
from chat.models import Tag
from chat.shelves import Shelf
from chat.views.contexts import Undo, close_dialog, render_dialog
from chat.views.organising import ask_for_folder, chosen_folder
from chat.views.request import HtmxRequest
from convoscope.errors import ValidationFailed
from convoscope.numbers import number

SIMPLE = {
    "pin": organising.pin_conversations,
    "unpin": organising.unpin_conversations,
    "archive": organising.archive_conversations,
    "unarchive": organising.unarchive_conversations,
    "trash": organising.trash_conversations,
    "restore": organising.restore_conversations,
}
# What takes a conversation out of sight can be undone where it was done.
OPPOSITES = {"archive": "unarchive", "unarchive": "archive", "trash": "restore", "restore": "trash"}
DIALOG = "#dialog"


@login_required
@require_http_methods(["GET", "POST"])
def conversations_manage(request: HtmxRequest) -> HttpResponse:
    return _shelf(request, shelves.all_conversations(access.person(request.user)))


@login_required
@require_http_methods(["GET", "POST"])
def folder(request: HtmxRequest, folder_id: UUID) -> HttpResponse:
    found = access.get_folder(request.user, folder_id)
    return _shelf(request, shelves.in_folder(access.person(request.user), found))


@login_required
@require_http_methods(["GET", "POST"])
def tag(request: HtmxRequest, tag_id: UUID) -> HttpResponse:
    found = access.get_tag(request.user, tag_id)
    return _shelf(request, shelves.with_tag(access.person(request.user), found))


@login_required
@require_http_methods(["GET", "POST"])
def archive(request: HtmxRequest) -> HttpResponse:
    return _shelf(request, shelves.archive(access.person(request.user)))


@login_required
@require_http_methods(["GET", "POST"])
def trash(request: HtmxRequest) -> HttpResponse:
    return _shelf(request, shelves.trash(access.person(request.user)))


def _shelf(request: HtmxRequest, shelf: Shelf) -> HttpResponse:
    if request.method == "POST":
        return _organise(request, shelf)
    context: dict[str, object] = {"shelf": shelf, "page": shelf.page(PlaceForm(request.GET).place())}
    return render(request, "chat/_shelf_rows.html" if request.htmx else "chat/shelf.html", context)


def _organise(request: HtmxRequest, shelf: Shelf) -> HttpResponse:
    """Ask what has still to be known, in a dialog that sends it all again; then do it to all that were selected."""
    owner, act = access.person(request.user), request.POST.get("act", "")
    if act == "empty":
        return _empty(request, shelf, owner)
    ids = selected_ids(request.POST.getlist("ids"))
    access.get_conversations(request.user, ids)
    count = len(ids)
    match act:
        case "folder" if "folder" not in request.POST:
            return _in_dialog(_ask_for_folder(request, shelf, owner, ids))
        case "tag" if "tag" not in request.POST:
            return _in_dialog(_ask_for_tag(request, shelf, owner, ids))
        case "delete" if "sure" not in request.POST:
            return _in_dialog(_ask_whether(request, shelf, act, ids, len(ids)))
        case "folder":
            try:
                organising.file_conversations(owner=owner, ids=ids, folder=chosen_folder(request, owner))
            except ValidationFailed as exc:
                return _ask_for_folder(request, shelf, owner, ids, error=exc.user_message)
        case "tag":
            try:
                organising.tag_conversations(owner=owner, ids=ids, name=request.POST["tag"])
            except ValidationFailed as exc:
                return _ask_for_tag(request, shelf, owner, ids, error=exc.user_message)
        case "delete":
            count = purging.delete_conversations(owner=owner, ids=ids)
        case _ if act in SIMPLE:
            SIMPLE[act](owner=owner, ids=ids)
        case _:
            raise ValidationFailed(_("Choose what to do with the conversations that you selected."))
    return _done(request, shelf, act, ids, count)


def _empty(request: HtmxRequest, shelf: Shelf, owner: User) -> HttpResponse:
    count = shelves.trash(owner).conversations.count()
    if "sure" not in request.POST:
        return _in_dialog(_ask_whether(request, shelf, "empty", [], count))
    count = purging.delete_conversations(owner=owner, ids=None)
    return _answer(request, shelf, {"words": _words("delete", count), "is_emptied": True})


def _done(request: HtmxRequest, shelf: Shelf, act: str, ids: list[UUID], count: int) -> HttpResponse:
    words = _words(act, count)
    if request.htmx and "undo" in request.POST:
        # The rows come back where they were.
        response = render(request, "chat/_shelf_undone.html", {"shelf": shelf, "page": shelf.page(None)})
        response["HX-Retarget"], response["HX-Reswap"] = "#shelf-rows", "innerHTML"
        return response
    opposite = OPPOSITES.get(act)
    fields = [("act", opposite), ("undo", "yes"), *(("ids", one) for one in ids)]
    undo = Undo(words, shelf.address, fields) if opposite else None
    remaining = list(shelves.shown(shelf.conversations.filter(id__in=ids)))
    gone = set(ids).difference(one.id for one in remaining)
    context: dict[str, object] = {"words": words, "undo": undo, "remaining": remaining, "gone": gone}
    return _answer(request, shelf, context)


def _answer(request: HtmxRequest, shelf: Shelf, context: dict[str, object]) -> HttpResponse:
    if not request.htmx:
        messages.success(request, str(context["words"]))
        return redirect(shelf.address)
    return close_dialog(render(request, "chat/_shelf_changed.html", {"shelf": shelf} | context))


def _ask_for_folder(
    request: HtmxRequest, shelf: Shelf, owner: User, ids: list[UUID], *, error: str = ""
) -> HttpResponse:
    return ask_for_folder(
        request, owner, address=shelf.address, chosen=shelf.folder, fields=_fields("folder", ids), error=error
    )


def _ask_for_tag(request: HtmxRequest, shelf: Shelf, owner: User, ids: list[UUID], *, error: str = "") -> HttpResponse:
    context: dict[str, object] = {
        "title": _("Add a tag"),
        "tags": Tag.objects.visible_to(owner),
        "address": shelf.address,
        "fields": _fields("tag", ids),
        "tag": request.POST.get("tag", ""),
        "error": error,
    }
    return render_dialog(request, "chat/_tag_choice.html", context, status=422 if error else 200)


def _ask_whether(request: HtmxRequest, shelf: Shelf, act: str, ids: list[UUID], count: int) -> HttpResponse:
    """Before what can't be undone."""
    words = ngettext(
        "%(n)s conversation will be deleted with all its messages. This can't be undone.",
        "%(n)s conversations will be deleted with all their messages. This can't be undone.",
        count,
    ) % {"n": number(count)}
    context: dict[str, object] = {"title": _("Delete for good"), "words": words, "act": act}
    context |= {"address": shelf.address, "fields": _fields(act, ids)}
    return render_dialog(request, "chat/_delete_for_good.html", context)


def _fields(act: str, ids: list[UUID]) -> list[tuple[str, object]]:
    return [("act", act), *(("ids", one) for one in ids)]


def _in_dialog(response: HttpResponse) -> HttpResponse:
    response["HX-Retarget"], response["HX-Reswap"] = DIALOG, "innerHTML"
    return response


def _words(act: str, count: int) -> str:
    said = {
        "pin": ngettext("%(n)s conversation was pinned.", "%(n)s conversations were pinned.", count),
        "unpin": ngettext("%(n)s conversation was unpinned.", "%(n)s conversations were unpinned.", count),
        "archive": ngettext("%(n)s conversation was archived.", "%(n)s conversations were archived.", count),
        "unarchive": ngettext(
            "%(n)s conversation was taken out of the archive.",
            "%(n)s conversations were taken out of the archive.",
            count,
        ),
        "trash": ngettext(
            "%(n)s conversation was moved to the trash.", "%(n)s conversations were moved to the trash.", count
        ),
        "restore": ngettext("%(n)s conversation was restored.", "%(n)s conversations were restored.", count),
        "folder": ngettext("%(n)s conversation was moved.", "%(n)s conversations were moved.", count),
        "tag": ngettext("%(n)s conversation was tagged.", "%(n)s conversations were tagged.", count),
        "delete": ngettext(
            "%(n)s conversation was deleted for good.", "%(n)s conversations were deleted for good.", count
        ),
    }
    return said[act] % {"n": number(count)}
