"""Inspect: how an answer came about. For its owner beside the conversation or as a page; for administrators by the
reference id that an error shows, without text and requests."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chat import access
from chat.effective import hidden_prompt
from chat.forms import FailuresForm, ReferenceForm
from chat.guards.policies import policy_for
from chat.inspect import Inspection, inspect_message, inspect_request
from chat.inspect.document import as_json
from chat.inspect.drawing import draw
from chat.inspect.failures import recent_failures
from chat.inspect.wire import request_text
from chat.runs.guarding import has_canary
from chat.views.request import HtmxRequest
from providers.access import require_administrator

# The last calls are those that decided. Few answers take more than five; one that took hundreds opens as quickly.
SHOWN_CALLS = 20


@login_required
@require_GET
def message_inspect(request: HtmxRequest, message_id: UUID) -> HttpResponse:
    message = access.get_message(request.user, message_id)
    return _show(request, inspect_message(message, viewer=access.person(request.user)))


@login_required
@require_GET
def run_inspect(request: HtmxRequest, run_id: UUID) -> HttpResponse:
    """The answer that this run worked on, by the reference id under its error."""
    person = access.person(request.user)
    get_run = access.get_run_for_operator if person.is_superuser else access.get_run
    return _show(request, inspect_message(get_run(person, run_id).message, viewer=person), reference=run_id)


@login_required
@require_GET
def request_inspect(request: HtmxRequest, request_id: UUID) -> HttpResponse:
    """A request without a run, such as a title's: calls, routing and cost."""
    require_administrator(request.user)
    return _show(request, access.found(inspect_request(request_id)), reference=request_id)


@login_required
@require_GET
def run_request(request: HtmxRequest, run_id: UUID, call_number: int) -> HttpResponse:
    """One call's request as it was sent: apart, since it may be large, and its owner's alone."""
    run = access.get_run(request.user, run_id)
    prompt = hidden_prompt(run.settings, run.message.conversation)
    may_know = not has_canary(policy_for(run.message.conversation.owner_id), prompt)
    text = request_text(access.get_wire_request(run, call_number), hidden="" if may_know else prompt)
    context = {"text": text, "run": run, "call_number": call_number}
    if request.htmx:
        return render(request, "chat/_inspect_wire.html", context)
    return render(request, "chat/inspect_wire.html", context)


@login_required
@require_GET
def inspect_lookup(request: HtmxRequest) -> HttpResponse:
    """For administrators: from a reference id, or from the list of what failed, to the provider's own error."""
    require_administrator(request.user)
    error = ""
    form = ReferenceForm(request.GET)
    if form.is_valid() and (reference := form.cleaned_data["reference"]):
        if access.find_run_for_operator(request.user, reference) is not None:
            return redirect("run_inspect", reference)
        if inspect_request(reference) is not None:
            return redirect("request_inspect", reference)
        error = _("Nothing is kept under this reference. It may be older than what is kept, or of another site.")
    elif form.errors:
        error = _("That is no reference id. It has 36 characters, such as 0192d3b0-7c1e-7a54-9f0e-5d1c6f2b8a90.")
    failures = FailuresForm(request.GET)
    context = {
        "error": error,
        "typed": request.GET.get("reference", ""),
        "filter": failures,
        "failures": recent_failures(**failures.chosen()),
    }
    return render(request, "chat/inspect_lookup.html", context, status=422 if error else 200)


def _show(request: HtmxRequest, inspection: Inspection, *, reference: UUID | None = None) -> HttpResponse:
    if request.GET.get("as") == "json":
        return HttpResponse(as_json(inspection), content_type="application/json")
    context = {
        "inspection": inspection,
        "shown": [(one, draw(one)) for one in inspection.requests],
        "reference": reference,
        "address": request.path,
        "slice": ":" if "all" in request.GET else f"-{SHOWN_CALLS}:",
        "shown_calls": SHOWN_CALLS,
        "shows_all": "all" in request.GET,
    }
    return render(request, "chat/_inspect.html" if request.htmx else "chat/inspect.html", context)
