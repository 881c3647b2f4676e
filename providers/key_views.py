"""A person's page of provider keys of their own, where the site allows them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from convoscope.errors import LimitReached, ValidationFailed
from providers import access
from providers.actions import own_keys
from providers.personal import own_key_places


@login_required
@require_GET
def own_key_list(request: HttpRequest) -> HttpResponse:
    return render(request, "providers/own_key_list.html", _page(access.require_own_keys(request.user)))


@login_required
@require_POST
@sensitive_post_parameters("api_key")
def own_key_save(request: HttpRequest, name: str) -> HttpResponse:
    person = access.require_own_keys(request.user)
    known = access.get_own_key_place(name)
    try:
        own_keys.save_own_key(known=known, api_key=request.POST.get("api_key", ""), owner=person)
    except ValidationFailed as error:
        return _refused(request, person, name, error.user_message, status=422)
    except LimitReached as error:
        words = _("The key was not tested, and is not kept: that would be one request too many. %(when)s")
        response = _refused(request, person, name, words % {"when": error.when}, status=error.http_status)
        for header, value in error.headers.items():
            response[header] = value
        return response
    messages.info(request, _("Your key for %(name)s works and is used for your answers.") % {"name": known.label})
    return redirect("own_key_list")


@login_required
@require_POST
def own_key_remove(request: HttpRequest, name: str) -> HttpResponse:
    person = access.require_own_keys(request.user)
    own_keys.remove_own_key(endpoint=access.get_own_key(person, name))
    messages.info(request, _("Your key is removed."))
    return redirect("own_key_list")


def _refused(request: HttpRequest, person: User, name: str, error: str, *, status: int) -> HttpResponse:
    context = _page(person) | {"refused": {"name": name, "error": error}}
    return render(request, "providers/own_key_list.html", context, status=status)


def _page(person: User) -> dict[str, object]:
    rows = access.own_keys(person)
    return {"places": [(known, rows.get(known.name)) for known in own_key_places()]}
