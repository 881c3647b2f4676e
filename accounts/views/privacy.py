"""What people decide about their data: consents, and the erasure of their account. The page that shows it all stands in
`chat`, because it names conversations."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import person
from accounts.actions import consents, erasures
from accounts.consent_forms import OptionalForm, TermsForm
from convoscope.errors import ValidationFailed


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def terms(request: HttpRequest) -> HttpResponse:
    user, current = person(request), consents.current_terms()
    target = request.POST.get("next") or request.GET.get("next") or "/"
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    if current is None:
        return redirect("/")
    form = TermsForm(request.POST if request.method == "POST" else None, initial={"version": current.version})
    if form.is_valid():
        try:
            consents.agree(user=user, version=form.cleaned_data["version"], optional=form.given())
            return redirect(target)
        except ValidationFailed as error:
            form = TermsForm(initial={"version": current.version})
            messages.error(request, error.user_message)
    context = {"terms": current, "form": form, "target": target, "is_due": user.has_terms_due}
    return render(request, "accounts/terms.html", context, status=422 if request.method == "POST" else 200)


@login_required
@require_POST
def terms_withdraw(request: HttpRequest) -> HttpResponse:
    consents.withdraw_terms(user=person(request))
    return redirect("terms")


@login_required
@require_POST
def consents_choose(request: HttpRequest) -> HttpResponse:
    form = OptionalForm(request.POST)
    if form.is_valid():
        consents.choose_optional(user=person(request), given=form.given())
        messages.success(request, _("Saved."))
    return redirect("privacy")


@login_required
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
@never_cache
@require_http_methods(["GET", "POST"])
def erasure_request(request: HttpRequest) -> HttpResponse:
    user = person(request)
    if request.method == "POST":
        erasures.request_erasure(user=user)
        return redirect("privacy")
    return render(request, "accounts/erasure_request.html", {"grace_days": settings.ERASURE_GRACE_DAYS})


@login_required
@require_POST
def erasure_cancel(request: HttpRequest) -> HttpResponse:
    if erasures.cancel_erasure(user=person(request)):
        messages.success(request, _("Your account stays."))
    return redirect("privacy")
