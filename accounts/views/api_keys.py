"""A person's own keys for the API, and the page of what a key or token opens."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods
from uuid_utils.compat import uuid7

from accounts import access
from accounts.actions.api_keys import MadeAlready, make_api_key, revoke_api_key, usable_keys
from accounts.api_key_form import MEANINGS, APIKeyForm
from accounts.bearer import bearer_of
from accounts.models import APIKey, User
from convoscope.errors import AppError, ValidationFailed


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def api_key_list(request: HttpRequest) -> HttpResponse:
    """What was made is shown in the answer to the form and nowhere after it."""
    person, made, token, error, status = cast(User, request.user), None, "", "", 200
    form = APIKeyForm(request.POST or None, person=person, initial={"key_id": uuid7()})
    if request.method == "POST" and not form.is_valid():
        status = 422
    elif request.method == "POST":
        try:
            made, token = make_api_key(
                key_id=form.key_id_given(),
                user=person,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                expires_at=form.expires_at(),
            )
        except (ValidationFailed, MadeAlready) as exc:
            error, status = exc.user_message, 409 if isinstance(exc, MadeAlready) else 422
        if made or status == 409:
            form = APIKeyForm(person=person, initial={"key_id": uuid7()})
    keys = usable_keys().filter(user=person).order_by("-created_at")
    context = {"form": form, "keys": keys, "made": made, "token": token, "error": error, "meanings": MEANINGS}
    return render(request, "accounts/api_key_list.html", context, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def api_key_revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Asked about first: programs that use it stop working, and it can't be undone."""
    key = access.get_api_key(request.user, key_id)
    if request.method == "GET" and key.revoked_at is None:
        return render(request, "accounts/api_key_revoke.html", {"key": key})
    if request.method == "GET":
        return redirect("api_key_list")
    revoke_api_key(key=key, by=key.user)
    messages.success(request, _("The key “%(name)s” is revoked.") % {"name": key.name})
    return redirect("api_key_list")


@csrf_exempt
@require_GET
def account_show(request: HttpRequest) -> HttpResponse:
    """Whose the key or token is that was sent, and what it may do."""
    try:
        bearer = bearer_of(request.headers.get("Authorization", ""))
        bearer.require(APIKey.Scope.READ)
    except AppError as exc:
        return _refused(exc)
    person = bearer.user
    answer = {
        "id": str(person.id),
        "email": person.email,
        "tier": person.tier_in_force or None,
        "roles": sorted(person.role_names),
        "scopes": sorted(bearer.scopes),
        "key": bearer.key and {"name": bearer.key.name, "prefix": bearer.key.prefix},
    }
    return JsonResponse(answer)


def _refused(error: AppError) -> HttpResponse:
    response = JsonResponse({"error": {"code": error.code, "message": error.user_message}}, status=error.http_status)
    response["X-Error-Code"] = error.code
    if error.http_status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response
