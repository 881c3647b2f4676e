"""The search: a page of results, and the command palette over every page."""

from __future__ import annotations

from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.zones import zone_of
from chat import access
from chat.search.forms import SearchForm
from chat.search.palette import palette
from chat.search.query import parse_query
from chat.search.results import Filters, search_conversation, search_everywhere
from chat.views.request import HtmxRequest

ROWS = "palette-rows"


@login_required
@require_GET
def search(request: HtmxRequest) -> HttpResponse:
    """A page of results; for what follows as one scrolls, those alone."""
    user = access.person(request.user)
    form = SearchForm(request.GET, owner=user)
    where = form.conversation_id()
    conversation = access.get_conversation(request.user, where) if where else None
    query = parse_query(form.typed())
    filters, zone, position = form.filters(), _zone(request), form.position()
    if conversation:
        results = search_conversation(conversation, query, filters=filters, zone=zone, position=position)
    else:
        results = search_everywhere(user, query, filters=filters, zone=zone, position=position)
    context = {
        "form": form,
        "query": query,
        "results": results,
        "within": conversation,
        "next": results.next and form.address_of(results.next),
        "has_filters": filters != Filters(),
        "unfiltered": urlencode({"q": form.typed()}),
        "finds_titles_only": settings.ENCRYPT_CONTENT,
    }
    if request.htmx:
        return render(request, "chat/_search_results.html", context)
    return render(request, "chat/search.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def search_palette(request: HtmxRequest) -> HttpResponse:
    """In the page's dialog, then its rows as one types. Without JavaScript the page of results serves."""
    if not request.htmx:
        return redirect("search")
    typed = request.GET.get("q", "")
    context = {"groups": palette(access.person(request.user), typed, zone=_zone(request)), "typed": typed}
    is_typing = request.htmx.target == ROWS
    return render(request, "chat/_palette_rows.html" if is_typing else "chat/_palette.html", context)


def _zone(request: HtmxRequest) -> ZoneInfo:
    return zone_of(request)
