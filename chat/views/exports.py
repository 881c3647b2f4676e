"""Conversations as files: one at once, all of them as an archive that is made in the background."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from chat import access
from chat.actions.exports import request_export
from chat.exports.formats import format_for, has_files
from chat.exports.forms import ExportForm
from chat.exports.names import file_name
from chat.models import Conversation, ConversationExport
from chat.views.contexts import render_dialog
from chat.views.request import HtmxRequest
from convoscope.encrypted_content import marked_pieces


@login_required
@require_GET
def conversation_export(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    """Which format?"""
    conversation = access.get_conversation(request.user, conversation_id)
    context = {"conversation": conversation, "has_files": has_files(conversation)}
    return render_dialog(request, "chat/_export_dialog.html", context)


@login_required
@require_GET
@never_cache
def conversation_download(request: HtmxRequest, conversation_id: UUID, file_format: str) -> StreamingHttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    chosen = access.found(format_for(file_format, conversation))
    pieces = marked_pieces(chosen.write(conversation, exported_at=timezone.now()))
    response = StreamingHttpResponse(pieces, content_type=chosen.content_type)
    name = file_name(conversation.title, chosen.suffix)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


@login_required
@require_http_methods(["GET", "POST"])
def exports(request: HtmxRequest) -> HttpResponse:
    """The person's archives; a POST has one made. While one is being made, the page asks for its list again."""
    person = access.person(request.user)
    form = ExportForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        request_export(owner=person, format=form.cleaned_data["format"])
        if not request.htmx:
            return redirect("exports")
    listed = list(ConversationExport.objects.visible_to(person).order_by("-id"))
    context: dict[str, object] = {
        "exports": listed,
        "is_making": any(one.is_unfinished for one in listed),
        "form": form if form.errors else ExportForm(),
        "conversation_count": Conversation.objects.visible_to(person).archivable().count(),
    }
    template = "chat/_exports.html" if request.htmx and not form.errors else "chat/exports.html"
    return render(request, template, context, status=422 if form.errors else 200)


@login_required
@require_GET
@never_cache
def export_download(request: HtmxRequest, export_id: UUID) -> FileResponse:
    export = access.get_finished_export(request.user, export_id)
    try:
        file = default_storage.open(export.file)
    except FileNotFoundError as exc:
        raise Http404 from exc
    name = f"convoscope-{export.requested_at:%Y-%m-%d}.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
