"""SAML 2.0 on python3-saml: what is asked of it beyond its own checks, and how allauth gets the result.

An assertion has to be signed, meant for this site and this sign-in, and new. Messages of the provider's own accord,
without a sign-in that began here, aren't taken.
"""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.providers.saml.provider import SAMLProvider as AllauthProvider
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from lxml import etree
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.logout_request import OneLogin_Saml2_Logout_Request
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from accounts.addresses import normal_address
from accounts.sso.asking import ask
from accounts.sso.configured import Configured, is_protected
from accounts.sso.discovery import KEPT_S
from accounts.sso.faults import Reason, SSOFailed
from accounts.sso.openid import account_key

TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
# How long an assertion's id is remembered: python3-saml takes none that is older.
REPLAY_S = 24 * 3600
# A logout is led through the browser at once; clocks differ.
LOGOUT_S = 300
# What vendors call these beside the names of the standards.
ATTRIBUTES = {
    **AllauthProvider.default_attribute_mapping,
    "email": [*AllauthProvider.default_attribute_mapping["email"], "urn:oid:1.2.840.113549.1.9.1", "email", "mail"],
    "email_verified": [*AllauthProvider.default_attribute_mapping["email_verified"], "email_verified"],
    "first_name": [*AllauthProvider.default_attribute_mapping["first_name"], "firstName", "givenName"],
    "last_name": [
        *AllauthProvider.default_attribute_mapping["last_name"],
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
        "lastName",
        "sn",
    ],
}
FAULTS = (
    OneLogin_Saml2_Error,
    OneLogin_Saml2_ValidationError,
    etree.LxmlError,
    zlib.error,
    ValueError,
    AttributeError,
)


def identity_provider_of(provider: Configured) -> dict[str, Any]:
    """What the metadata say: its name, its addresses and certificates. Kept for an hour.

    Raises: SSOFailed.
    """
    name = f"{provider.metadata_url} {provider.entity_id} {provider.metadata}"
    key = f"sso:saml:{sha256(name.encode()).hexdigest()}"
    found: dict[str, Any] | None = cache.get(key)
    if found is None:
        found = read_metadata(provider)
        cache.set(key, found, KEPT_S)
    return found


def read_metadata(provider: Configured) -> dict[str, Any]:
    """Asked now, and not kept.

    Raises: SSOFailed.
    """
    text: str | bytes = provider.metadata
    if provider.metadata_url:
        if not is_protected(provider.metadata_url):
            raise SSOFailed(Reason.CONFIGURATION, "the metadata have no https:// address")
        text = ask("GET", provider.metadata_url, what="the metadata")
    try:
        found = OneLogin_Saml2_IdPMetadataParser.parse(text, entity_id=provider.entity_id or None)
    except FAULTS as exc:
        raise SSOFailed(Reason.CONFIGURATION, f"the metadata can't be read: {exc}"[:300]) from exc
    given: dict[str, Any] = found.get("idp", {})
    if not given.get("entityId"):
        whose = f" {provider.entity_id!r}" if provider.entity_id else ""
        raise SSOFailed(Reason.CONFIGURATION, f"the metadata describe no identity provider{whose}")
    address = given.get("singleSignOnService", {}).get("url", "")
    if not is_protected(address):
        raise SSOFailed(Reason.CONFIGURATION, f"the metadata name no https:// address to sign in at: {address[:200]!r}")
    if not given.get("x509cert") and not given.get("x509certMulti", {}).get("signing"):
        raise SSOFailed(Reason.CONFIGURATION, "the metadata have no certificate for signatures")
    return given


def service_addresses(request: HttpRequest, slug: str) -> dict[str, str]:
    """Where this site takes assertions and logouts, and describes itself, which is its name too."""
    names = ("saml_acs", "saml_sls", "saml_metadata")
    return {name: request.build_absolute_uri(reverse(name, args=[slug])) for name in names}


def saml_config(request: HttpRequest, slug: str, identity_provider: dict[str, Any]) -> dict[str, Any]:
    at = service_addresses(request, slug)
    return {
        "strict": True,
        "idp": identity_provider,
        "sp": {
            "entityId": at["saml_metadata"],
            "assertionConsumerService": {
                "url": at["saml_acs"],
                "binding": OneLogin_Saml2_Constants.BINDING_HTTP_POST,
            },
            "singleLogoutService": {
                "url": at["saml_sls"],
                "binding": OneLogin_Saml2_Constants.BINDING_HTTP_REDIRECT,
            },
        },
        "security": {
            "wantAssertionsSigned": True,
            "rejectDeprecatedAlgorithm": True,
            "wantNameId": False,
            "wantAttributeStatement": False,
            "allowRepeatAttributeName": True,
            "requestedAuthnContext": False,
            "signatureAlgorithm": OneLogin_Saml2_Constants.RSA_SHA256,
            "digestAlgorithm": OneLogin_Saml2_Constants.SHA256,
            # Of machines within one's own network, too.
            "allowSingleLabelDomains": True,
        },
    }


def _as_it_came(request: HttpRequest) -> dict[str, Any]:
    """For python3-saml, which compares where it came to with where it was meant to."""
    return {
        "https": "on" if request.is_secure() else "off",
        "http_host": request.get_host(),
        "script_name": request.META.get("SCRIPT_NAME", ""),
        "path_info": request.path_info,
        "get_data": request.GET.dict(),
        "post_data": request.POST.dict(),
    }


def auth_of(request: HttpRequest, provider: Configured) -> OneLogin_Saml2_Auth:
    """Raises: SSOFailed."""
    config = saml_config(request, provider.slug, identity_provider_of(provider))
    try:
        return OneLogin_Saml2_Auth(_as_it_came(request), config)
    except FAULTS as exc:
        raise SSOFailed(Reason.CONFIGURATION, f"the metadata are of no use: {exc}"[:300]) from exc


def verify_response(request: HttpRequest, provider: Configured) -> OneLogin_Saml2_Response:
    """What came by POST, once.

    Raises: SSOFailed.
    """
    text = request.POST.get("SAMLResponse", "")
    config = saml_config(request, provider.slug, identity_provider_of(provider))
    try:
        settings = OneLogin_Saml2_Settings(config, sp_validation_only=False)
        response = OneLogin_Saml2_Response(settings, text)
        is_valid = response.is_valid(_as_it_came(request))
    except FAULTS as exc:
        raise SSOFailed(Reason.TOKEN, f"the response can't be read: {type(exc).__name__}"[:300]) from exc
    if not is_valid:
        raise SSOFailed(Reason.TOKEN, f"the response isn't valid: {response.get_error()}"[:300])
    _check_what_may_be_left_out(response, service_addresses(request, provider.slug))
    name = sha256(f"{provider.slug} {response.get_assertion_id()}".encode()).hexdigest()
    if not cache.add(f"sso:assertion:{name}", True, REPLAY_S):
        raise SSOFailed(Reason.TOKEN, "the assertion was used already")
    return response


def _check_what_may_be_left_out(response: OneLogin_Saml2_Response, at: dict[str, str]) -> None:
    """python3-saml compares what there is. Here it has to be there, in the part that is signed."""
    if at["saml_metadata"] not in response.get_audiences():
        raise SSOFailed(Reason.TOKEN, "the assertion names no audience")
    confirmations = response._query_assertion("/saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData")
    request_id = response.get_in_response_to()
    for one in confirmations:
        is_ours = one.get("Recipient") == at["saml_acs"] and one.get("NotOnOrAfter")
        if is_ours and request_id and one.get("InResponseTo") == request_id:
            return
    raise SSOFailed(Reason.TOKEN, "the assertion doesn't say for which sign-in here, and until when, it is")


@dataclass(frozen=True, slots=True)
class Logout:
    """Whose sessions are over: those of `sids`, or without them all of the person's. `leads_to` is the provider's own
    address, where the browser goes on."""

    issuer: str
    name: str
    sids: list[str]
    leads_to: str


def verify_logout(request: HttpRequest, provider: Configured) -> Logout:
    """What the provider leads the browser here with, once. It has to be signed: otherwise any page could.

    Raises: SSOFailed.
    """
    auth = auth_of(request, provider)
    if "SAMLResponse" in request.GET:
        raise SSOFailed(Reason.STATE, "this site asked for no logout that this would answer")
    if not request.GET.get("Signature"):
        raise SSOFailed(Reason.TOKEN, "the logout isn't signed")
    try:
        leads_to = auth.process_slo(keep_local_session=True)
        if errors := auth.get_errors():
            raise SSOFailed(Reason.TOKEN, f"the logout isn't valid: {auth.get_last_error_reason() or errors}"[:300])
        root = etree.fromstring(auth.get_last_request_xml().encode())
        name = OneLogin_Saml2_Logout_Request.get_nameid(root)
        sids = OneLogin_Saml2_Logout_Request.get_session_indexes(root)
        issued_at_s = OneLogin_Saml2_Utils.parse_SAML_to_time(root.get("IssueInstant"))
    except FAULTS as exc:
        raise SSOFailed(Reason.TOKEN, f"the logout can't be read: {exc}"[:300]) from exc
    if not name or not name.strip():
        raise SSOFailed(Reason.TOKEN, "the logout names nobody")
    if abs(time.time() - issued_at_s) > LOGOUT_S:
        raise SSOFailed(Reason.TOKEN, f"the logout isn't of the last {LOGOUT_S} s by this machine's clock")
    known = sha256(f"{provider.slug} {root.get('ID')}".encode()).hexdigest()
    if not cache.add(f"sso:saml-logout:{known}", True, 2 * LOGOUT_S):
        raise SSOFailed(Reason.TOKEN, "the logout was used already")
    return Logout(identity_provider_of(provider)["entityId"], name, sids, leads_to)


class SAMLProvider(AllauthProvider):  # type: ignore[misc]  # allauth has no types
    """In the place of allauth's, by the settings."""

    # Whose addresses allauth takes beside ours.
    package = "allauth.socialaccount.providers.saml"
    default_attribute_mapping = ATTRIBUTES

    @property
    def configured(self) -> Configured:
        found: Configured = self.app.settings["configured"]
        return found

    def serialize(self) -> dict[str, Any]:
        return {"id": self.app.provider_id, "app.client_id": self.app.client_id}

    def redirect(
        self, request: HttpRequest, process: str, next_url: Any = None, data: Any = None, **given: Any
    ) -> HttpResponse:
        """Raises: SSOFailed."""
        auth = auth_of(request, self.configured)
        url = auth.login(return_to="")
        self.stash_redirect_state(request, process, next_url, data, state_id=auth.get_last_request_id(), **given)
        return HttpResponseRedirect(url)

    def extract_uid(self, data: OneLogin_Saml2_Response) -> str:
        """Raises: SSOFailed."""
        return account_key(identity_provider_of(self.configured)["entityId"], self.subject_of(data))

    def subject_of(self, data: OneLogin_Saml2_Response) -> str:
        """Raises: SSOFailed."""
        subject = self._extract(data).get("uid")
        if not subject and data.get_nameid_format() == TRANSIENT:
            raise SSOFailed(
                Reason.CONFIGURATION, "the provider names people anew each time: choose a persistent NameID"
            )
        subject = subject or data.get_nameid()
        if not subject:
            raise SSOFailed(Reason.CONFIGURATION, "the assertion names nobody: it has neither NameID nor subject-id")
        return str(subject)

    def extract_extra_data(self, data: OneLogin_Saml2_Response) -> dict[str, Any]:
        """The attributes, and what else claims of OpenID Connect would say."""
        attributes: dict[str, Any] = data.get_attributes()
        return attributes | {
            "iss": identity_provider_of(self.configured)["entityId"],
            "sub": self.subject_of(data),
            "sid": data.get_session_index() or "",
        }

    def extract_email_addresses(self, data: OneLogin_Saml2_Response) -> list[EmailAddress]:
        found = self._extract(data)
        address, verified = normal_address(found.get("email") or ""), bool(found.get("email_verified"))
        return [EmailAddress(email=address, verified=verified, primary=True)] if address else []

    def extract_common_fields(self, data: OneLogin_Saml2_Response) -> dict[str, Any]:
        found = self._extract(data)
        return {name: found[name] for name in ("first_name", "last_name") if found.get(name)}
