"""What models are told of a person in every conversation: a page with all of it, to be changed and forgotten."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions.remembering import forget_fact
from accounts.models import Preferences
from chat import access
from chat.actions import personal_memory
from chat.forms import InstructionsForm
from convoscope.errors import ValidationFailed


@login_required
@require_http_methods(["GET", "POST"])
def memory(request: HttpRequest) -> HttpResponse:
    user = access.person(request.user)
    form = InstructionsForm(request.POST or None, preferences=Preferences.of(user))
    if form.is_valid():
        try:
            personal_memory.set_instructions(user=user, **form.chosen())
        except ValidationFailed as error:
            form.add_error(error.field, error.user_message)
        else:
            messages.success(request, _("Saved. Answers from now on know it."))
            return redirect("memory")
    return _show(request, form, status=422 if form.is_bound else 200)


@login_required
@require_POST
def fact_add(request: HttpRequest) -> HttpResponse:
    user, text = access.person(request.user), request.POST.get("text", "")
    try:
        personal_memory.add_fact(user=user, text=text)
    except ValidationFailed as error:
        return _show_again(request, error, draft=text)
    return redirect("memory")


@login_required
@require_POST
def fact_change(request: HttpRequest, fact_id: UUID) -> HttpResponse:
    user, text = access.person(request.user), request.POST.get("text", "")
    fact = access.get_fact(user, fact_id)
    try:
        personal_memory.change_fact(user=user, fact_id=fact_id, text=text)
    except ValidationFailed as error:
        return _show_again(request, error, changed=str(fact["id"]), draft=text)
    return redirect("memory")


@login_required
@require_POST
def fact_forget(request: HttpRequest, fact_id: UUID) -> HttpResponse:
    user = access.person(request.user)
    fact = access.get_fact(user, fact_id)
    forget_fact(user=user, fact_id=fact_id)
    messages.success(request, _("Forgotten: “%(fact)s”") % {"fact": fact["text"]})
    return redirect("memory")


def _show_again(request: HttpRequest, error: ValidationFailed, *, draft: str, changed: str = "") -> HttpResponse:
    form = InstructionsForm(preferences=Preferences.of(access.person(request.user)))
    return _show(request, form, status=422, error=error.user_message, draft=draft, changed=changed)


def _show(request: HttpRequest, form: InstructionsForm, *, status: int, **said: str) -> HttpResponse:
    """`changed` is the fact that was refused as it was changed; without one it is a new one."""
    context = {"form": form, "facts": Preferences.of(access.person(request.user)).facts} | said
    return render(request, "chat/memory.html", context, status=status)
