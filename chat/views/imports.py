"""Conversations brought from elsewhere: a file, what is in it, and what came of it."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from chat import access
from chat.actions.imports import confirm_import, discard_import, request_import
from chat.imports.forms import ImportForm
from chat.imports.products import PRODUCTS
from chat.models import ConversationImport
from chat.views.request import HtmxRequest
from convoscope.errors import ValidationFailed


@login_required
@require_http_methods(["GET", "POST"])
def imports(request: HtmxRequest) -> HttpResponse:
    """The person's files; a POST brings one. While one is worked on, the page asks for its list again."""
    person = access.person(request.user)
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if form.is_valid():
        try:
            request_import(owner=person, upload=form.cleaned_data["file"])
        except ValidationFailed as exc:
            form.add_error("file", exc.user_message)
        else:
            return redirect("imports")
    listed = list(ConversationImport.objects.visible_to(person).order_by("-id"))
    context: dict[str, object] = {
        "imports": listed,
        "is_working": any(one.is_in_work for one in listed),
        "takes_file": not any(one.is_open for one in listed),
        "form": form,
        "products": [product.label for product in PRODUCTS.values()],
    }
    template = "chat/_imports.html" if request.htmx else "chat/imports.html"
    return render(request, template, context, status=422 if form.errors else 200)


@login_required
@require_POST
def import_confirm(request: HtmxRequest, import_id: UUID) -> HttpResponse:
    confirm_import(brought=access.get_import(request.user, import_id))
    return redirect("imports")


@login_required
@require_POST
def import_discard(request: HtmxRequest, import_id: UUID) -> HttpResponse:
    discard_import(brought=access.get_import(request.user, import_id))
    return redirect("imports")
