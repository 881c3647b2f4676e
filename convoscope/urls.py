"""Every address of the app."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts.views.entrance import account_login

handler400 = "convoscope.failures.bad_request"
handler403 = "convoscope.failures.not_allowed"
handler404 = "convoscope.failures.not_found"
handler500 = "convoscope.failures.server_failed"

urlpatterns = [
    path("", include("chat.urls")),
    path("providers/", include("providers.urls")),
    path("", include("providers.spending_urls")),
    path("preferences/keys/", include("providers.key_urls")),
    path("accounts/login/", account_login, name="account_login"),
    path("accounts/", include("allauth.urls")),
    # One form for passwords, which tells open pages that their session ended.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
]
