"""Where a person is signed in."""

from __future__ import annotations

from typing import cast

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import access
from accounts.actions.sessions import end_sessions
from accounts.browsers import browser_in_words
from accounts.models import User


@login_required
@never_cache
@require_safe
def session_list(request: HttpRequest) -> HttpResponse:
    """The one that asks first, then the one that was used last."""
    rows = UserSession.objects.purge_and_list(request.user)
    rows.sort(key=lambda row: (row.session_key == request.session.session_key, row.last_seen_at), reverse=True)
    sessions = [(row, browser_in_words(row.user_agent)) for row in rows]
    return render(request, "account/session_list.html", {"sessions": sessions})


@login_required
@require_POST
def session_end(request: HttpRequest, session_id: int) -> HttpResponse:
    """Another one; this one has "Sign out"."""
    session = access.get_other_session(request.user, request.session.session_key, session_id)
    end_sessions(person=cast(User, request.user), sessions=[session])
    messages.success(request, _("That session is ended."))
    return redirect("session_list")


@login_required
@require_POST
def other_sessions_end(request: HttpRequest) -> HttpResponse:
    others = access.other_sessions(request.user, request.session.session_key)
    count = end_sessions(person=cast(User, request.user), sessions=others)
    said = ngettext("%(count)s other session is ended.", "%(count)s other sessions are ended.", count)
    messages.success(request, said % {"count": count})
    return redirect("session_list")
