"""How people sign up and in, as far as no operator changes it."""

from __future__ import annotations

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backend.PersonBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.SimilarPasswordValidator"},
    {"NAME": "accounts.passwords.ShortPasswordValidator"},
    {"NAME": "accounts.passwords.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.NumericPasswordValidator"},
]
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "add_email": "accounts.forms.AddEmailForm",
    "change_password": "accounts.forms.ChangePasswordForm",  # nosec B105  # a form
    "confirm_login_code": "accounts.forms.ConfirmLoginCodeForm",
    "login": "accounts.forms.LoginForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
    "request_login_code": "accounts.forms.RequestLoginCodeForm",
    "reset_password": "accounts.forms.ResetPasswordForm",  # nosec B105  # a form
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",  # nosec B105  # a form
    "set_password": "accounts.forms.SetPasswordForm",  # nosec B105  # a form
    "signup": "accounts.forms.SignupForm",
}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
# One address for each person; a new one takes the old one's place once it is confirmed.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# In the browser that signed up only, and while it remembers that it did.
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGIN_TIMEOUT = 24 * 3600
ACCOUNT_PREVENT_ENUMERATION = True
# Where mail is sent, which its view asks.
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""

# The second factor
MFA_ADAPTER = "accounts.second_factor.SecondFactorAdapter"
MFA_FORMS = {
    "activate_totp": "accounts.factor_forms.ActivateTOTPForm",
    "add_webauthn": "accounts.factor_forms.AddPasskeyForm",
    "authenticate": "accounts.factor_forms.AuthenticateForm",
    "authenticate_webauthn": "accounts.factor_forms.AuthenticatePasskeyForm",
    "deactivate_totp": "accounts.factor_forms.DeactivateTOTPForm",
    "edit_webauthn": "accounts.factor_forms.RenamePasskeyForm",
    "generate_recovery_codes": "accounts.factor_forms.GenerateRecoveryCodesForm",
    "login_webauthn": "accounts.factor_forms.LoginPasskeyForm",
    "reauthenticate": "accounts.factor_forms.ReauthenticateForm",
    "reauthenticate_webauthn": "accounts.factor_forms.ReauthenticatePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Convoscope"
# The code before and the one after are taken too: clocks differ, and typing takes a while.
MFA_TOTP_TOLERANCE = 1
# Where mail is sent, nobody is signed in whose address isn't confirmed; elsewhere no address ever is.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# A signature can't be guessed, and an office shares an address: as many as of other sign-ins.
MFA_RATE_LIMITS = {"webauthn_login": "30/m/ip"}
