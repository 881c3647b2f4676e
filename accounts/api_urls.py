"""What apps ask: signing in for a token, renewing and ending it, the key that checks tokens, and whose a key is. Of
allauth's own addresses for apps only those that tokens need."""

from allauth.headless.account.views import LoginView, SessionView
from allauth.headless.constants import Client
from allauth.headless.mfa.views import AuthenticateView
from allauth.headless.tokens.views import RefreshTokenView
from django.urls import path

from accounts.views.api_keys import account_show
from accounts.views.tokens import for_apps, token_keys

_APP = "api/v1/auth/"

urlpatterns = [
    path("api/v1/account", account_show, name="account_show"),
    path(f"{_APP}login", for_apps(LoginView.as_api_view(client=Client.APP), "POST"), name="token_login"),
    path(
        f"{_APP}2fa/authenticate",
        for_apps(AuthenticateView.as_api_view(client=Client.APP), "POST"),
        name="token_second_factor",
    ),
    path(f"{_APP}session", for_apps(SessionView.as_api_view(client=Client.APP), "GET", "DELETE"), name="token_session"),
    path(
        f"{_APP}tokens/refresh", for_apps(RefreshTokenView.as_api_view(client=Client.APP), "POST"), name="token_refresh"
    ),
    path(".well-known/jwks.json", token_keys, name="token_keys"),
]
