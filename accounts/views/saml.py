"""SAML's addresses: what comes back from a sign-in, a logout at the provider, and how this site describes itself."""

from __future__ import annotations

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import httpkit
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.providers.saml.views import acs as allauths_acs
from allauth.socialaccount.sessions import LoginSession
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from accounts.actions.sso_sessions import end_sessions_of
from accounts.sso.adapter import failure
from accounts.sso.configured import Configured
from accounts.sso.faults import Reason, SSOFailed
from accounts.sso.saml import saml_config, verify_logout, verify_response
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
        # A logout will name the person so, whatever names the account.
        login.state = state | {"named": response.get_nameid() or ""}
        answer: HttpResponse = complete_social_login(request, login)
    except SSOFailed as fault:
        return failure(request, found, fault)
    except ImmediateHttpResponse as immediate:
        answer = immediate.response
    return answer


@never_cache
@require_GET
def saml_sls(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """A logout that the provider leads the browser through. Whose sessions end stands in it: this may be another
    person's browser."""
    found = _known(organization_slug)
    try:
        logout = verify_logout(request, found)
    except SSOFailed as fault:
        return failure(request, found, fault)
    end_sessions_of(provider=found.slug, issuer=logout.issuer, subject=logout.name, sids=logout.sids)
    if (key := request.session.session_key) and not request.session.exists(key):
        request.session.flush()
    return HttpResponseRedirect(logout.leads_to)


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
