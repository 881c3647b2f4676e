"""Addresses of sign-ins through providers, in front of allauth's own: each leads away in the same way."""

from django.urls import path
from django.views.generic import RedirectView

from accounts.views import saml, sso

urlpatterns = [
    path("sso/<slug:slug>/start/", sso.sso_start, name="sso_start"),
    path("sso/<slug:slug>/signed-out/", sso.sso_signed_out, name="sso_signed_out"),
    path("oidc/<slug:slug>/login/", sso.sso_start),
    path("saml/<slug:slug>/login/", sso.sso_start),
    path("github/login/", sso.sso_start, {"slug": "github"}),
    path("github/login/callback/", sso.github_callback, name="github_callback"),
    path("oidc/<slug:provider_id>/login/callback/", sso.openid_connect_callback, name="openid_connect_callback"),
    path("oidc/<slug:provider_id>/backchannel/", sso.backchannel_logout, name="backchannel_logout"),
    path("saml/<slug:organization_slug>/acs/", saml.saml_acs, name="saml_acs"),
    path("saml/<slug:organization_slug>/acs/finish/", saml.saml_finish_acs, name="saml_finish_acs"),
    path("saml/<slug:organization_slug>/sls/", saml.saml_sls, name="saml_sls"),
    path("saml/<slug:organization_slug>/metadata/", saml.saml_metadata, name="saml_metadata"),
    path("3rdparty/", sso.SSOConnectionsView.as_view(), name="socialaccount_connections"),
    # Nothing is asked of newcomers that a provider hasn't told.
    path("3rdparty/signup/", RedirectView.as_view(pattern_name="account_login")),
]
