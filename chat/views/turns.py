"""Commands on turns: submit, stop, continue."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.views.limits import with_limit_headers
from chat import access
from chat.actions import runs, turns
from chat.forms import TurnForm
from chat.fragments import ShownMessage, show_message, show_path, show_turn
from chat.models import Conversation
from chat.views.contexts import begun_context, budget_context, conversation_context, new_chat_context, render_path
from chat.views.request import HtmxRequest
from chat.views.submitting import submit
from convoscope.errors import AppError, LimitReached, ValidationFailed
from convoscope.middleware import with_headers


@login_required
@require_POST
@with_limit_headers
def conversation_create(request: HtmxRequest) -> HttpResponse:
    return _submit(request, None)


@login_required
@require_POST
@with_limit_headers
def message_create(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    return _submit(request, conversation_id)


@login_required
@require_POST
def run_stop(request: HtmxRequest, run_id: UUID) -> HttpResponse:
    run = access.get_run(request.user, run_id)
    runs.stop_run(run=run)
    if request.htmx:
        return HttpResponse(status=204)
    return redirect("conversation_detail", run.message.conversation_id)


@login_required
@require_POST
@with_limit_headers
def message_continue(request: HtmxRequest, message_id: UUID) -> HttpResponse:
    message = access.get_message(request.user, message_id)
    answer = runs.continue_message(message=message, by=access.person(request.user))
    if request.htmx:
        return render(request, "chat/_message.html", {"shown": show_message(answer)})
    return redirect("conversation_detail", answer.conversation_id)


def _submit(request: HtmxRequest, conversation_id: UUID | None) -> HttpResponse:
    form = TurnForm(request.POST.copy())
    try:
        turn = submit(request, form, conversation_id=conversation_id)
    except Conversation.DoesNotExist as exc:
        raise Http404 from exc
    except AppError as error:
        if request.htmx:
            raise
        return _show_again(request, conversation_id, form, error)
    if conversation_id is None:
        return _show_new(request, turn)
    if turn.is_compared:
        return render_path(request, turn.conversation, {"compared": [], "is_sent": True} | budget_context(request.user))
    if request.htmx:
        context = {"messages": _shown(turn), "conversation": turn.conversation}
        return render(request, "chat/_turn.html", context | budget_context(request.user))
    return redirect("conversation_detail", turn.conversation.id)


def _shown(turn: turns.Turn) -> list[ShownMessage]:
    if turn.is_branch:
        return show_path([turn.question, turn.answer])
    return show_turn(turn.question, turn.answer, turn.run, turn.attached)


def _show_new(request: HtmxRequest, turn: turns.Turn) -> HttpResponse:
    address = reverse("conversation_detail", args=[turn.conversation.id])
    if not request.htmx:
        return redirect(address)
    is_begun = turn.is_new and not turn.is_compared
    context = begun_context(turn) if is_begun else conversation_context(turn.conversation)
    response = render(request, "chat/_conversation_new.html", context)
    response["HX-Push-Url"] = address
    return response


def _show_again(request: HtmxRequest, conversation_id: UUID | None, form: TurnForm, error: AppError) -> HttpResponse:
    """Without JavaScript the page comes back with the error beside the composer and the text still in it."""
    limit = error if isinstance(error, LimitReached) else None
    context = {
        "error": error.user_message,
        "error_code": error.code,
        "limit": limit,
        "draft": form.data.get("text", ""),
        "attachments": access.get_waiting(request.user, form.data.getlist("attachments")),
    }
    status = 422 if isinstance(error, ValidationFailed) else error.http_status
    if conversation_id is None:
        new_chat = new_chat_context(request.user, model=form.data.get("model", ""))
        new_chat |= {"is_temporary": "temporary" in form.data, "tells_of_person": "tells_of_person" in form.data}
        response = render(request, "chat/new.html", new_chat | context, status=status)
    else:
        shown = conversation_context(access.get_conversation(request.user, conversation_id))
        response = render(request, "chat/conversation.html", shown | context, status=status)
    return with_headers(response, limit.headers if limit else {})
