"""Every address of the app."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from accounts.views.entrance import account_login
from convoscope.bundles import bundle

handler400 = "convoscope.failures.bad_request"
handler403 = "convoscope.failures.not_allowed"
handler404 = "convoscope.failures.not_found"
handler500 = "convoscope.failures.server_failed"

urlpatterns = [
    path("", include("chat.urls")),
    path("bundles/<slug:digest>/<str:name>", bundle, name="bundle"),
    path("", include("accounts.privacy_urls")),
    path("providers/", include("providers.urls")),
    path("", include("providers.spending_urls")),
    path("preferences/keys/", include("providers.key_urls")),
    # For visitors; a person's own language stands with their preferences.
    path("language/", set_language, name="visitor_language"),
    path("accounts/login/", account_login, name="account_login"),
    path("accounts/", include("allauth.urls")),
    # One form for passwords, which tells open pages that their session ended.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
]
