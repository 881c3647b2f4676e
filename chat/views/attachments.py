"""Files for messages: brought, removed, and fetched by their owner."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.views.limits import with_limit_headers
from chat import access
from chat.actions.attachments import create_attachment, delete_attachment
from chat.models import Attachment
from chat.models.attachment import PNG_MARK, SENT, THUMBNAIL, image_type
from chat.views.request import HtmxRequest
from convoscope.errors import AppError, LimitReached, ValidationFailed
from convoscope.middleware import with_headers

KEPT_S = 3600


@login_required
@require_POST
@with_limit_headers
def attachment_create(request: HtmxRequest) -> HttpResponse:
    """Read one file and keep it until it is sent; the answer is its chip, or the sentence that says why not. A body
    that is far too long doesn't come here: `convoscope.handler` answers it."""
    upload = request.FILES.get("file")
    if upload is None:
        return _refuse(request, _("Choose a file."), 422)
    try:
        attachment = create_attachment(owner=access.person(request.user), upload=upload)
    except AppError as error:
        # A form that is refused is 422 to a browser.
        status = 422 if isinstance(error, ValidationFailed) else error.http_status
        response = _refuse(request, error.user_message, status)
        return with_headers(response, error.headers if isinstance(error, LimitReached) else {})
    return render(request, "chat/_attachment.html", {"attachment": attachment}, status=201)


@login_required
@require_GET
def attachment_waiting(request: HtmxRequest) -> HttpResponse:
    """The chips of those that a draft names, as far as they still wait, and a word on those that are gone."""
    ids = request.GET.getlist("attachments")
    chips = [
        render_to_string("chat/_attachment.html", {"attachment": one}) for one in access.get_waiting(request.user, ids)
    ]
    if gone := access.get_gone(request.user, ids):
        chips.append(render_to_string("chat/_attachment_gone.html", {"gone": gone}))
    return HttpResponse("".join(chips))


@login_required
@require_POST
def attachment_delete(request: HtmxRequest, attachment_id: UUID) -> HttpResponse:
    delete_attachment(attachment=access.get_attachment(request.user, attachment_id))
    # Empty, not 204: what is swapped for its chip is nothing.
    return HttpResponse() if request.htmx else redirect("chat_new")


@login_required
@require_GET
def attachment(request: HtmxRequest, attachment_id: UUID) -> FileResponse:
    """The file as it was brought: to be saved, never to be opened by the page's own origin."""
    found = access.get_attachment(request.user, attachment_id)
    return file_response(found, "", content_type=found.media_type, is_download=True)


@login_required
@require_GET
def attachment_thumbnail(request: HtmxRequest, attachment_id: UUID) -> FileResponse:
    found = access.get_attachment(request.user, attachment_id)
    if not found.is_image:
        raise Http404
    return file_response(found, THUMBNAIL, content_type="image/webp", is_download=False)


def file_response(attachment: Attachment, made: str, *, content_type: str, is_download: bool) -> FileResponse:
    """The file, or what was made of it; private to the browser that fetched it.

    Raises: Http404 where the storage has lost it.
    """
    if not attachment.has_file:
        raise Http404
    try:
        opened = default_storage.open(attachment.file + made)
    except FileNotFoundError as exc:
        raise Http404 from exc
    if made == SENT:
        content_type = image_type(opened.read(len(PNG_MARK)))
        opened.seek(0)
    response = FileResponse(opened, as_attachment=is_download, filename=attachment.name, content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = f"private, max-age={KEPT_S}"
    return response


def _refuse(request: HtmxRequest, message: str, status: int) -> HttpResponse:
    return render(request, "_error.html", {"message": message}, status=status)
