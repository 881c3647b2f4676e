"""SAML's addresses: what comes back from a sign-in, a logout at the provider, and how this site describes itself."""

from __future__ import annotations

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import httpkit
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.providers.saml.views import acs as allauths_acs
from allauth.socialaccount.sessions import LoginSession
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from accounts.sso.adapter import failure
from accounts.sso.configured import Configured
from accounts.sso.faults import Reason, SSOFailed
from accounts.sso.saml import FAULTS, auth_of, saml_config, verify_response
from accounts.views.sso import known_provider

ACS_SESSION = "saml-acs-session"


@csrf_exempt
@never_cache
@require_POST
def saml_acs(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """What the provider has the browser post is kept for the next page, under a cookie that no script needs."""
    _known(organization_slug)
    response: HttpResponse = allauths_acs(request, organization_slug=organization_slug)
    response.cookies[ACS_SESSION]["httponly"] = True
    return response


@never_cache
@require_GET
def saml_finish_acs(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Where that page leads: now the session's cookie comes along."""
    found = _known(organization_slug)
    kept = LoginSession(request, "saml_acs_session", ACS_SESSION)
    posted = kept.store.get("request")
    kept.delete()
    try:
        if not posted:
            raise SSOFailed(Reason.STATE, "there is no response of the provider to finish with")
        response = verify_response(httpkit.deserialize_request(posted, HttpRequest()), found)
        provider = get_adapter(request).get_provider(request, found.slug)
        try:
            state = provider.unstash_redirect_state(request, response.get_in_response_to())
        except PermissionDenied as exc:
            raise SSOFailed(Reason.STATE, "no sign-in of this browser waits for this response") from exc
        login = provider.sociallogin_from_response(request, response)
        login.state = state
        answer: HttpResponse = complete_social_login(request, login)
    except SSOFailed as fault:
        return failure(request, found, fault)
    except ImmediateHttpResponse as immediate:
        answer = immediate.response
    return answer


@never_cache
@require_GET
def saml_sls(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """A logout that the provider leads the browser through. It has to be signed: otherwise any page could."""
    found = _known(organization_slug)
    adapter = get_account_adapter(request)
    try:
        auth = auth_of(request, found)
        if not request.GET.get("Signature"):
            raise SSOFailed(Reason.TOKEN, "the logout isn't signed")
        try:
            leads_to = auth.process_slo(
                delete_session_cb=lambda: adapter.logout(request),
                keep_local_session=not request.user.is_authenticated,
            )
        except FAULTS as exc:
            raise SSOFailed(Reason.TOKEN, f"the logout can't be read: {exc}"[:300]) from exc
        if errors := auth.get_errors():
            raise SSOFailed(Reason.TOKEN, f"the logout isn't valid: {auth.get_last_error_reason() or errors}"[:300])
    except SSOFailed as fault:
        return failure(request, found, fault)
    # The provider's own address, from its metadata.
    return HttpResponseRedirect(leads_to) if leads_to else redirect("account_login")


@require_GET
def saml_metadata(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """For the provider's administrator. They say nothing of the provider, so they are there before it is."""
    found = _known(organization_slug)
    settings = OneLogin_Saml2_Settings(saml_config(request, found.slug, {}), sp_validation_only=True)
    return HttpResponse(settings.get_sp_metadata(), content_type="application/samlmetadata+xml")


def _known(slug: str) -> Configured:
    """Raises: Http404."""
    found = known_provider(slug)
    if found.kind != "saml":
        raise Http404
    return found
