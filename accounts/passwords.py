"""Django's rules for passwords, in words that say what to do."""

from __future__ import annotations

from django.contrib.auth import password_validation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

PASSWORD_HINT = gettext_lazy(
    "At least 8 characters; not only digits, not a common password, and unlike your e-mail address."
)


class ShortPasswordValidator(password_validation.MinimumLengthValidator):
    def get_error_message(self) -> str:
        return ngettext(
            "This password is too short. Use at least %d character.",
            "This password is too short. Use at least %d characters.",
            self.min_length,
        ) % (self.min_length,)


class CommonPasswordValidator(password_validation.CommonPasswordValidator):
    def get_error_message(self) -> str:
        return _("Many people use this password, so it is guessed first. Choose another, such as four unrelated words.")


class NumericPasswordValidator(password_validation.NumericPasswordValidator):
    def get_error_message(self) -> str:
        return _("This password is only digits. Add letters or other characters.")


class SimilarPasswordValidator(password_validation.UserAttributeSimilarityValidator):
    def get_error_message(self) -> str:
        return _("This password is too much like your e-mail address or name. Choose one that isn't.")
