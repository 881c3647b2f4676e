"""The admin: who may enter, and what it shows of people. How it looks is `convoscope/settings/admin_theme.py`."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin

from accounts.admin import audit, invitations, people, privacy, sso
from accounts.admin.entrance import may_enter

__all__ = ["audit", "invitations", "people", "privacy", "sso"]

# One sign-in for the whole site, with its rate limits and confirmed addresses; who isn't staff gets a 403.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # what allauth says to do
admin.site.has_permission = may_enter  # type: ignore[method-assign]  # the site is the theme's
