"""OpenID Connect on allauth, with its shortcuts closed: the ID token's signature is always verified, its nonce checked,
and the issuer believed only as far as its discovery document holds."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import get_request_param
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

from accounts.addresses import normal_address
from accounts.sso.asking import ask_json
from accounts.sso.claims import storable
from accounts.sso.configured import Configured
from accounts.sso.discovery import Issuer, issuer_of
from accounts.sso.faults import Reason, SSOFailed
from accounts.sso.tokens import verify_id_token


def account_key(issuer: str, subject: str) -> str:
    """What a person is known by: the issuer's name belongs to it, so that another issuer set up in its place finds no
    account of the first one's people."""
    return sha256(f"{issuer} {subject}".encode()).hexdigest()


def sign_out_address(provider: Configured) -> str:
    """Where the issuer asks people whether they sign out there, too; blank where it has no such page. The way back is
    left out: issuers refuse one that they weren't told of.

    Raises: SSOFailed.
    Source: https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
    """
    address = issuer_of(provider).end_session_endpoint
    query = urlencode({"client_id": provider.client_id})
    return f"{address}{'&' if '?' in address else '?'}{query}" if address else ""


class IssuerAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    # That of the sign-in which the callback belongs to.
    nonce = ""

    def get_provider(self) -> IssuerProvider:
        """Made once: where it is set up may be a row."""
        return self._provider

    @cached_property
    def _provider(self) -> IssuerProvider:
        found: IssuerProvider = super().get_provider()
        return found

    @property
    def configured(self) -> Configured:
        found: Configured = self._provider.app.settings["configured"]
        return found

    @cached_property
    def issuer(self) -> Issuer:
        return issuer_of(self.configured)

    @property
    def basic_auth(self) -> bool:
        """A client without a secret has nothing to authenticate with, and says its id in the body."""
        return bool(self.configured.secret) and "client_secret_post" not in self.issuer.token_auth_methods

    @property
    def access_token_url(self) -> str:
        return self.issuer.token_endpoint

    @property
    def authorize_url(self) -> str:
        return self.issuer.authorization_endpoint

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        """Raises: SSOFailed."""
        form = {
            "grant_type": "authorization_code",
            "code": get_request_param(request, "code"),
            "redirect_uri": client.callback_url,
            "code_verifier": pkce_code_verifier,
        }
        if self.basic_auth:
            given = {"auth": (app.client_id, app.secret)}
        else:
            given = {}
            form |= {"client_id": app.client_id} | ({"client_secret": app.secret} if app.secret else {})
        data = ask_json("POST", client.access_token_url, what="the answer to the code", data=form, **given)
        if not isinstance(data.get("access_token"), str):
            raise SSOFailed(Reason.ANSWER, "the answer to the code has no access token")
        return data

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """It is used for one question and kept nowhere."""
        return SocialToken(token=data["access_token"])

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Raises: SSOFailed."""
        signed = verify_id_token(kwargs["response"].get("id_token"), self.configured, nonce=self.nonce)
        claims = storable(self._with_more(signed, token.token))
        return self.get_provider().sociallogin_from_response(request, claims)

    def _with_more(self, signed: dict[str, Any], access_token: str) -> dict[str, Any]:
        """What the issuer tells beside the token; where both say something, the token does. Raises: SSOFailed."""
        if not self.issuer.userinfo_endpoint:
            return signed
        headers = {"Authorization": f"Bearer {access_token}"}
        more = ask_json(
            "GET", self.issuer.userinfo_endpoint, what="what the issuer tells of the person", headers=headers
        )
        if more.get("sub") != signed["sub"]:
            raise SSOFailed(Reason.TOKEN, "what the issuer tells is of another person than the ID token")
        if "email" in signed:
            # Whether an address is confirmed is said of that address alone.
            more.pop("email_verified", None)
        return more | signed


class IssuerProvider(OpenIDConnectProvider):  # type: ignore[misc]  # allauth has no types
    """In the place of allauth's, by the settings. What it gives is one flat set of claims."""

    # Whose addresses allauth takes beside ours.
    package = "allauth.socialaccount.providers.openid_connect"
    oauth2_adapter_class = IssuerAdapter

    def serialize(self) -> dict[str, Any]:
        """By its own name: two issuers may know us by the same client id."""
        return {"id": self.app.provider_id, "app.client_id": self.app.client_id}

    def redirect(self, request: HttpRequest, process: str, next_url: Any = None, data: Any = None, **given: Any) -> Any:
        nonce = secrets.token_urlsafe(24)
        return super().redirect(request, process, next_url, data, auth_params={"nonce": nonce}, nonce=nonce, **given)

    def extract_uid(self, data: dict[str, Any]) -> str:
        return account_key(str(data["iss"]), str(data["sub"]))

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return data

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        names = {"name": "name", "first_name": "given_name", "last_name": "family_name"}
        return {field: data[name] for field, name in names.items() if isinstance(data.get(name), str)}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        address, said = data.get("email"), data.get("email_verified")
        if not isinstance(address, str):
            return []
        # Some issuers write it as a word.
        return [EmailAddress(email=normal_address(address), verified=said is True or said == "true", primary=True)]


class IssuerCallbackView(OAuth2CallbackView):  # type: ignore[misc]  # allauth has no types
    def _get_state(self, request: HttpRequest, provider: IssuerProvider) -> tuple[Any, HttpResponse | None]:
        """Raises: SSOFailed for the answer of another issuer than the one that was asked.

        Source: https://www.rfc-editor.org/rfc/rfc9207
        """
        state, response = super()._get_state(request, provider)
        if state is not None:
            self.adapter.nonce = state.get("nonce", "")
            answers = request.GET.get("iss")
            if answers is not None and "{" not in self.adapter.issuer.issuer and answers != self.adapter.issuer.issuer:
                raise SSOFailed(Reason.TOKEN, f"another issuer answered: {answers[:200]!r}")
        return state, response
