"""Privacy in the admin: terms, consents, erasures, legal holds, breaches, and two pages made of the register."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actions.consents import publish_terms
from accounts.actions.holds import place_hold, release_hold
from accounts.actions.privacy_mail import receipt
from accounts.admin.audited import AuditedAdmin, the_person
from accounts.admin.read_only import ReadOnlyAdmin
from accounts.models import Breach, Consent, ErasureRequest, LegalHold, Terms, User
from accounts.privacy.controls import CONTROLS
from accounts.privacy.page import register_of_processing


class ForAdministrators(AuditedAdmin):
    """Added and looked at by superusers; never changed or deleted."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    has_module_permission = has_view_permission
    has_add_permission = has_view_permission

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_delete_permission = has_change_permission


@admin.register(Terms)
class TermsAdmin(ForAdministrators):
    told_deeds = ("added",)
    list_display = ("version", "published_at")
    fields = ("version", "published_at", "text")
    readonly_fields = ("version", "published_at")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        words = _("Once this is saved, everybody has to agree before they go on, you too. It can't be changed then.")
        return [(None, {"fields": self.fields} if obj else {"fields": ("text",), "description": words})]

    def save_model(self, request: HttpRequest, obj: Terms, form: Any, change: bool) -> None:
        publish_terms(terms=obj, by=the_person(request))


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ("user", "purpose", "version", "is_given", "at")
    list_select_related = ("user",)
    list_filter = ("purpose", "is_given")
    search_fields = ("user__email",)
    ordering = ("-at",)
    fields = ("user", "purpose", "version", "is_given", "at")


class HoldForm(forms.ModelForm):  # type: ignore[type-arg]  # typed by its model
    def clean_user(self) -> User:
        person: User = self.cleaned_data["user"]
        if LegalHold.objects.standing().filter(user=person).exists():
            raise forms.ValidationError(_("This person is under a legal hold already."))
        return person


@admin.register(LegalHold)
class LegalHoldAdmin(ForAdministrators):
    told_deeds = ("added",)
    form = HoldForm
    list_display = ("user", "reason", "placed_at", "placed_by", "released_at")
    list_select_related = ("user", "placed_by")
    list_filter = (("released_at", admin.EmptyFieldListFilter),)
    search_fields = ("user__email", "reason")
    autocomplete_fields = ("user",)
    fields = ("user", "reason", "placed_at", "placed_by", "released_at")
    readonly_fields = ("placed_at", "placed_by", "released_at")
    actions = ("release",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ("user", "reason")

    def save_model(self, request: HttpRequest, obj: LegalHold, form: Any, change: bool) -> None:
        place_hold(hold=obj, by=the_person(request))

    @admin.action(description=gettext_lazy("Release the chosen holds"))
    def release(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        count = sum(release_hold(hold=hold, by=the_person(request)) for hold in queryset)
        words = ngettext("%(count)d hold was released.", "%(count)d holds were released.", count)
        messages.success(request, words % {"count": count})


@admin.register(ErasureRequest)
class ErasureRequestAdmin(ReadOnlyAdmin):
    list_display = ("pseudonym", "state", "reason", "requested_at", "due_at", "finished_at", "failures")
    list_filter = ("status", "reason")
    search_fields = ("=pseudonym", "user__email")
    fields = ("pseudonym", "state", "reason", "requested_at", "due_at", "finished_at", "attempt", "receipt")
    change_list_template = "admin/accounts/erasures.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        failed = Count("steps", filter=Q(steps__failures__gt=0, steps__done_at=None))
        held = Exists(LegalHold.objects.standing().filter(user=OuterRef("user")))
        annotated: QuerySet[Any] = super().get_queryset(request).annotate(failed_steps=failed, held=held)
        return annotated

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, request: Any) -> str:
        return _("Waits for a legal hold") if request.held else str(request.get_status_display())

    @admin.display(description=gettext_lazy("failing steps"), ordering="failed_steps")
    def failures(self, request: Any) -> int:
        return int(request.failed_steps)

    @admin.display(description=gettext_lazy("receipt"))
    def receipt(self, request: ErasureRequest) -> SafeString:
        return render_to_string("admin/accounts/_receipt.html", {"parts": receipt(request)})

    def get_urls(self) -> list[URLResolver | URLPattern]:  # type: ignore[override]  # both kinds, as Django has them
        pages: list[URLResolver | URLPattern] = [
            path("processing/", self.admin_site.admin_view(self.processing), name="accounts_processing"),
            path("controls/", self.admin_site.admin_view(self.controls), name="accounts_controls"),
        ]
        return [*pages, *super().get_urls()]

    def processing(self, request: HttpRequest) -> HttpResponse:
        """The records of processing (GDPR, article 30), to be printed."""
        context = {"title": _("Records of processing"), "classes": register_of_processing(), "now": timezone.now()}
        return self._page(request, "admin/accounts/processing.html", context)

    def controls(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, "admin/accounts/controls.html", {"title": _("Controls"), "controls": CONTROLS})

    def _page(self, request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        return TemplateResponse(request, template, self.admin_site.each_context(request) | context)


@admin.register(Breach)
class BreachAdmin(AuditedAdmin):
    list_display = ("title", "known_at", "time_left", "settled_at")
    list_filter = (("settled_at", admin.EmptyFieldListFilter),)
    fields = ("title", "happened", "affected", "measures", "known_at", "time_left", "settled_at", "decision")
    readonly_fields = ("time_left",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The record has to be kept (GDPR, article 33 (5)).
        return False

    @admin.display(description=gettext_lazy("time left"))
    def time_left(self, breach: Breach) -> str:
        if breach.pk is None:
            return _("72 hours from when it was known")
        if breach.settled_at is not None:
            return _("settled")
        hours = int((breach.ends_at - timezone.now()).total_seconds() // 3600)
        if hours < 0:
            return _("the 72 hours are over")
        return ngettext("%(hours)d hour", "%(hours)d hours", hours) % {"hours": hours}
