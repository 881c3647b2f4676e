"""The public key of tokens, and what answers where there are none."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal.jwkkit import load_jwk_from_pem
from django.conf import settings
from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

KEYS_CACHED_S = 3600


def for_apps(view: Callable[..., HttpResponseBase], *methods: str) -> Callable[..., HttpResponseBase]:
    """One of allauth's, for these methods. Without a key nothing is signed: there are no tokens on this site."""

    @csrf_exempt
    @require_http_methods(methods)
    @wraps(view)
    def with_key(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.HEADLESS_JWT_PRIVATE_KEY:
            raise Http404
        return view(request, *args, **kwargs)

    return with_key


@require_GET
@cache_control(public=True, max_age=KEYS_CACHED_S)
def token_keys(_request: HttpRequest) -> JsonResponse:
    """As RFC 7517 has it. A shared secret is in no such list."""
    if settings.HEADLESS_JWT_ALGORITHM != "RS256" or not settings.HEADLESS_JWT_PRIVATE_KEY:
        return JsonResponse({"keys": []})
    public, _private = load_jwk_from_pem(settings.HEADLESS_JWT_PRIVATE_KEY)
    return JsonResponse({"keys": [public | {"use": "sig", "alg": "RS256"}]})
