"""The page "Decisions about your account": what moderators did, and what may be said against it."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from chat import access
from chat.actions import appeals
from chat.actions.looks import see_looks
from chat.actions.moderation import acknowledge_warning
from chat.moderation.decisions import decisions_about, looks_at
from convoscope.errors import ValidationFailed


@login_required
@require_GET
def decisions(request: HttpRequest) -> HttpResponse:
    return _page(request)


@login_required
@require_POST
def decision_appeal(request: HttpRequest, action_id: UUID) -> HttpResponse:
    action = access.get_own_decision(request.user, action_id)
    text = request.POST.get("text", "")
    try:
        appeals.appeal(action=action, text=text)
    except ValidationFailed as error:
        return _page(request, refused={"id": action.id, "text": text, "error": error.user_message}, status=422)
    return redirect("decisions")


@login_required
@require_POST
def warning_acknowledge(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """The one that was shown: another may have come since."""
    acknowledge_warning(warning=access.get_own_decision(request.user, action_id))
    return redirect("decisions")


def _page(request: HttpRequest, *, refused: dict[str, object] | None = None, status: int = 200) -> HttpResponse:
    person = access.person(request.user)
    looks = looks_at(person)
    context = {
        "decisions": decisions_about(person),
        "looks": looks,
        "refused": refused,
        "max_chars": appeals.APPEAL_MAX_CHARS,
    }
    response = render(request, "chat/decisions.html", context, status=status)
    if any(look.seen_at is None for look in looks):
        see_looks(owner=person)
    return response
