"""The way to an issuer and back, what a person is connected to, and the issuer's word that sessions are over."""

from __future__ import annotations

import logging
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.github.views import oauth2_callback as allauths_callback
from allauth.socialaccount.views import ConnectionsView
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.actions import sso
from accounts.actions.sso_sessions import end_sessions_of
from accounts.middleware import limit_visits
from accounts.models import SSOTrace
from accounts.sso.access import connected_accounts
from accounts.sso.adapter import failure
from accounts.sso.configured import ALLAUTH, Configured, configured_provider, configured_providers
from accounts.sso.faults import SSOFailed
from accounts.sso.openid import IssuerAdapter, IssuerCallbackView, sign_out_address
from accounts.sso.tokens import verify_logout_token

logger = logging.getLogger(__name__)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sso_start(request: HttpRequest, slug: str) -> HttpResponse:
    """Leave for the provider. The way there is a page and no redirect: our content policy lets forms be sent to this
    site alone, and browsers hold redirects that follow to that, too."""
    found = known_provider(slug)
    process = AuthProcess.CONNECT if _asks_to_connect(request) else AuthProcess.LOGIN
    if request.method != "POST":
        # A link from elsewhere begins nothing by itself.
        return render(request, "socialaccount/login.html", {"provider": found, "process": process})
    provider = get_adapter(request).get_provider(request, slug)
    kwargs = provider.get_redirect_from_request_kwargs(request)
    next_url = {"next_url": kwargs["next_url"]} if "next_url" in kwargs else {}
    try:
        response = provider.redirect(request, process, **next_url)
    except SSOFailed as fault:
        return failure(request, found, fault)
    return render(request, "socialaccount/leaving.html", {"provider": found, "url": response["Location"]})


@never_cache
def openid_connect_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    found = known_provider(provider_id)
    try:
        response: HttpResponse = IssuerCallbackView.adapter_view(IssuerAdapter(request, provider_id))(request)
    except SSOFailed as fault:
        return failure(request, found, fault)
    return response


@never_cache
def github_callback(request: HttpRequest) -> HttpResponse:
    known_provider("github")
    response: HttpResponse = allauths_callback(request)
    return response


@never_cache
@require_GET
def sso_signed_out(request: HttpRequest, slug: str) -> HttpResponse:
    """Here, and not yet at the issuer, where that has a page for it. Raises: LimitReached."""
    limit_visits(request, "sso-signed-out")
    found = known_provider(slug)
    try:
        address = sign_out_address(found) if ALLAUTH[found.kind] == "openid_connect" else ""
    except SSOFailed as fault:
        logger.warning("%s doesn't say where people sign out: %s", slug, fault.detail)
        address = ""
    if not address or request.user.is_authenticated:
        return redirect("account_login")
    return render(request, "socialaccount/signed_out.html", {"provider": found, "url": address})


@csrf_exempt
@require_POST
def backchannel_logout(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The issuer's server says that a session there is over.

    Source: https://openid.net/specs/openid-connect-backchannel-1_0.html#BCResponse
    """
    found = known_provider(provider_id)
    if found.kind in ("github", "saml"):
        raise Http404
    try:
        claims = verify_logout_token(request.POST.get("logout_token"), found)
    except SSOFailed as fault:
        limit_visits(request, "sso-failures")
        logger.warning("a logout token of %s was refused: %s", found.slug, fault.detail)
        sso.write_trace(
            provider=found.slug,
            user=None,
            outcome=SSOTrace.Outcome.FAILED,
            reason=fault.reason,
            detail=f"back-channel logout: {fault.detail}",
        )
        answer: HttpResponse = JsonResponse({"error": "invalid_request", "error_description": fault.detail}, status=400)
    else:
        sids = [claims["sid"]] if "sid" in claims else []
        end_sessions_of(provider=found.slug, issuer=claims["iss"], subject=claims.get("sub", ""), sids=sids)
        answer = HttpResponse()
    answer["Cache-Control"] = "no-store"
    return answer


class SSOConnectionsView(ConnectionsView):  # type: ignore[misc]  # allauth has no types
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the names of their providers, and those that can be connected yet."""
        known = {one.slug: one.name for one in configured_providers()}
        rows = connected_accounts(self.request.user)
        connected = [{"account": one, "name": known.get(one.provider)} for one in rows]
        taken = {one.provider for one in rows}
        others = [one for one in configured_providers() if one.slug not in taken]
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"connected": connected, "others": others}


def known_provider(slug: str) -> Configured:
    """Raises: Http404."""
    if (found := configured_provider(slug)) is None:
        raise Http404
    return found


def _asks_to_connect(request: HttpRequest) -> bool:
    asked = request.POST.get("process") or request.GET.get("process")
    return asked == AuthProcess.CONNECT and request.user.is_authenticated
