"""What we decide where allauth asks: who may sign up, how accounts are made, how mails leave and where they lead."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any, cast
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from accounts import entrance
from accounts.actions import people
from accounts.addresses import normal_address
from accounts.models import User
from accounts.networks import plain_address
from accounts.sso.access import issuer_of_session
from convoscope.errors import AppError

logger = logging.getLogger(__name__)


class MailFailed(AppError):
    """For who waits for a mail: the server that takes ours didn't."""

    http_status = 503


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy(
            "The e-mail address and the password don't belong together. Check both, or reset the password."
        ),
        "email_taken": gettext_lazy("There is an account with this address already. Sign in, or reset its password."),
        "enter_current_password": gettext_lazy("This is not your current password. Type it again."),
        "incorrect_code": gettext_lazy("This is not the code of the newest mail. Type it as it stands there."),
        "incorrect_password": gettext_lazy("This is not your password. Type it again."),
        "same_as_current": gettext_lazy("This is your address already. Type the new one."),
        "too_many_login_attempts": gettext_lazy("Too many failed attempts. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return entrance.is_open_for_sign_up()

    def clean_email(self, email: str) -> str:
        """Raises: ValidationError for an address that no row can hold."""
        address = normal_address(email)
        if len(address) > (User._meta.get_field("email").max_length or 0):
            raise ValidationError(_("This address is too long. Check it."))
        return address

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user = super().save_user(request, user, form, commit=False)
        if commit:
            people.create_account(user=user, invitation=getattr(form, "invitation", None))
        return user

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Asked before the session ends. Where an issuer began it, there is one more session to end."""
        slug = issuer_of_session(request.session.session_key)
        return reverse("sso_signed_out", args=[slug]) if slug else cast(str, super().get_logout_redirect_url(request))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("preferences")

    def get_email_verification_redirect_url(self, email_address: Any) -> str:
        """Back to the page that asked for the new address; a visitor has none."""
        if self.request.user.is_authenticated:
            return reverse("account_email")
        return cast(str, super().get_email_verification_redirect_url(email_address))

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """What was told on the way in is done with: conversations have no place for it, and later it would surprise."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        list(get_messages(request))
        return response

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Who typed the right password is told why."""
        request.session["suspension_reason"] = user.suspension_reason
        request.session["is_being_erased"] = people.is_being_erased(user)
        response: HttpResponse = super().respond_user_inactive(request, user)
        return response

    def get_client_ip(self, request: HttpRequest) -> str:
        return plain_address(super().get_client_ip(request))

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return _address_of(path.replace("UID-KEY", quote(key)))

    def mail_invitation(self, address: str, token: str, by: User) -> None:
        """Raises: MailFailed."""
        context = {"invitation_url": invitation_url(token), "inviter": by.email}
        self.send_mail("account/email/invitation", address, context)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return _address_of(reverse("account_confirm_email", args=[emailconfirmation.key]))

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """With the address that people use, not the one that a request claims to have come to. In the language of whom
        it goes to, where that is known: a visitor may have asked for it."""
        context = context | {
            "site_url": settings.APP_BASE_URL,
            "login_url": _address_of(reverse("account_login")),
            "signup_url": _address_of(reverse("account_signup")),
            "reset_url": _address_of(reverse("account_reset_password")),
        }
        person = context.get("user")
        with override(person.language if isinstance(person, User) else get_language()):
            return cast(EmailMessage, super().render_mail(template_prefix, email, context, headers))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Raises: MailFailed."""
        if not settings.SENDS_MAIL and settings.IS_PRODUCTION:
            # It would be printed, and its links open the account to whoever reads the log.
            return
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError) as exc:
            logger.error("a mail was not sent: %s: %s", type(exc).__name__, template_prefix)
            raise MailFailed(
                _("The mail could not be sent. Nothing is lost: wait a few minutes, then try to sign in again.")
            ) from exc

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """What it tells of has happened: a mail that can't be sent doesn't undo it, and is logged."""
        try:
            super().send_notification_mail(*args, **kwargs)
        except MailFailed:
            return


def invitation_url(token: str) -> str:
    return _address_of(reverse("invitation_accept", args=[token]))


def _address_of(path: str) -> str:
    return f"{settings.APP_BASE_URL}{path}"
