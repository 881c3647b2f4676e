"""How the admin looks: django-unfold's settings. Its colours stand in `static/css/admin.css`."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Convoscope",
    "SITE_HEADER": "Convoscope",
    "SITE_SUBHEADER": _("Administration"),
    "SITE_URL": "/",
    "SITE_ICON": lambda _request: static("icons/icon.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("icons/icon.svg")},
    ],
    # What the person chose in their preferences, which is the one place for it.
    "THEME": "accounts.admin.theme.theme_of",
    # It would write them into each page as a style of its own, which the content policy blocks.
    "COLORS": lambda _request: {},
    "STYLES": [lambda _request: static("css/tokens.css"), lambda _request: static("css/admin.css")],
    "SCRIPTS": [lambda _request: static("js/admin.js")],
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "chat.admin.dashboard.dashboard_context",
    "SIDEBAR": {"navigation": "chat.admin.navigation.sidebar"},
    "ACCOUNT": {"navigation": "chat.admin.navigation.account_links"},
}
