"""The page of the providers, for administrators: which are on, and a form for each to paste a key."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from convoscope.errors import ValidationFailed
from convoscope.numbers import number
from providers import access
from providers.actions import endpoints
from providers.catalog import Endpoint as KnownEndpoint
from providers.configured import default_model, offline_only
from providers.forms import EndpointForm
from providers.listing import list_endpoint, list_endpoints
from providers.trial import Trial
from providers.views.request import is_htmx


@login_required
@require_GET
def providers(request: HttpRequest) -> HttpResponse:
    access.require_administrator(request.user)
    return render(request, "providers/providers.html", _page())


@login_required
@require_POST
@sensitive_post_parameters("api_key")
def endpoint_save(request: HttpRequest, name: str) -> HttpResponse:
    person = access.require_administrator(request.user)
    known = access.get_known_endpoint(name)
    form = EndpointForm(request.POST)
    try:
        trial = endpoints.save_endpoint(known=known, **form.endpoint(), by=person)
    except ValidationFailed as error:
        return _refused(request, known, form, error)
    return _answer(request, known, _outcome(known, trial))


@login_required
@require_POST
def endpoint_test(request: HttpRequest, name: str) -> HttpResponse:
    person = access.require_administrator(request.user)
    endpoint = access.get_endpoint(name)
    trial = endpoints.test_endpoint(endpoint=endpoint, by=person)
    known = access.get_known_endpoint(name)
    return _answer(request, known, _outcome(known, trial))


@login_required
@require_POST
def endpoint_enable(request: HttpRequest, name: str) -> HttpResponse:
    person = access.require_administrator(request.user)
    endpoint = access.get_endpoint(name)
    endpoints.enable_endpoint(endpoint=endpoint, by=person)
    known = access.get_known_endpoint(name)
    return _answer(request, known, _("%(name)s is in use.") % {"name": known.label})


@login_required
@require_POST
def endpoint_remove(request: HttpRequest, name: str) -> HttpResponse:
    person = access.require_administrator(request.user)
    endpoint = access.get_endpoint(name)
    # Read first: a server of an administrator's own is known by its row alone.
    known = access.get_known_endpoint(name)
    endpoints.remove_endpoint(endpoint=endpoint, by=person)
    return _answer(request, known, _("The key of %(name)s is removed.") % {"name": known.label})


def _answer(request: HttpRequest, known: KnownEndpoint, notice: str) -> HttpResponse:
    """The provider as it is now: its row of the page, or the page."""
    if is_htmx(request):
        context = _summary() | {"listed": list_endpoint(known), "notice": notice}
        return render(request, "providers/_endpoint_changed.html", context)
    messages.info(request, notice)
    return redirect(f"{reverse('providers')}#endpoint-{known.name}")


def _refused(request: HttpRequest, known: KnownEndpoint, form: EndpointForm, error: ValidationFailed) -> HttpResponse:
    """The error beside its field. With HTMX the form stays as it is, with the key in it; else the page comes back
    with what was typed but the key, which is never sent."""
    if is_htmx(request):
        response = render(request, "providers/_field_error.html", {"error": error.user_message}, status=422)
        response["HX-Retarget"] = f"#{known.name}-{error.field}-error"
        response["HX-Reswap"] = "innerHTML"
        return response
    refused = {"name": known.name, "field": error.field, "error": error.user_message, "typed": form.shown_again()}
    return render(request, "providers/providers.html", _page() | {"refused": refused}, status=422)


def _page() -> dict[str, object]:
    listed = list_endpoints()
    return _summary() | {
        "hosted": [one for one in listed if not one.known.is_local],
        "local": [one for one in listed if one.known.is_local and not one.known.is_custom],
        "custom": [one for one in listed if one.known.is_custom],
    }


def _summary() -> dict[str, object]:
    return {"offline_only": offline_only(), "default_model": default_model()}


def _outcome(known: KnownEndpoint, trial: Trial) -> str:
    if trial.failure:
        return _("The test of %(name)s failed.") % {"name": known.label}
    if trial.first_token_ms is None:
        return _("%(name)s works: %(model)s answered.") % {"name": known.label, "model": trial.model}
    return _("%(name)s works: %(model)s began to answer after %(seconds)s s.") % {
        "name": known.label,
        "model": trial.model,
        "seconds": number(trial.first_token_ms / 1000, 2),
    }
