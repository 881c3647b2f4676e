"""The admin: its name, its sign-in, and what it shows of people."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin

from accounts.admin import audit, invitations, people, privacy, sso

__all__ = ["audit", "invitations", "people", "privacy", "sso"]

admin.site.site_header = admin.site.site_title = "Convoscope"
# One sign-in for the whole site, with its rate limits and confirmed addresses; who isn't staff gets a 403.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # what allauth says to do
