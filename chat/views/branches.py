"""Commands on a conversation's tree: edit a question, answer again, walk siblings, delete and bring back, fork."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from uuid_utils.compat import uuid7

from accounts.views.limits import with_limit_headers
from chat import access
from chat.actions import branches, conversations, forks, runs
from chat.forms import RestoreForm, TurnForm
from chat.fragments import show_message
from chat.templatetags.dom import dom_id
from chat.views.contexts import close_dialog, render_dialog, render_path
from chat.views.model_picker import render_picker
from chat.views.request import HtmxRequest
from chat.views.submitting import submit
from convoscope.encrypted_content import Unreadable
from convoscope.encrypted_fields import is_marked
from convoscope.errors import AppError, LimitReached, ValidationFailed
from convoscope.middleware import with_headers


@login_required
@require_http_methods(["GET", "POST"])
@with_limit_headers
def message_edit(request: HtmxRequest, message_id: UUID) -> HttpResponse:
    """Ask a question in other words, beside the first ones."""
    question = access.get_question(request.user, message_id)
    if is_marked(question.text):
        # It would be edited in its place.
        raise Unreadable
    context: dict[str, object] = {
        "message": question,
        "turn_key": uuid7(),
        "draft": question.text,
        "sent": question.attachments.defer("text").order_by("position"),
    }
    if request.method == "GET":
        return _show_edit(request, context)
    data = request.POST.copy()
    try:
        turn = submit(request, TurnForm(data), conversation_id=question.conversation_id, edited_id=question.id)
    except AppError as error:
        if request.htmx:
            raise
        limit = error if isinstance(error, LimitReached) else None
        status = 422 if isinstance(error, ValidationFailed) else error.http_status
        again = {
            "draft": data.get("text", ""),
            "error": error.user_message,
            "limit": limit,
            "attachments": access.get_waiting(request.user, data.getlist("attachments")),
            "without": data.getlist("without"),
        }
        response = _show_edit(request, context | again, status=status)
        return with_headers(response, limit.headers if limit else {})
    return render_path(request, turn.conversation)


@login_required
@require_http_methods(["GET", "POST"])
@with_limit_headers
def message_retry(request: HtmxRequest, message_id: UUID) -> HttpResponse:
    """Answer again, by the same model or by one that is picked here."""
    message = access.get_message(request.user, message_id)
    person = access.person(request.user)
    here = reverse("message_retry", args=[message.id])
    if request.method == "GET":
        return render_picker(request, person, message.conversation, here=here, is_retry=True)
    model = request.POST.get("model", "")
    is_last = not message.children.present().exists()
    try:
        answer = runs.retry_message(message=message, by=person, model=model)
    except ValidationFailed as error:
        if not model:
            raise
        return render_picker(request, person, message.conversation, here=here, is_retry=True, error=error.user_message)
    if request.htmx and is_last and request.htmx.target == dom_id(message):
        return render(request, "chat/_message.html", {"shown": show_message(answer)})
    return close_dialog(render_path(request, answer.conversation))


@login_required
@require_POST
def message_select(request: HtmxRequest, message_id: UUID) -> HttpResponse:
    """Show the branch that goes through this message."""
    message = access.get_place(request.user, message_id)
    conversation = conversations.select_message(message=message)
    if request.htmx:
        return render_path(request, conversation)
    address = reverse("conversation_detail", args=[conversation.id])
    return redirect(f"{address}?at={message.id}#{dom_id(message)}")


@login_required
@require_GET
def message_menu(request: HtmxRequest, message_id: UUID) -> HttpResponse:
    """What is seldom done to a message; without JavaScript a page of its own."""
    message = access.get_message(request.user, message_id)
    template = "chat/_message_menu.html" if request.htmx else "chat/message_menu.html"
    return render(request, template, {"message": message, "sharing_allowed": settings.SHARING_ALLOWED})


@login_required
@require_http_methods(["GET", "POST"])
def message_delete(request: HtmxRequest, message_id: UUID) -> HttpResponse:
    """Asks first, and says how much goes; then it can be undone for a while."""
    message = access.get_place(request.user, message_id)
    if request.method == "GET":
        context: dict[str, object] = {"message": message, "following": branches.count_following(message)}
        return render_dialog(request, "chat/_message_delete.html", context)
    leaf_id = message.conversation.active_leaf_id
    conversation = branches.delete_message(message=message)
    if not request.htmx:
        return redirect("conversation_detail", conversation.id)
    return close_dialog(render_path(request, conversation, {"deleted": message, "leaf_id": leaf_id}))


@login_required
@require_POST
def message_restore(request: HtmxRequest, message_id: UUID) -> HttpResponse:
    message = access.get_deleted_message(request.user, message_id)
    leaf_id = RestoreForm(request.POST).leaf_id()
    return render_path(request, branches.restore_message(message=message, leaf_id=leaf_id))


@login_required
@require_POST
def message_fork(request: HtmxRequest, message_id: UUID) -> HttpResponse:
    """Go on in a new conversation with a copy of the path to here, or of the whole tree."""
    message = access.get_message(request.user, message_id)
    fork = forks.fork_conversation(
        message=message, by=access.person(request.user), has_branches="branches" in request.POST
    )
    if not request.htmx:
        return redirect("conversation_detail", fork.id)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = reverse("conversation_detail", args=[fork.id])
    return response


def _show_edit(request: HtmxRequest, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    template = "chat/_message_edit.html" if request.htmx else "chat/message_edit.html"
    return render(request, template, context, status=status)
