"""allauth's forms in our words: no placeholders in the place of labels, hints and errors that say what to do."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from django import forms
from django.conf import settings
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import entrance
from accounts.actions import people
from accounts.addresses import normal_address
from accounts.models import Invitation, User
from accounts.passwords import PASSWORD_HINT
from convoscope.errors import AppError, LimitReached

LABELS = {
    "login": gettext_lazy("E-mail address"),
    "email": gettext_lazy("E-mail address"),
    "password": gettext_lazy("Password"),
    "oldpassword": gettext_lazy("Current password"),
    "password2": gettext_lazy("The same password again"),
}
REQUIRED = {
    "login": gettext_lazy("Enter your e-mail address."),
    "email": gettext_lazy("Enter an e-mail address."),
    "password": gettext_lazy("Enter your password."),
    "oldpassword": gettext_lazy("Enter your current password."),
    "password1": gettext_lazy("Choose a password."),
    "password2": gettext_lazy("Type the password again."),
    "code": gettext_lazy("Type the code."),
    "credential": gettext_lazy("Your browser sent no passkey. It has to run this page's scripts for that."),
}
INVALID_ADDRESS = gettext_lazy("This is not an e-mail address. It looks like name@example.org.")


class AddressTaken(AppError):
    """For who signs up with an address in the same moment as somebody else."""

    code = "VALIDATION_ERROR"
    http_status = 409


class OurWords(forms.Form):
    """Mixed in before a form of allauth's."""

    # The one that kept it from being sent.
    limit: LimitReached | None = None
    new_password_label = gettext_lazy("New password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.new_password_label if name == "password1" else LABELS.get(name, field.label)
            field.help_text = PASSWORD_HINT if name == "password1" else ""
            field.error_messages["required"] = REQUIRED.get(name, field.error_messages["required"])
            if isinstance(field, forms.EmailField):
                field.error_messages["invalid"] = INVALID_ADDRESS

    def full_clean(self) -> None:
        """Where something is wrong, the page opens at the first such field, which is read out with its error."""
        super().full_clean()
        for name in self.fields:
            if name in self.errors:
                self.fields[name].widget.attrs["autofocus"] = True
                return


class LoginForm(OurWords, allauth_forms.LoginForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username webauthn"

    def clean_login(self) -> str:
        return normal_address(self.cleaned_data["login"])


class SignupForm(OurWords, allauth_forms.SignupForm):  # type: ignore[misc]  # allauth has no types
    new_password_label = gettext_lazy("Password")

    def clean_email(self) -> str:
        address: str = super().clean_email()
        if not people.may_sign_up(address, is_first=entrance.is_new_installation()):
            raise forms.ValidationError(_refusal())
        return address

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Raises: AddressTaken."""
        try:
            return self._try_save(request)
        except IntegrityError as exc:
            # Another sign-up with this address was quicker, since the form was checked.
            if not settings.SENDS_MAIL:
                raise AddressTaken(str(get_adapter().error_messages["email_taken"])) from exc
            self.account_already_exists = True
            return self._try_save(request)

    def _try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        saved: tuple[User | None, HttpResponse | None] = super().try_save(request)
        return saved


class InvitedSignupForm(SignupForm):
    """For the address of the invitation, which the link alone decides."""

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        self.invitation = invitation
        super().__init__(*args, **kwargs)
        self.fields["email"].initial, self.fields["email"].disabled = invitation.address, True

    def clean_email(self) -> str:
        address: str = allauth_forms.SignupForm.clean_email(self)
        return address


def _refusal() -> str:
    if domains := entrance.domains():
        words = _(
            "Addresses at %(domains)s may sign up here. With another one, ask an administrator for an invitation."
        )
        return words % {"domains": domains}
    return _("Accounts are made by an administrator here. Ask one for an account with this address.")


class AddEmailForm(OurWords, allauth_forms.AddEmailForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New e-mail address")


class ChangePasswordForm(OurWords, allauth_forms.ChangePasswordForm):  # type: ignore[misc]  # allauth has no types
    pass


class SetPasswordForm(OurWords, allauth_forms.SetPasswordForm):  # type: ignore[misc]  # allauth has no types
    pass


class ReauthenticateForm(OurWords, allauth_forms.ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs["autofocus"] = True


class ResetPasswordForm(OurWords, allauth_forms.ResetPasswordForm):  # type: ignore[misc]  # allauth has no types
    def clean_email(self) -> str:
        """For the account that signs in with it, like a code by mail."""
        address = normal_address(super().clean_email())
        self.users = list(User.objects.filter(email=address, is_active=True))
        return address


class ResetPasswordKeyForm(OurWords, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]  # allauth has no types
    pass


class RequestLoginCodeForm(OurWords, allauth_forms.RequestLoginCodeForm):  # type: ignore[misc]  # allauth has no types
    def clean_email(self) -> str:
        """For the account that signs in with it. allauth's finds those that are to get it, too, and whose it is isn't
        known yet."""
        self.cleaned_data["email"] = normal_address(self.cleaned_data["email"])
        address: str = super().clean_email()
        self._user = User.objects.filter(email=address, is_active=True).first()
        return address


class ConfirmLoginCodeForm(OurWords, allauth_forms.ConfirmLoginCodeForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code from the mail")
        self.fields["code"].widget.attrs |= {"autofocus": True, "spellcheck": "false", "autocapitalize": "characters"}
