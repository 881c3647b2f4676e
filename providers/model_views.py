"""Pages for administrators: an endpoint under a name of their own, and the models of an endpoint."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from convoscope.errors import ValidationFailed
from providers import access
from providers.actions import endpoints, models
from providers.catalog import Endpoint as KnownEndpoint
from providers.configured import limits
from providers.errors import ProviderError
from providers.model_forms import AccessForm, ModelRowForm, NewEndpointForm, refuse
from providers.model_listing import list_models
from providers.syncing import ask_for_models
from providers.trial import in_words


@login_required
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("api_key")
def endpoint_add(request: HttpRequest) -> HttpResponse:
    person = access.require_administrator(request.user)
    form = NewEndpointForm(request.POST or None)
    if request.method == "POST":
        try:
            trial = endpoints.add_endpoint(**form.endpoint(), by=person)
        except ValidationFailed as error:
            refuse(form, error)
        else:
            name = form.endpoint()["name"].strip().lower()
            messages.info(request, _("The test failed.") if trial.failure else _("%(name)s works.") % {"name": name})
            return redirect(f"{reverse('providers')}#endpoint-{name}")
    return render(request, "providers/endpoint_add.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_GET
def model_list(request: HttpRequest, name: str) -> HttpResponse:
    access.require_administrator(request.user)
    return render(request, "providers/model_list.html", _page(access.get_known_endpoint(name)))


@login_required
@require_http_methods(["GET", "POST"])
def model_edit(request: HttpRequest, name: str) -> HttpResponse:
    """One model, named by `?model=`; without it one that is added."""
    person = access.require_administrator(request.user)
    known = access.get_known_endpoint(name)
    model_id = request.GET.get("model", "")
    row, entry = access.get_model(known, model_id) if model_id else (None, None)
    form = ModelRowForm(
        request.POST or None, row=row, entry=entry, limit=limits().get(f"{known.name}/{model_id}") if model_id else None
    )
    if request.method == "POST" and form.is_valid():
        model_id = model_id or form.cleaned_data["model_id"].strip()
        try:
            models.save_model(known=known, model_id=model_id, fields=form.fields_of_model(), by=person)
            models.limit_access(
                name=f"{known.name}/{model_id}",
                teams=form.cleaned_data["teams"],
                tiers=form.cleaned_data["tiers"],
                by=person,
            )
        except ValidationFailed as error:
            refuse(form, error)
        else:
            messages.info(request, _("%(model)s is saved.") % {"model": model_id})
            return redirect("model_list", known.name)
    context = {"form": form, "known": known, "entry": entry, "row": row}
    return render(request, "providers/model_edit.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def model_forget(request: HttpRequest, name: str) -> HttpResponse:
    person = access.require_administrator(request.user)
    known = access.get_known_endpoint(name)
    model_id = request.POST.get("model", "")
    models.forget_model(known=known, model_id=model_id, by=person)
    messages.info(request, _("What was said here of %(model)s is forgotten.") % {"model": model_id[:200]})
    return redirect("model_list", known.name)


@login_required
@require_POST
def models_ask(request: HttpRequest, name: str) -> HttpResponse:
    """Ask the endpoint which models it has, and show what it said beside what is known."""
    access.require_administrator(request.user)
    known = access.get_known_endpoint(name)
    endpoint = access.get_configured(known)
    context = _page(known)
    if endpoint is None:
        message = _("%(name)s is off. Switch it on, then ask again.") % {"name": known.label}
        return render(request, "providers/model_list.html", context | {"failure": message}, status=409)
    try:
        comparison = ask_for_models(endpoint)
    except ProviderError as error:
        failure = in_words(error, endpoint, "")
        return render(request, "providers/model_list.html", context | {"failure": failure}, status=502)
    models.note_gone_models(known=known, gone=comparison.gone, listed=comparison.known)
    return render(request, "providers/model_list.html", _page(known) | {"comparison": comparison})


@login_required
@require_POST
def models_add(request: HttpRequest, name: str) -> HttpResponse:
    """Add those that were ticked of what the endpoint listed."""
    person = access.require_administrator(request.user)
    known = access.get_known_endpoint(name)
    try:
        added = models.add_found_models(known=known, model_ids=request.POST.getlist("model"), by=person)
    except ValidationFailed as error:
        return render(request, "providers/model_list.html", _page(known) | {"failure": error.user_message}, status=422)
    messages.info(
        request, ngettext("%(count)d model is added.", "%(count)d models are added.", added) % {"count": added}
    )
    return redirect("model_list", known.name)


@login_required
@require_POST
def endpoint_limit(request: HttpRequest, name: str) -> HttpResponse:
    """Who may use an endpoint with all its models."""
    person = access.require_administrator(request.user)
    known = access.get_known_endpoint(name)
    form = AccessForm(request.POST, limit=None)
    if not form.is_valid():
        return render(request, "providers/model_list.html", _page(known) | {"access": form}, status=422)
    models.limit_access(name=known.name, teams=form.cleaned_data["teams"], tiers=form.cleaned_data["tiers"], by=person)
    messages.info(request, _("Saved. It holds for every answer that begins from now on."))
    return redirect("model_list", known.name)


def _page(known: KnownEndpoint) -> dict[str, object]:
    return {
        "known": known,
        "listed": list_models(known),
        "access": AccessForm(limit=limits().get(known.name)),
        "limit": limits().get(known.name),
    }
