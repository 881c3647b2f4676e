"""How the admin looks: django-unfold's settings. What is named by its path is asked for each page."""

from __future__ import annotations

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Convoscope",
    "SITE_HEADER": "Convoscope",
    "SITE_SUBHEADER": "accounts.admin.theme.subtitle",
    "SITE_URL": "/",
    "SITE_ICON": "accounts.admin.theme.icon",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "accounts.admin.theme.icon"}],
    "THEME": "accounts.admin.theme.theme_of",
    "COLORS": "accounts.admin.theme.no_colors",
    "STYLES": ["accounts.admin.theme.tokens", "accounts.admin.theme.styles"],
    "SCRIPTS": ["accounts.admin.theme.script"],
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "chat.admin.dashboard.dashboard_context",
    "SIDEBAR": {"navigation": "chat.admin.navigation.sidebar"},
    "ACCOUNT": {"navigation": "chat.admin.navigation.account_links"},
}
