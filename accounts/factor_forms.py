"""allauth's forms for the second factor, in our words."""

from __future__ import annotations

from typing import Any

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import forms as recovery_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.forms import OurWords

CODE_S = 30
NAME_MAX_CHARS = 100


class CodeForm(OurWords):
    """Mixed in before a form that takes a code of the app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code from your app, or a recovery code")
        self.fields["code"].widget.attrs |= {"autofocus": True, "spellcheck": "false", "autocapitalize": "off"}

    def clean_code(self) -> str:
        """allauth remembers a used code for as long as one is shown, but takes it longer."""
        code: str = super().clean_code()  # type: ignore[misc]  # that of the form it is mixed into
        authenticator = self.authenticator  # type: ignore[attr-defined]  # likewise
        if authenticator.type == Authenticator.Type.TOTP:
            key = f"second-factor:{authenticator.pk}:{normalize_user_code(code)}"
            if not cache.add(key, True, timeout=CODE_S * (2 * settings.MFA_TOTP_TOLERANCE + 1)):
                raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(CodeForm, base_forms.AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    pass


class ReauthenticateForm(CodeForm, base_forms.ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    pass


class ActivateTOTPForm(OurWords, totp_forms.ActivateTOTPForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code that the app shows")
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class DeactivateTOTPForm(OurWords, totp_forms.DeactivateTOTPForm):  # type: ignore[misc]  # allauth has no types
    pass


class GenerateRecoveryCodesForm(OurWords, recovery_forms.GenerateRecoveryCodesForm):  # type: ignore[misc]  # allauth has no types
    pass


class PasskeyForm(OurWords):
    """Mixed in before a form that takes what a browser signed."""

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]  # that of the form it is mixed into
        except ValidationError as exc:
            raise _refused(exc) from exc
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            # No browser sends that, and the library reads it without looking.
            raise ValidationError(_refusal()) from exc


class AuthenticatePasskeyForm(PasskeyForm, webauthn_forms.AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    pass


class LoginPasskeyForm(PasskeyForm, webauthn_forms.LoginWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    pass


class ReauthenticatePasskeyForm(PasskeyForm, webauthn_forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    pass


class AddPasskeyForm(OurWords, webauthn_forms.AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    name = forms.CharField(required=False, max_length=NAME_MAX_CHARS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name, by which you know it again")
        alone = self.fields["passwordless"]
        alone.label, alone.initial = _("It signs me in on its own"), True
        alone.help_text = _(
            "Without e-mail address and password. Take this away if the key has neither PIN nor sensor."
        )

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean() or {}
        except ValidationError as exc:
            raise _refused(exc) from exc
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            raise ValidationError(_refusal()) from exc
        return cleaned


class RenamePasskeyForm(OurWords, webauthn_forms.EditWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    name = forms.CharField(required=True, max_length=NAME_MAX_CHARS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name, by which you know it again")
        self.fields["name"].error_messages["required"] = _("Enter a name.")


def _refusal() -> str:
    return _("This passkey was not taken, so nothing was done. Try again, or use another way.")


def _refused(error: ValidationError) -> ValidationError:
    """allauth says of passkeys what it says of codes; other refusals are right as they are."""
    return ValidationError(_refusal()) if getattr(error, "code", "") == "incorrect_code" else error
