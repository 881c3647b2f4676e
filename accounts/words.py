"""Words of libraries that people see and that the libraries don't say in all of our languages: our catalogue does."""

from __future__ import annotations

from django.utils.translation import gettext_noop

ALLAUTH = (
    gettext_noop("This account is currently inactive."),
    gettext_noop("This email address is already associated with this account."),
    gettext_noop("Your primary email address must be verified."),
    gettext_noop("The password reset token was invalid."),
    gettext_noop("You must type the same password each time."),
    gettext_noop("Be patient, you are sending too many requests."),
    gettext_noop("Incorrect code."),
    gettext_noop("Invalid or expired key."),
    gettext_noop("Remember Me"),
    gettext_noop("You cannot remove your primary email address (%(email)s)."),
    gettext_noop("Unable to confirm %(email)s because it is already confirmed by a different account."),
)
DJANGO = (
    gettext_noop("Null characters are not allowed."),
    gettext_noop("“%(pk)s” is not a valid value."),
    gettext_noop("Enter a valid UUID."),
)
