"""Terms, consents and erasure."""

from django.urls import path

from accounts.views import privacy

urlpatterns = [
    path("terms/", privacy.terms, name="terms"),
    path("privacy/consents/", privacy.consents_choose, name="consents_choose"),
    path("privacy/terms/withdraw/", privacy.terms_withdraw, name="terms_withdraw"),
    path("privacy/erasure/", privacy.erasure_request, name="erasure_request"),
    path("privacy/erasure/cancel/", privacy.erasure_cancel, name="erasure_cancel"),
]
