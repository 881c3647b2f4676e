"""What stands at the side of the admin: its lists by what they are about, and the operators' own pages."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.admin.entrance import may_enter
from accounts.models import (
    APIKey,
    AuditEntry,
    Breach,
    ErasureRequest,
    IdentityProvider,
    Invitation,
    LegalHold,
    Role,
    Team,
    Terms,
    User,
)
from accounts.roles import has_role
from chat.models import (
    Attachment,
    Conversation,
    Experiment,
    GuardPolicy,
    KeywordList,
    Message,
    Prompt,
    Run,
    Share,
    TaskRun,
)
from providers.models import Attempt, Budget, Endpoint, ModelRow, PriceVersion, UsageDay, UsageRecord

Item = dict[str, Any]
Group = dict[str, Any]


def sidebar(request: HttpRequest) -> list[Group]:
    """What the person may open; the first page lists the other tables."""
    if not may_enter(request):
        return []
    groups = [
        (
            _("People"),
            [
                *_lists(request, User, Team, Invitation, EmailAddress, APIKey, IdentityProvider),
                *_pages(request, ("claim_mapping", _("Sign-ins by providers"))),
            ],
        ),
        (_("Moderation"), _moderation(request)),
        (_("Conversations"), _lists(request, Conversation, Message, Run, Attachment, Share, Prompt, Experiment)),
        (
            _("Providers and money"),
            [
                *_lists(request, Endpoint, ModelRow, Attempt, UsageRecord, UsageDay, PriceVersion, Budget),
                *_pages(request, ("providers", _("Set up providers")), ("budgets", _("Set budgets"))),
            ],
        ),
        (
            _("Operation"),
            [
                *_lists(request, AuditEntry, ErasureRequest, LegalHold, Breach, Terms, TaskRun),
                *_pages(request, ("task_list", _("Background tasks"))),
                *_reports(request),
                _page("status", _("Status")),
            ],
        ),
    ]
    first = {"title": _("Overview"), "link": reverse("admin:index"), "icon": "dashboard"}
    app = _page("chat_new", _("Back to the chat")) | {"icon": "arrow_back"}
    return [
        {"items": [first, app]},
        *({"title": title, "items": items} for title, items in groups if items),
    ]


def account_links(request: HttpRequest) -> list[Item]:
    """In the menu of the person, beside the way out."""
    return [
        {"title": _("Preferences"), "link": reverse("preferences")},
        {"title": _("Change password"), "link": reverse("account_change_password")},
    ]


def _lists(request: HttpRequest, *models: type[Model]) -> list[Item]:
    return [
        {
            "title": capfirst(str(model._meta.verbose_name_plural)),
            "link": reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"),
        }
        for model in models
        if admin.site._registry[model].has_view_permission(request)
    ]


def _pages(request: HttpRequest, *pages: tuple[str, str]) -> list[Item]:
    """The operators' pages are administrators'."""
    is_administrator = getattr(request.user, "is_superuser", False)
    return [_page(name, title) for name, title in pages] if is_administrator else []


def _moderation(request: HttpRequest) -> list[Item]:
    may_decide = isinstance(request.user, User) and has_role(request.user, Role.MODERATOR)
    pages = (
        ("moderation_queue", _("Flags")),
        ("moderation_appeals", _("Appeals")),
        ("moderation_looks", _("Looks under break-glass")),
    )
    return [*(_page(*page) for page in pages if may_decide), *_lists(request, KeywordList, GuardPolicy)]


def _reports(request: HttpRequest) -> list[Item]:
    may_see = isinstance(request.user, User) and has_role(request.user, Role.ANALYST)
    return [_page("reports", _("Reports"))] if may_see else []


def _page(name: str, title: str) -> Item:
    # The theme takes an address that begins like it, or just ends so, for the page that is shown.
    return {"title": title, "link": reverse(name), "active": False}
