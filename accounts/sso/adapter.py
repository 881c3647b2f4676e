"""What we decide where allauth asks about identity providers: which there are, whose account a sign-in leads to, and
what is said when it leads to none."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal.flows.login import complete_login
from allauth.socialaccount.internal.flows.signup import complete_social_signup
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from accounts.actions import people, sso
from accounts.addresses import normal_address
from accounts.middleware import limit_visits
from accounts.models import SSOTrace, User
from accounts.sso.asking import BoundedSession
from accounts.sso.configured import Configured, configured_providers
from accounts.sso.faults import Reason, SSOFailed, advice
from accounts.sso.linking import connect


class SSOAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "no_password": gettext_lazy("This is your only way in. Set a password first, or connect another provider."),
        "no_verified_email": gettext_lazy("This is your only way in. Confirm your e-mail address first."),
    }

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """By a provider's name in addresses, or all of one kind by allauth's name of it."""
        apps = [one.as_app() for one in configured_providers()]
        if provider is not None:
            named = [app for app in apps if app.provider_id == provider]
            apps = named or [app for app in apps if app.provider == provider]
        return [app for app in apps if client_id in (None, app.client_id)]

    def get_requests_session(self) -> BoundedSession:
        return BoundedSession()

    def is_email_verified(self, provider: Any, email: str) -> bool:
        trusts: bool = provider.app.settings["configured"].trusts_addresses
        return trusts

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """In one form each, and with the first address that is confirmed."""
        for one in sociallogin.email_addresses:
            one.email = normal_address(one.email)
        ranked = sorted(sociallogin.email_addresses, key=lambda one: not one.verified)
        data["email"] = ranked[0].email if ranked else ""
        user: User = super().populate_user(request, sociallogin, data)
        user.first_name, user.last_name = user.first_name[:150], user.last_name[:150]
        return user

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        """The account with an address that both sides have confirmed."""
        for one in sociallogin.email_addresses:
            if not one.verified:
                continue
            ours = EmailAddress.objects.filter(email=one.email, user__email=one.email, verified=True)
            if (found := ours.select_related("user").first()) is not None:
                return found.user, one.email
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Raises: ImmediateHttpResponse for who connects, and with a refusal."""
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            if sociallogin.is_existing and sociallogin.user != request.user:
                self._refuse(request, sociallogin, Reason.ELSEWHERE)
            raise ImmediateHttpResponse(self.connect(request, sociallogin))
        reason = None if sociallogin.is_existing else _why_not_new(sociallogin)
        if reason == Reason.UNCONFIRMED:
            # Another sign-in of theirs may have made the account since it was looked for: a second tab or click.
            sociallogin.lookup()
        sociallogin.state["outcome"] = SSOTrace.Outcome.SIGNED_IN
        if sociallogin.is_existing:
            if not sociallogin.user.is_active:
                # The provider says who they are: they are told why, as after a password.
                _write_refusal(sociallogin, Reason.SUSPENDED)
                raise ImmediateHttpResponse(get_adapter().respond_user_inactive(request, sociallogin.user))
            if sociallogin.account._state.adding:
                sociallogin.state["outcome"] = SSOTrace.Outcome.LINKED
            return
        sociallogin.state["outcome"] = SSOTrace.Outcome.CREATED
        if reason is not None:
            self._refuse(request, sociallogin, reason)

    def connect(self, request: HttpRequest, sociallogin: SocialLogin) -> HttpResponse:
        try:
            return connect(request, sociallogin)
        except SSOFailed as fault:
            return refusal(request, sociallogin, fault.reason)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Those who may not were refused before. What allauth would do next is to look once more whether somebody has
        the address: whoever took it since would be told of it by mail.

        Raises: ImmediateHttpResponse, always.
        """
        self.save_user(request, sociallogin)
        raise ImmediateHttpResponse(complete_social_signup(request, sociallogin))

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        user: User = sociallogin.user
        user.set_unusable_password()
        sociallogin.email_addresses = [one for one in sociallogin.email_addresses if one.email == user.email][:1]
        is_confirmed = any(one.verified for one in sociallogin.email_addresses)
        try:
            with transaction.atomic():
                people.create_account(user=user, is_admitted=True)
                sociallogin.save(request)
                if is_confirmed:
                    people.confirm_address(user=user, address=user.email)
        except IntegrityError as exc:
            # The address was taken since it was looked for: by another sign-in of theirs, or by somebody else.
            raise ImmediateHttpResponse(complete_login(request, sociallogin)) from exc
        return user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Raises: ImmediateHttpResponse with our page. allauth comes here with what it caught itself, too."""
        if isinstance(exception, SSOFailed):
            fault = exception
        elif error == AuthError.CANCELLED or request.GET.get("error"):
            said = " ".join(request.GET.get(name, "") for name in ("error", "error_description"))
            fault = SSOFailed(Reason.DENIED, said.strip()[:300])
        elif exception is None:
            fault = SSOFailed(Reason.STATE, "no sign-in of this browser waits for this answer")
        else:
            fault = SSOFailed(Reason.ANSWER, f"{type(exception).__name__}: {exception}"[:300])
        raise ImmediateHttpResponse(failure(request, provider.app.settings["configured"], fault))

    def validate_disconnect(self, account: SocialAccount, accounts: Any) -> None:
        """Raises: ValidationError, where nothing that works would be left to sign in with. allauth has looked whether
        it is the last row; those of providers that are no longer set up let nobody in."""
        ways = {one.slug for one in configured_providers()}
        others = [one for one in accounts if one.pk != account.pk and one.provider in ways]
        if not others and not account.user.has_usable_password():
            raise self.validation_error("no_password")

    def _refuse(self, request: HttpRequest, sociallogin: SocialLogin, reason: Reason) -> None:
        """Raises: ImmediateHttpResponse."""
        raise ImmediateHttpResponse(refusal(request, sociallogin, reason))


def refusal(request: HttpRequest, sociallogin: SocialLogin, reason: Reason) -> HttpResponse:
    configured: Configured = sociallogin.provider.app.settings["configured"]
    return _page(request, configured, reason, _write_refusal(sociallogin, reason), 403)


def _write_refusal(sociallogin: SocialLogin, reason: Reason) -> SSOTrace:
    return sso.write_trace(
        provider=sociallogin.provider.app.settings["configured"].slug,
        user=sociallogin.user if sociallogin.is_existing else None,
        outcome=SSOTrace.Outcome.REFUSED,
        reason=reason,
        claims=sociallogin.account.extra_data,
    )


def failure(request: HttpRequest, provider: Configured, fault: SSOFailed) -> HttpResponse:
    """Raises: LimitReached, so that no stranger fills the list of traces."""
    limit_visits(request, "sso-failures")
    trace = sso.write_trace(
        provider=provider.slug, user=None, outcome=SSOTrace.Outcome.FAILED, reason=fault.reason, detail=fault.detail
    )
    is_down = fault.reason in (Reason.UNREACHABLE, Reason.ANSWER, Reason.CONFIGURATION)
    return _page(request, provider, fault.reason, trace, 502 if is_down else 401)


def _page(request: HttpRequest, provider: Configured, reason: Reason, trace: SSOTrace, status: int) -> HttpResponse:
    context = {"provider": provider, "advice": advice(reason, provider.name), "reason": reason, "trace": trace}
    return render(request, "socialaccount/authentication_error.html", context, status=status)


def _why_not_new(sociallogin: SocialLogin) -> Reason | None:
    """Why no account is made for somebody who has none."""
    configured: Configured = sociallogin.provider.app.settings["configured"]
    address = sociallogin.user.email
    if not address:
        return Reason.NO_ADDRESS
    theirs = [one.email for one in sociallogin.email_addresses if one.verified or one.email == address]
    if User.objects.filter(email__in=theirs).exists():
        return Reason.UNCONFIRMED
    is_confirmed = any(one.verified for one in sociallogin.email_addresses if one.email == address)
    if people.is_administrators(address):
        # That account has every right: an address that anybody may have typed doesn't make it.
        return None if is_confirmed else Reason.UNCONFIRMED
    return None if configured.creates_accounts else Reason.NOT_INVITED
