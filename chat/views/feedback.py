"""What a person thinks of an answer: good or bad under it, and a comment in the dialog."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from chat import access
from chat.actions.feedback import COMMENT_MAX_CHARS, comment_on_message, rate_message
from chat.models import Message
from chat.views.contexts import close_dialog, render_dialog
from chat.views.request import HtmxRequest
from convoscope.encrypted_content import Unreadable
from convoscope.encrypted_fields import is_marked, mark_locked
from convoscope.errors import ValidationFailed


@login_required
@require_http_methods(["GET", "POST"])
def message_feedback(request: HtmxRequest, message_id: UUID) -> HttpResponse:
    """The comment's form; with `feedback` the answer is rated, with `comment` the comment is stored."""
    message = access.get_message(request.user, message_id)
    if request.method == "GET":
        if is_marked(message.feedback_comment):
            raise Unreadable
        return render_dialog(request, "chat/_feedback_comment.html", _form(message, message.feedback_comment))
    if "comment" in request.POST:
        return _comment(request, message, request.POST["comment"])
    rate_message(message=message, feedback=request.POST.get("feedback", ""))
    if request.htmx:
        return render(request, "chat/_feedback.html", {"message": mark_locked(message)})
    return redirect("conversation_detail", message.conversation_id)


def _comment(request: HtmxRequest, message: Message, comment: str) -> HttpResponse:
    try:
        comment_on_message(message=message, comment=comment)
    except ValidationFailed as error:
        context = _form(message, comment) | {"error": error.user_message}
        return render_dialog(request, "chat/_feedback_comment.html", context, status=422)
    if request.htmx:
        return close_dialog(render(request, "chat/_feedback.html", {"message": message, "is_pushed": True}))
    return redirect("conversation_detail", message.conversation_id)


def _form(message: Message, comment: str) -> dict[str, object]:
    return {"message": message, "comment": comment, "max_chars": COMMENT_MAX_CHARS}
