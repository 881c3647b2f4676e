"""Pages of ours at addresses of allauth's."""

from django.urls import path
from django.views.generic import RedirectView

from accounts.views import second_factor
from accounts.views.entrance import request_login_code

urlpatterns = [
    path("login/code/", request_login_code, name="account_request_login_code"),
    # One page shows all factors.
    path("2fa/webauthn/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("2fa/webauthn/add/", second_factor.PasskeyAddView.as_view(), name="mfa_add_webauthn"),
    path("2fa/webauthn/login/", second_factor.passkey_login, name="mfa_login_webauthn"),
    path(
        "2fa/webauthn/reauthenticate/",
        second_factor.PasskeyReauthenticateView.as_view(),
        name="mfa_reauthenticate_webauthn",
    ),
    path("2fa/webauthn/keys/<int:pk>/remove/", second_factor.PasskeyRemoveView.as_view(), name="mfa_remove_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/edit/", second_factor.PasskeyRenameView.as_view(), name="mfa_edit_webauthn"),
]
