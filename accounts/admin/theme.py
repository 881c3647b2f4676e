"""What the admin's theme asks for each page, by the names in `convoscope/settings/admin_theme.py`."""

from __future__ import annotations

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import gettext as _

from accounts.models import User


def theme_of(request: HttpRequest) -> str:
    """The theme's own word for what the person chose in their preferences, which is the one place for it."""
    chosen = request.user.theme if isinstance(request.user, User) else User.Theme.SYSTEM
    return "auto" if chosen == User.Theme.SYSTEM else chosen


def subtitle(_request: HttpRequest) -> str:
    return _("Administration")


def icon(_request: HttpRequest) -> str:
    return static("icons/icon.svg")


def tokens(_request: HttpRequest) -> str:
    return static("css/tokens.css")


def styles(_request: HttpRequest) -> str:
    return static("css/admin.css")


def script(_request: HttpRequest) -> str:
    return static("js/admin.js")


def no_colors(_request: HttpRequest) -> dict[str, dict[str, str]]:
    """They stand in `admin.css`: the theme would write them into each page as a style, which the content policy
    blocks."""
    return {}
