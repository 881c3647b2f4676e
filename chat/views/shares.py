"""Sharing a conversation, the list of a person's links, and the page that a link leads to."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.views.limits import limited_by_network
from chat import access
from chat.actions.shares import revoke_share, share_conversation
from chat.models import Conversation, Message, Share
from chat.models.attachment import SENT
from chat.shares.forms import BelowForm, ShareForm
from chat.shares.listing import list_shares, shares_of
from chat.shares.shown import shown_of
from chat.shares.snapshot import count_shareable
from chat.views.attachments import file_response
from chat.views.contexts import render_dialog
from chat.views.request import HtmxRequest
from convoscope.errors import ValidationFailed


@login_required
@require_http_methods(["GET", "POST"])
def conversation_share(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    """Says what will be seen before it is shared, and shows the links that there are."""
    access.require_sharing()
    return _share(request, access.get_conversation(request.user, conversation_id), until=None)


@login_required
@require_http_methods(["GET", "POST"])
def message_share(request: HtmxRequest, message_id: UUID) -> HttpResponse:
    """The conversation up to one of its messages, by the path that leads there."""
    access.require_sharing()
    message = access.get_message(request.user, message_id)
    return _share(request, message.conversation, until=message)


@login_required
@require_GET
def share_list(request: HtmxRequest) -> HttpResponse:
    """All of the person's links; a further page of them for who scrolls."""
    form = BelowForm(request.GET)
    below = form.cleaned_data["below"] if form.is_valid() else None
    page = list_shares(access.person(request.user), below=below)
    template = "chat/_shares.html" if request.htmx and below else "chat/share_list.html"
    return render(request, template, {"shares": page.shares, "next": page.next})


@login_required
@require_POST
def share_revoke(request: HtmxRequest, share_id: UUID) -> HttpResponse:
    share = access.get_share(request.user, share_id)
    revoke_share(share=share)
    if not request.htmx:
        return redirect("share_list")
    return render(request, "chat/_share.html", {"share": share})


@csp_replace({name: ["'none'"] for name in ("connect-src", "form-action", "manifest-src")})  # type: ignore[arg-type]  # its types know no parameters of views
@require_GET
@limited_by_network("shares")
@never_cache
def share(request: HttpRequest, token: str) -> HttpResponse:
    """For whoever has the link, signed in or not."""
    shared = access.find_shared(token)
    if shared is None:
        response = render(request, "chat/share_gone.html", status=404)
    elif shared.is_expired:
        response = render(request, "chat/share_expired.html", {"share": shared}, status=410)
    else:
        said = [one | {"created_at": parse_datetime(one["created_at"])} for one in shown_of(shared)]
        response = render(request, "chat/share.html", {"share": shared, "said": said})
    response["X-Robots-Tag"] = "noindex, nofollow"
    # The address is the key to it.
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_GET
@limited_by_network("share-images")
def share_image(request: HttpRequest, token: str, image_id: UUID) -> FileResponse:
    """As models were given it: without what a camera wrote into it."""
    image = access.get_shared_image(token, image_id)
    response = file_response(image, SENT, content_type="", is_download=False)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _share(request: HtmxRequest, conversation: Conversation, *, until: Message | None) -> HttpResponse:
    dialog = partial(_dialog, request, conversation, until)
    if request.method == "GET":
        return dialog(ShareForm(initial={"expiry": "7"}))
    form = ShareForm(request.POST)
    try:
        if form.is_valid():
            share = share_conversation(conversation=conversation, expires_at=form.expires_at(), until=until)
            return dialog(ShareForm(initial={"expiry": "7"}), made=share)
    except ValidationFailed as error:
        form.add_error(None, error.user_message)
    return dialog(form, status=422)


def _dialog(
    request: HtmxRequest,
    conversation: Conversation,
    until: Message | None,
    form: ShareForm,
    *,
    made: Share | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, object] = {
        "conversation": conversation,
        "until": until,
        "form": form,
        "made": made,
        "message_count": count_shareable(until.id if until else conversation.active_leaf_id),
        "shares": [one for one in shares_of(conversation) if one != made],
    }
    return render_dialog(request, "chat/_share_dialog.html", context, status=status)
