"""Every address of the app."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts.views.api_keys import api_key_list, api_key_revoke
from accounts.views.claim_mapping import claim_mapping
from accounts.views.entrance import account_login, visitor_language
from accounts.views.invitations import invitation_accept
from accounts.views.sessions import other_sessions_end, session_end, session_list
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
    path("language/", visitor_language, name="visitor_language"),
    path("", include("accounts.api_urls")),
    path("preferences/api-keys/", api_key_list, name="api_key_list"),
    path("preferences/api-keys/<uuid:key_id>/revoke/", api_key_revoke, name="api_key_revoke"),
    path("sso/", claim_mapping, name="claim_mapping"),
    path("accounts/login/", account_login, name="account_login"),
    path("invitations/<str:token>/", invitation_accept, name="invitation_accept"),
    path("accounts/sessions/", session_list, name="session_list"),
    path("accounts/sessions/end/", other_sessions_end, name="other_sessions_end"),
    path("accounts/sessions/<int:session_id>/end/", session_end, name="session_end"),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("accounts.sso.urls")),
    path("accounts/", include("allauth.urls")),
    # One form for passwords, which tells open pages that their session ended.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/moderation/", include("chat.moderation_urls")),
    path("admin/", admin.site.urls),
]
